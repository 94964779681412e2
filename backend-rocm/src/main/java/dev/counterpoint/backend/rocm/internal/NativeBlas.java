package dev.counterpoint.backend.rocm.internal;

import static dev.counterpoint.backend.rocm.internal.hip.HipBlasLt.*;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.backend.gpu.VendorBlas;
import dev.counterpoint.backend.rocm.internal.hip.RocmLibrary;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * {@link VendorBlas} by hipBLASLt. Making one loads it.
 *
 * <p>The library counts columns first. A matrix of rows in memory is, read so, its transpose; hence
 * Dᵀ = op(B) · Aᵀ, with B where the library has its first factor: transposed when it lies as [N,
 * K], as it is when it lies as [K, N].
 *
 * <p>FP8 is left to our own kernels: on gfx942 the library takes the FNUZ formats only.
 */
final class NativeBlas implements VendorBlas {
  private static final long MOST_WORKSPACE = 32L << 20;
  private static final int CANDIDATES = 8;

  /** What its kernels may count on; the library takes no other wish. */
  private static final int LEAST_ALIGNMENT = 16;

  private final long handle;

  /** For the current device. */
  NativeBlas() {
    long[] made = new long[1];
    check(hipblasLtCreate(made), "hipblasLtCreate", "");
    handle = made[0];
  }

  /** The version of the installed library; loads it. */
  static String libraryVersion() {
    NativeBlas library = new NativeBlas();
    try {
      int[] version = new int[1];
      check(hipblasLtGetVersion(library.handle, version), "hipblasLtGetVersion", "");
      return version[0] / 100_000 + "." + version[0] / 100 % 1000 + "." + version[0] % 100;
    } finally {
      library.close();
    }
  }

  private static void check(int status, String function, String values) {
    if (status != HIPBLAS_STATUS_SUCCESS) {
      throw new NativeException(
          function,
          status,
          RocmLibrary.HIPBLASLT.nameOf(status),
          values,
          RocmLibrary.HIPBLASLT.unavailability());
    }
  }

