package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.NativeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native libraries of this process, each loaded when first asked for.
 *
 * <p>A library that cannot be loaded says why only once: the class that binds it fails to
 * initialize with the reason, and from then on with no more than its name. So the first answer is
 * kept, the deepest cause of it.
 */
final class Natives {
  private static final Logger log = LoggerFactory.getLogger(Natives.class);

  static final Library<Driver> DRIVER = new Library<>(NativeDriver::new);
  static final Library<Integer> COLLECTIVES = new Library<>(NativeCollectives::libraryVersion);
  static final Library<String> BLAS = new Library<>(NativeBlas::libraryVersion);
  static final Library<KernelCompiler> COMPILER = new Library<>(NativeCompiler::new);

  private Natives() {}

  /** Something native that is there or is not, for the life of the process. */
  static final class Library<T> {
    private final Supplier<T> load;
    private @Nullable T value;
    private @Nullable Throwable failure;

    Library(Supplier<T> load) {
      this.load = load;
    }

    /** It, or null when it cannot be loaded. Never throws. */
    synchronized @Nullable T get() {
      if (value == null && failure == null) {
        try {
          value = load.get();
        } catch (Throwable e) { // whatever a broken installation can throw, LinkageError above all
          failure = deepest(e);
        }
      }
      return value;
    }

    /** Why it is not there. */
    synchronized @Nullable Throwable failure() {
      return failure;
    }
  }

  /** The innermost cause, where the reason is; native errors are their own. */
  static Throwable deepest(Throwable e) {
    Throwable deepest = e;
    while (!(deepest instanceof NativeException)
        && deepest.getCause() != null
        && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    return deepest;
  }

  /**
   * Where this process finds kernels.
   *
   * @param folder a folder to look into first, or null for what the system property says
   * @param cacheFolder folder of the cache, {@code "off"}, or null for the usual one
   */
  static KernelStore kernels(@Nullable String folder, @Nullable String cacheFolder) {
    List<KernelPlace> places = new ArrayList<>();
    String first = folder != null ? folder : System.getProperty("cuda.kernels");
    if (first != null) {
      places.add(KernelPlace.folder(Path.of(first)));
    }
    places.add(KernelPlace.onClassPath("sm80"));
    return new KernelStore(
        places, () -> new KernelCache(cache(cacheFolder), log::warn), COMPILER::get);
  }

  private static @Nullable Path cache(@Nullable String folder) {
    if (folder == null) {
      return KernelCache.usualFolder(
          System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home"));
    }
    return folder.equals("off") ? null : Path.of(folder);
  }
}
