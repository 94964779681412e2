package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something native that is there or is not, for the life of the process; loaded when first asked
 * for.
 *
 * <p>A library that cannot be loaded says why only once: the class that binds it fails to
 * initialize with the reason, and from then on with no more than its name. So the first answer is
 * kept, the deepest cause of it.
 */
public final class NativeLibrary<T> {
  private final Supplier<T> load;
  private @Nullable T value;
  private @Nullable Throwable failure;

  /** Something that {@code load} gives or throws the reason why not. */
  public NativeLibrary(Supplier<T> load) {
    this.load = load;
  }

  /** It, or null when it cannot be loaded. Never throws. */
  public synchronized @Nullable T get() {
    if (value == null && failure == null) {
      try {
        value = load.get();
      } catch (Throwable e) { // whatever a broken installation can throw, LinkageError above all
        failure = deepest(e);
      }
    }
    return value;
  }

  /** It; only where it is known to be there. */
  public T require() {
    T loaded = get();
    if (loaded == null) {
      throw new IllegalStateException("not loaded: " + failure());
    }
    return loaded;
  }

  /** Why it is not there. */
  public synchronized @Nullable Throwable failure() {
    return failure;
  }

  /** The innermost cause, where the reason is; native errors are their own. */
  public static Throwable deepest(Throwable e) {
    Throwable deepest = e;
    while (!(deepest instanceof NativeException)
        && deepest.getCause() != null
        && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    return deepest;
  }
}