  @Override
  public String version() {
    return "hipBLASLt " + libraryVersion();
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case FP32 -> HIP_R_32F;
      case FP16 -> HIP_R_16F;
      case BF16 -> HIP_R_16BF;
      case FP8_E4M3 -> HIP_R_8F_E4M3;
      case FP8_E5M2 -> HIP_R_8F_E5M2;
      case INT8 -> HIP_R_8I;
      case INT32 -> HIP_R_32I;
    };
  }

  @Override
  public @Nullable Ready prepare(Shape shape) {
    boolean eight = shape.input() == DType.FP8_E4M3 || shape.input() == DType.FP8_E5M2;
    if (eight || shape.alignment() < LEAST_ALIGNMENT) {
      return null;
    }
    Plan plan = new Plan(shape);
    try {
      plan.describe();
      if (plan.choose(handle)) {
        return plan;
      }
    } catch (NativeException e) {
      plan.close();
      throw e;
    }
    plan.close();
    return null;
  }

  @Override
  public void close() {
    hipblasLtDestroy(handle);
  }

  /** A GEMM with its descriptions. */
  private final class Plan implements Ready {
    private final Shape shape;
    private final boolean integer;
    private final Pointer alpha;
    private final Pointer beta;
    private final LongPointer biasAddress = new LongPointer(1);
    private final BytePointer results = new BytePointer((long) CANDIDATES * RESULT_BYTES);
    private long product;
    private long weights;
    private long inputs;
    private long addend;
    private long output;
    private long algorithm;
    private long workspaceBytes;

    Plan(Shape shape) {
      this.shape = shape;
      integer = !shape.input().isFloating();
      alpha = number(shape.alpha());
      beta = number(shape.beta());
    }

    private Pointer number(float value) {
      return integer ? new IntPointer(1).put((int) value) : new FloatPointer(1).put(value);
    }

    private void describe() {
      long[] made = new long[1];
      check(
          hipblasLtMatmulDescCreate(
              made,
              integer ? HIPBLAS_COMPUTE_32I : HIPBLAS_COMPUTE_32F,
              integer ? HIP_R_32I : HIP_R_32F),
          "hipblasLtMatmulDescCreate",
          "");
      product = made[0];
      boolean byColumn = shape.layout() == WeightLayout.NK;
      attribute(HIPBLASLT_MATMUL_DESC_TRANSA, byColumn ? HIPBLAS_OP_T : HIPBLAS_OP_N);
      attribute(HIPBLASLT_MATMUL_DESC_TRANSB, HIPBLAS_OP_N);
      if (shape.bias()) {
        attribute(HIPBLASLT_MATMUL_DESC_EPILOGUE, HIPBLASLT_EPILOGUE_BIAS);
        attribute(HIPBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type(shape.output()));
        bias(256 + shape.alignment()); // any address aligned as the real ones, for the choice
      }
      int input = type(shape.input());
      int outputType = type(shape.output());
      weights =
          byColumn
              ? matrix(input, shape.k(), shape.cols(), shape.bStride())
              : matrix(input, shape.cols(), shape.k(), shape.bStride());
      inputs = matrix(input, shape.k(), shape.rows(), shape.aStride());
      addend = matrix(outputType, shape.cols(), shape.rows(), shape.cStride());
      output = matrix(outputType, shape.cols(), shape.rows(), shape.dStride());
    }

    private void attribute(int which, int value) {
      try (IntPointer pointer = new IntPointer(1).put(value)) {
        check(
            hipblasLtMatmulDescSetAttribute(product, which, pointer.address(), Integer.BYTES),
            "hipblasLtMatmulDescSetAttribute",
            "attribute=" + which + ", value=" + value);
      }
    }

    private void bias(long address) {
      biasAddress.put(0, address);
      int status =
          hipblasLtMatmulDescSetAttribute(
              product, HIPBLASLT_MATMUL_DESC_BIAS_POINTER, biasAddress.address(), Long.BYTES);
      if (status != HIPBLAS_STATUS_SUCCESS) {
        check(status, "hipblasLtMatmulDescSetAttribute", "bias");
      }
    }

    private static long matrix(int type, int rows, int cols, int leading) {
      long[] made = new long[1];
      check(
          hipblasLtMatrixLayoutCreate(made, type, rows, cols, leading),
          "hipblasLtMatrixLayoutCreate",
          "type=" + type + ", rows=" + rows + ", cols=" + cols + ", leading=" + leading);
      return made[0];
    }

    /** Asks for the best algorithm. False: the library has none. */
    boolean choose(long library) {
      long[] preference = new long[1];
      check(hipblasLtMatmulPreferenceCreate(preference), "hipblasLtMatmulPreferenceCreate", "");
      int[] found = new int[1];
      try (LongPointer most = new LongPointer(1).put(MOST_WORKSPACE)) {
        hipblasLtMatmulPreferenceSetAttribute(
            preference[0], HIPBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, most.address(), Long.BYTES);
        int status =
            hipblasLtMatmulAlgoGetHeuristic(
                library,
                product,
                weights,
                inputs,
                addend,
                output,
                preference[0],
                CANDIDATES,
                results.address(),
                found);
        if (status != HIPBLAS_STATUS_SUCCESS) {
          return false; // "not supported", or "invalid" for what it cannot describe
        }
      } finally {
        hipblasLtMatmulPreferenceDestroy(preference[0]);
      }
      for (int i = 0; i < found[0]; i++) {
        long at = (long) i * RESULT_BYTES;
        if (results.getInt(at + RESULT_STATE) == HIPBLAS_STATUS_SUCCESS) {
          algorithm = results.address() + at + RESULT_ALGORITHM;
          workspaceBytes = results.getLong(at + RESULT_WORKSPACE);
          return true;
        }
      }
      return false;
    }

    @Override
    public long workspaceBytes() {
      return workspaceBytes;
    }

    @Override
    public boolean run(long a, long b, long c, long d, long withBias, long workspace, long stream) {
      if (shape.bias()) {
        bias(withBias);
      }
      int status =
          hipblasLtMatmul(
              handle,
              product,
              alpha.address(),
              b,
              weights,
              a,
              inputs,
              beta.address(),
              c,
              addend,
              d,
              output,
              algorithm,
              workspace,
              workspaceBytes,
              stream);
      if (status == HIPBLAS_STATUS_NOT_SUPPORTED) {
        return false;
      }
      if (status != HIPBLAS_STATUS_SUCCESS) {
        check(status, "hipblasLtMatmul", shape.toString());
      }
      return true;
    }

    @Override
    public void close() {
      if (product != 0) {
        hipblasLtMatmulDescDestroy(product);
      }
      for (long layout : new long[] {weights, inputs, addend, output}) {
        if (layout != 0) {
          hipblasLtMatrixLayoutDestroy(layout);
        }
      }
      alpha.close();
      beta.close();
      biasAddress.close();
      results.close();
    }
  }
}
