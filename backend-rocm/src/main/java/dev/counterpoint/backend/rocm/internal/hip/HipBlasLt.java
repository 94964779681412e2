package dev.counterpoint.backend.rocm.internal.hip;

import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * hipBLASLt: what a plain product of matrices needs. It counts columns first, as cuBLASLt does, and
 * has no preference for alignment.
 */
@Platform(include = "bindings.h", library = Bindings.JNI_LIBRARY)
@Namespace("counterpoint")
@NoException
public final class HipBlasLt {
  /** Bytes of a result of the heuristic. */
  public static final int RESULT_BYTES = 56;

  /** Offset of the algorithm in a result. */
  public static final int RESULT_ALGORITHM = 0;

  /** Offset of the bytes of workspace, a long. */
  public static final int RESULT_WORKSPACE = 24;

  /** Offset of the result's own status, an int. */
  public static final int RESULT_STATE = 32;

  public static final int HIPBLAS_STATUS_SUCCESS = 0;
  public static final int HIPBLAS_STATUS_NOT_SUPPORTED = 7;

  public static final int HIP_R_32F = 0;
  public static final int HIP_R_16F = 2;
  public static final int HIP_R_8I = 3;
  public static final int HIP_R_32I = 10;
  public static final int HIP_R_16BF = 14;

  /** The 8-bit floats of gfx950 and newer. */
  public static final int HIP_R_8F_E4M3 = 28;

  public static final int HIP_R_8F_E5M2 = 29;

  /** The 8-bit floats of gfx942. */
  public static final int HIP_R_8F_E4M3_FNUZ = 1000;

  public static final int HIP_R_8F_E5M2_FNUZ = 1001;

  public static final int HIPBLAS_COMPUTE_32F = 2;
  public static final int HIPBLAS_COMPUTE_32I = 9;

  public static final int HIPBLAS_OP_N = 111;
  public static final int HIPBLAS_OP_T = 112;

  public static final int HIPBLASLT_MATMUL_DESC_TRANSA = 0;
  public static final int HIPBLASLT_MATMUL_DESC_TRANSB = 1;
  public static final int HIPBLASLT_MATMUL_DESC_EPILOGUE = 2;
  public static final int HIPBLASLT_MATMUL_DESC_BIAS_POINTER = 3;
  public static final int HIPBLASLT_MATMUL_DESC_BIAS_DATA_TYPE = 4;

  public static final int HIPBLASLT_EPILOGUE_DEFAULT = 1;
  public static final int HIPBLASLT_EPILOGUE_BIAS = 4;

  public static final int HIPBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1;

  private static final String[] STATUSES = {
    "HIPBLAS_STATUS_SUCCESS",
    "HIPBLAS_STATUS_NOT_INITIALIZED",
    "HIPBLAS_STATUS_ALLOC_FAILED",
    "HIPBLAS_STATUS_INVALID_VALUE",
    "HIPBLAS_STATUS_MAPPING_ERROR",
    "HIPBLAS_STATUS_EXECUTION_FAILED",
    "HIPBLAS_STATUS_INTERNAL_ERROR",
    "HIPBLAS_STATUS_NOT_SUPPORTED",
    "HIPBLAS_STATUS_ARCH_MISMATCH",
    "HIPBLAS_STATUS_HANDLE_IS_NULLPTR",
    "HIPBLAS_STATUS_INVALID_ENUM",
    "HIPBLAS_STATUS_UNKNOWN"
  };

  static {
    Bindings.require();
  }

  private HipBlasLt() {}

  public static native int hipblasLtCreate(long[] handle);

  public static native int hipblasLtDestroy(long handle);

  public static native int hipblasLtGetVersion(long handle, int[] version);

  public static native int hipblasLtMatrixLayoutCreate(
      long[] layout, int type, long rows, long cols, long leading);

  public static native int hipblasLtMatrixLayoutDestroy(long layout);

  public static native int hipblasLtMatmulDescCreate(
      long[] description, int compute, int scaleType);

  public static native int hipblasLtMatmulDescDestroy(long description);

  /** Sets what {@code value} is the address of. */
  public static native int hipblasLtMatmulDescSetAttribute(
      long description, int attribute, long value, long bytes);

  public static native int hipblasLtMatmulPreferenceCreate(long[] preference);

  public static native int hipblasLtMatmulPreferenceDestroy(long preference);

  public static native int hipblasLtMatmulPreferenceSetAttribute(
      long preference, int attribute, long value, long bytes);

  /** Finds algorithms; there must be room for {@code requested} times {@link #RESULT_BYTES}. */
  public static native int hipblasLtMatmulAlgoGetHeuristic(
      long handle,
      long description,
      long a,
      long b,
      long c,
      long d,
      long preference,
      int requested,
      long results,
      int[] found);

  /** D = alpha · op(A) · op(B) + beta · C; the algorithm is the address of one in a result. */
  public static native int hipblasLtMatmul(
      long handle,
      long description,
      long alpha,
      long a,
      long aLayout,
      long b,
      long bLayout,
      long beta,
      long c,
      long cLayout,
      long d,
      long dLayout,
      long algorithm,
      long workspace,
      long workspaceBytes,
      long stream);

  static String nameOf(int status) {
    return RocmLibrary.numbered(status, STATUSES);
  }
}
