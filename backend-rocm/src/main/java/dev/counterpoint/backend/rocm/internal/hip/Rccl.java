package dev.counterpoint.backend.rocm.internal.hip;

import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * RCCL: NCCL's interface and numbers. A communicator is a rank's; addresses are of its device.
 *
 * <p>The numbers of the two 8-bit floats mean FNUZ on gfx942 in some versions and OCP in others.
 */
@Platform(include = "bindings.h", library = Bindings.JNI_LIBRARY)
@Namespace("counterpoint")
@NoException
public final class Rccl {
  public static final int ncclSuccess = 0;
  public static final int ncclUnhandledCudaError = 1;
  public static final int ncclSystemError = 2;
  public static final int ncclInternalError = 3;
  public static final int ncclInvalidArgument = 4;
  public static final int ncclInvalidUsage = 5;
  public static final int ncclRemoteError = 6;
  public static final int ncclInProgress = 7;

  public static final int ncclInt8 = 0;
  public static final int ncclUint8 = 1;
  public static final int ncclInt32 = 2;
  public static final int ncclUint32 = 3;
  public static final int ncclInt64 = 4;
  public static final int ncclUint64 = 5;
  public static final int ncclFloat16 = 6;
  public static final int ncclFloat32 = 7;
  public static final int ncclFloat64 = 8;
  public static final int ncclBfloat16 = 9;
  public static final int ncclFloat8e4m3 = 10;
  public static final int ncclFloat8e5m2 = 11;

  public static final int ncclSum = 0;
  public static final int ncclProd = 1;
  public static final int ncclMax = 2;
  public static final int ncclMin = 3;
  public static final int ncclAvg = 4;

  static {
    Bindings.require();
  }

  private Rccl() {}

  public static native int ncclGetVersion(int[] version);

  /** Makes the 128 bytes that every rank must be given. */
  public static native int ncclGetUniqueId(byte[] id);

  public static native int ncclCommInitRank(long[] communicator, int ranks, byte[] id, int rank);

  public static native int ncclCommInitAll(long[] communicators, int count, int[] devices);

  public static native int ncclCommDestroy(long communicator);

  public static native int ncclCommAbort(long communicator);

  public static native int ncclCommGetAsyncError(long communicator, int[] status);

  public static native int ncclGroupStart();

  public static native int ncclGroupEnd();

  public static native int ncclAllGather(
      long send, long receive, long sendCount, int type, long communicator, long stream);

  public static native int ncclReduceScatter(
      long send,
      long receive,
      long receiveCount,
      int type,
      int operation,
      long communicator,
      long stream);

  public static native int ncclAllReduce(
      long send, long receive, long count, int type, int operation, long communicator, long stream);

  public static native int ncclBroadcast(
      long send, long receive, long count, int type, int root, long communicator, long stream);

  /** RCCL's own; the count is that of the elements for each rank. */
  public static native int ncclAllToAll(
      long send, long receive, long count, int type, long communicator, long stream);

  public static native int ncclSend(
      long send, long count, int type, int peer, long communicator, long stream);

  public static native int ncclRecv(
      long receive, long count, int type, int peer, long communicator, long stream);

  public static native String ncclGetErrorString(int status);

  public static native String ncclGetLastError(long communicator);

  static String nameOf(int status) {
    return RocmLibrary.numbered(
        status,
        "ncclSuccess",
        "ncclUnhandledCudaError",
        "ncclSystemError",
        "ncclInternalError",
        "ncclInvalidArgument",
        "ncclInvalidUsage",
        "ncclRemoteError",
        "ncclInProgress");
  }
}
