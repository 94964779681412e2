package dev.counterpoint.spi.support;

import dev.counterpoint.ResourceClosedException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Something that a backend hands out and its user closes: once, by whoever comes first. */
public abstract class Resource implements AutoCloseable {
  private final Resources resources;
  private final String description;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final @Nullable Throwable site;

  /**
   * Creates it; {@link #opened} makes it known once its constructor has succeeded.
   *
   * @param description what it is, for errors and leak reports, such as {@code "stream 'main' of
   *     rank 0"}
   */
  protected Resource(Resources resources, String description) {
    this.resources = resources;
    this.description = description;
    this.site = resources.withSites() ? new Throwable("created here") : null;
  }

  /** Registers for the leak report. */
  public final void opened() {
    resources.add(this);
  }

  /** Throws when closed. */
  public final void requireOpen() {
    if (closed.get()) {
      throw new ResourceClosedException(description);
    }
  }

  /** The same for something that may be absent, which then is not closed. */
  public static void requireOpenIfPresent(@Nullable Resource resource) {
    if (resource != null) {
      resource.requireOpen();
    }
  }

  /** Whether it was handed out by the backend with these resources. */
  final boolean isOf(Resources those) {
    return resources == those;
  }

  public final boolean closed() {
    return closed.get();
  }

  final @Nullable Throwable site() {
    return site;
  }

  @Override
  public final void close() {
    if (closed.compareAndSet(false, true)) {
      resources.remove(this);
      release();
    }
  }

  /** Frees what it holds; called once. */
  protected abstract void release();

  @Override
  public final String toString() {
    return description;
  }
}
