package dev.counterpoint.backend.host.internal;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;

import java.util.concurrent.Semaphore;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Single-precision matrix multiplication by OpenBLAS on raw addresses. One instance per thread: it
 * reuses its pointer objects.
 *
 * <p>OpenBLAS's number of threads belongs to the process, so it is set to 1 once and parallelism is
 * this backend's own: tiles, or a few big panels for the vendor engine. Concurrent calls from many
 * threads are safe that way, and each call's result depends on its operands only.
 *
 * <p>No more calls run at once than there are processors, first come first served. With more ranks
 * than processors, products that share one would only spoil each other's caches and keep the
 * threads that move data from being scheduled.
 */
final class OpenBlas {
  private static final Semaphore CORES =
      new Semaphore(Runtime.getRuntime().availableProcessors(), /* fair= */ true);

  private final Address a = new Address();
  private final Address b = new Address();
  private final Address c = new Address();

  private static final class Loaded {
    static {
      Loader.load(openblas_nolapack.class);
      openblas_nolapack.blas_set_num_threads(1);
    }

    private Loaded() {}

    static void touch() {
      // loads by being called
    }
  }

  /** A pointer whose address is set for each call; it owns nothing. */
  private static final class Address extends FloatPointer {
    Address() {
      super((org.bytedeco.javacpp.Pointer) null);
    }

    FloatPointer at(long newAddress) {
      address = newAddress;
      return this;
    }
  }

  /** Loads the library; throws LinkageError when it is not there. */
  OpenBlas() {
    Loaded.touch();
  }

  /** Version that the preset was made for. */
  static String version() {
    // The constant reads " OpenBLAS 0.3.31 ".
    return openblas_nolapack.OPENBLAS_VERSION.replace("OpenBLAS", "").trim();
  }

  /**
   * {@code C[m, n] = A[m, k] · B}, everything row-major; B is [n, k] if {@code transposed}, else
   * [k, n]. Strides are in elements.
   */
  void multiply(
      int m,
      int n,
      int k,
      long aAddress,
      int aStride,
      long bAddress,
      int bStride,
      boolean transposed,
      long cAddress,
      int cStride) {
    CORES.acquireUninterruptibly();
    try {
      call(m, n, k, aAddress, aStride, bAddress, bStride, transposed, cAddress, cStride);
    } finally {
      CORES.release();
    }
  }

  private void call(
      int m,
      int n,
      int k,
      long aAddress,
      int aStride,
      long bAddress,
      int bStride,
      boolean transposed,
      long cAddress,
      int cStride) {
    openblas_nolapack.cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        transposed ? CblasTrans : CblasNoTrans,
        m,
        n,
        k,
        1f,
        a.at(aAddress),
        aStride,
        b.at(bAddress),
        bStride,
        0f,
        c.at(cAddress),
        cStride);
  }
}
