package dev.counterpoint.backend.cuda.internal;

import static org.bytedeco.cuda.global.cublas.*;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.backend.gpu.VendorBlas;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulAlgo_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * {@link VendorBlas} by cuBLASLt. Loading this class loads it.
 *
 * <p>The library counts columns first. A matrix of rows in memory is, read so, its transpose; hence
 * Dᵀ = op(B) · Aᵀ, with B where the library has its first factor: transposed when it lies as [N,
 * K], as it is when it lies as [K, N].
 */
final class NativeBlas implements VendorBlas {
  private static final long MOST_WORKSPACE = 32L << 20;
  private static final int CANDIDATES = 8;
  private static final int REAL_32 = 0;
  private static final int REAL_16 = 2;
  private static final int INT_8 = 3;
  private static final int INT_32 = 10;
  private static final int BFLOAT_16 = 14;
  private static final int E4M3 = 28;
  private static final int E5M2 = 29;

  private final cublasLtContext handle = new cublasLtContext();

  /** For the current device. */
  NativeBlas() {
    check(cublasLtCreate(handle), "cublasLtCreate", "");
  }

  /** The version of the installed library; loads it. */
  static String libraryVersion() {
    long version = cublasLtGetVersion();
    return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
  }

  private static void check(int status, String function, String values) {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw new NativeException(function, status, name(status), values, "");
    }
  }

  private static String name(int status) {
    return cublasLtGetStatusName(status).getString();
  }

  @Override
  public String version() {
    return "cuBLASLt " + libraryVersion();
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case FP32 -> REAL_32;
      case FP16 -> REAL_16;
      case BF16 -> BFLOAT_16;
      case FP8_E4M3 -> E4M3;
      case FP8_E5M2 -> E5M2;
      case INT8 -> INT_8;
      case INT32 -> INT_32;
    };
  }

  /** One number in native memory. (A pointer's constructor would take it for a length.) */
  private static IntPointer intAt(int value) {
    return new IntPointer(1).put(value);
  }

  private static FloatPointer floatAt(float value) {
    return new FloatPointer(1).put(value);
  }

  @Override
  public @Nullable Ready prepare(Shape shape) {
    boolean integer = !shape.input().isFloating();
    if (integer && shape.alignment() < 4) {
      return null;
    }
    Plan plan = new Plan(shape, integer);
    if (!plan.choose(handle)) {
      plan.close();
      return null;
    }
    return plan;
  }

  @Override
  public void close() {
    cublasLtDestroy(handle);
  }

  /** A GEMM with its descriptions; the pointer objects are reused by every run. */
  private final class Plan implements Ready {
    private final Shape shape;
    private final cublasLtMatmulDescOpaque_t product;
    private final cublasLtMatrixLayoutOpaque_t weights;
    private final cublasLtMatrixLayoutOpaque_t inputs;
    private final cublasLtMatrixLayoutOpaque_t addend;
    private final cublasLtMatrixLayoutOpaque_t output;
    private final Pointer alpha;
    private final Pointer beta;
    private final LongPointer biasAddress = new LongPointer(1);
    private final cublasLtMatmulHeuristicResult_t result =
        new cublasLtMatmulHeuristicResult_t(CANDIDATES);
    private @Nullable cublasLtMatmulAlgo_t algorithm;
    private long workspaceBytes;
    private final NativeScratch.Address a = new NativeScratch.Address();
    private final NativeScratch.Address b = new NativeScratch.Address();
    private final NativeScratch.Address c = new NativeScratch.Address();
    private final NativeScratch.Address d = new NativeScratch.Address();
    private final NativeScratch.Address workspace = new NativeScratch.Address();
    private final NativeScratch.StreamHandle stream = new NativeScratch.StreamHandle();

    Plan(Shape shape, boolean integer) {
      this.shape = shape;
      int compute =
          integer
              ? CUBLAS_COMPUTE_32I
              : shape.input() == DType.FP32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
      alpha = integer ? intAt((int) shape.alpha()) : floatAt(shape.alpha());
      beta = integer ? intAt((int) shape.beta()) : floatAt(shape.beta());
      try (PointerPointer<Pointer> made = new PointerPointer<>(1)) {
        check(
            cublasLtMatmulDescCreate(made, compute, integer ? INT_32 : REAL_32),
            "cublasLtMatmulDescCreate",
            "");
        product = new cublasLtMatmulDescOpaque_t(made.get(0));
      }
      boolean byColumn = shape.layout() == WeightLayout.NK;
      attribute(CUBLASLT_MATMUL_DESC_TRANSA, byColumn ? CUBLAS_OP_T : CUBLAS_OP_N);
      attribute(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
      if (shape.bias()) {
        attribute(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
        attribute(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type(shape.output()));
        // An address aligned as the real ones: the library looks at that when it chooses.
        bias(256 + shape.alignment());
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
      try (IntPointer pointer = intAt(value)) {
        check(
            cublasLtMatmulDescSetAttribute(product, which, pointer, Integer.BYTES),
            "cublasLtMatmulDescSetAttribute",
            "attribute=" + which + ", value=" + value);
      }
    }

    private void bias(long address) {
      biasAddress.put(0, address);
      int status =
          cublasLtMatmulDescSetAttribute(
              product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, biasAddress, Long.BYTES);
      if (status != CUBLAS_STATUS_SUCCESS) {
        check(status, "cublasLtMatmulDescSetAttribute", "bias");
      }
    }

    private static cublasLtMatrixLayoutOpaque_t matrix(int type, int rows, int cols, int leading) {
      try (PointerPointer<Pointer> made = new PointerPointer<>(1)) {
        check(
            cublasLtMatrixLayoutCreate(made, type, rows, cols, leading),
            "cublasLtMatrixLayoutCreate",
            "type=" + type + ", rows=" + rows + ", cols=" + cols + ", leading=" + leading);
        return new cublasLtMatrixLayoutOpaque_t(made.get(0));
      }
    }

    /** Asks for the best algorithm. False: the library has none. */
    boolean choose(cublasLtContext library) {
      cublasLtMatmulPreferenceOpaque_t preference;
      try (PointerPointer<Pointer> made = new PointerPointer<>(1)) {
        check(cublasLtMatmulPreferenceCreate(made), "cublasLtMatmulPreferenceCreate", "");
        preference = new cublasLtMatmulPreferenceOpaque_t(made.get(0));
      }
      int[] found = new int[1];
      try (LongPointer most = new LongPointer(1).put(MOST_WORKSPACE);
          IntPointer alignment = intAt(shape.alignment())) {
        cublasLtMatmulPreferenceSetAttribute(
            preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, most, Long.BYTES);
        for (int which = CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES;
            which <= CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES;
            which++) {
          cublasLtMatmulPreferenceSetAttribute(preference, which, alignment, Integer.BYTES);
        }
        int status =
            cublasLtMatmulAlgoGetHeuristic(
                library,
                product,
                weights,
                inputs,
                addend,
                output,
                preference,
                CANDIDATES,
                result,
                found);
        if (status != CUBLAS_STATUS_SUCCESS) {
          return false; // "not supported", or "invalid" for what it cannot describe
        }
      } finally {
        cublasLtMatmulPreferenceDestroy(preference);
      }
      for (int i = 0; i < found[0]; i++) {
        cublasLtMatmulHeuristicResult_t candidate = result.getPointer(i);
        if (candidate.state() == CUBLAS_STATUS_SUCCESS) {
          algorithm = candidate.algo();
          workspaceBytes = candidate.workspaceSize();
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
    public boolean run(
        long fromA, long fromB, long fromC, long toD, long withBias, long scratch, long onStream) {
      if (shape.bias()) {
        bias(withBias);
      }
      int status =
          cublasLtMatmul(
              handle,
              product,
              alpha,
              b.at(fromB),
              weights,
              a.at(fromA),
              inputs,
              beta,
              c.at(fromC),
              addend,
              d.at(toD),
              output,
              algorithm,
              workspace.at(scratch),
              workspaceBytes,
              stream.at(onStream));
      if (status == CUBLAS_STATUS_NOT_SUPPORTED) {
        return false;
      }
      if (status != CUBLAS_STATUS_SUCCESS) {
        check(status, "cublasLtMatmul", shape.toString());
      }
      return true;
    }

    @Override
    public void close() {
      cublasLtMatmulDescDestroy(product);
      cublasLtMatrixLayoutDestroy(weights);
      cublasLtMatrixLayoutDestroy(inputs);
      cublasLtMatrixLayoutDestroy(addend);
      cublasLtMatrixLayoutDestroy(output);
      alpha.close();
      beta.close();
      biasAddress.close();
      result.close();
    }
  }
}
