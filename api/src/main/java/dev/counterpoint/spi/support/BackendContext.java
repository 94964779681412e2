package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What all parts of one open backend share: its name and its ranks, what it has handed out, and
 * whether it is still open. A backend derives its own from it. Safe for any thread.
 */
public abstract class BackendContext {
  /** Everything that the backend has handed out and nobody has closed yet. */
  public final Resources resources = new Resources();

  private final String name;
  private final int size;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Creates it.
   *
   * @param name the backend's name
   * @param size number of ranks
   */
  protected BackendContext(String name, int size) {
    this.name = name;
    this.size = size;
  }

  /** The backend's name. */
  public final String name() {
    return name;
  }

  /** Number of ranks. */
  public final int size() {
    return size;
  }

  /** Such as {@code backend 'host' of 2 ranks}, for errors and reports. */
  public final String describe() {
    return "backend '" + name + "' of " + size + (size == 1 ? " rank" : " ranks");
  }

  /** Throws unless {@code rank} is a rank of this backend; returns it otherwise. */
  public final int requireRank(String argument, int rank) {
    return MemoryChecks.requireRank(argument, rank, size);
  }

  /** Throws when the backend is closed. */
  public final void requireOpen() {
    if (closed.get()) {
      throw new ResourceClosedException(describe());
    }
  }

  /** Marks the backend closed; true for the one call that did it. */
  final boolean markClosed() {
    return closed.compareAndSet(false, true);
  }

  /**
   * What a caller passed, as the resource of this backend that it must be.
   *
   * @param kind what it must be, with its article, such as {@code "a stream"}
   * @throws InvalidArgumentException when it is another backend's
   * @throws ResourceClosedException when it is closed
   */
  public final <T extends Resource> T own(
      Class<T> type, String argument, Object given, String kind) {
    if (type.isInstance(given)) {
      T mine = type.cast(given);
      if (mine.isOf(resources)) {
        mine.requireOpen();
        return mine;
      }
    }
    throw new InvalidArgumentException(argument, given, "be " + kind + " of this backend");
  }

  /**
   * Throws unless what a caller passed belongs to the same rank as what it is used with.
   *
   * @param rank the rank that it belongs to
   * @param wanted the rank of what it is used with
   * @param with what that is, such as {@code "graph"}
   */
  public static void requireSameRank(
      String argument, Object given, int rank, int wanted, String with) {
    if (rank != wanted) {
      throw new InvalidArgumentException(
          argument, given, "belong to rank " + wanted + ", as the " + with + " does");
    }
  }
}
