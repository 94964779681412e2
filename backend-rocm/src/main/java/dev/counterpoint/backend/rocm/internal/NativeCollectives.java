package dev.counterpoint.backend.rocm.internal;

import static dev.counterpoint.backend.rocm.internal.hip.Rccl.*;

import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.NcclCollectives;
import dev.counterpoint.backend.rocm.internal.hip.RocmLibrary;
import java.util.List;

/** {@link NcclCollectives} by RCCL. */
final class NativeCollectives extends NcclCollectives {
  private static final long FIRST_USE_BYTES = 64L << 20;

  /** The emulated library makes nothing at first use. */
  private static final long EMULATED_FIRST_USE_BYTES = 4 << 10;

  private final long[] communicators;

  /** RCCL's version, such as 22203; loads the library. */
  static int libraryVersion() {
    int[] version = new int[1];
    check(ncclGetVersion(version), "ncclGetVersion", "");
    return version[0];
  }

  /** Makes the communicators of devices that are all different. */
  NativeCollectives(List<Integer> devices, boolean emulated) {
    super(devices.size(), libraryVersion(), emulated ? EMULATED_FIRST_USE_BYTES : FIRST_USE_BYTES);
    communicators = new long[devices.size()];
    int[] ordinals = devices.stream().mapToInt(Integer::intValue).toArray();
    check(
        ncclCommInitAll(communicators, ordinals.length, ordinals),
        "ncclCommInitAll",
        "devices=" + devices);
  }

  private static void check(int status, String function, String values) {
    if (status != SUCCESS) {
      throw failed(status, function, values);
    }
  }

  private static NativeException failed(int status, String function, String values) {
    return new NativeException(
        function,
        status,
        RocmLibrary.RCCL.nameOf(status),
        values,
        "run with NCCL_DEBUG=WARN to see what RCCL says of it");
  }

  @Override
  protected NativeException failure(int status, String function, String values) {
    return failed(status, function, values);
  }

  @Override
  public String version() {
    return "RCCL " + text(libraryVersion());
  }

  @Override
  protected int groupStart() {
    return ncclGroupStart();
  }

  @Override
  protected int groupEnd() {
    return ncclGroupEnd();
  }

  @Override
  protected int send(int rank, long from, long bytes, int peer, long stream) {
    return ncclSend(from, bytes, BYTES, peer, communicators[rank], stream);
  }

  @Override
  protected int receive(int rank, long to, long bytes, int peer, long stream) {
    return ncclRecv(to, bytes, BYTES, peer, communicators[rank], stream);
  }

  @Override
  protected int gather(int rank, long send, long receive, long bytes, long stream) {
    return ncclAllGather(send, receive, bytes, BYTES, communicators[rank], stream);
  }

  @Override
  protected int scatterSums(int rank, long send, long receive, long count, int type, long stream) {
    return ncclReduceScatter(send, receive, count, type, ncclSum, communicators[rank], stream);
  }

  @Override
  protected int sums(int rank, long send, long receive, long count, int type, long stream) {
    return ncclAllReduce(send, receive, count, type, ncclSum, communicators[rank], stream);
  }

  @Override
  protected int spread(int rank, int root, long send, long receive, long bytes, long stream) {
    return ncclBroadcast(send, receive, bytes, BYTES, root, communicators[rank], stream);
  }

  @Override
  protected void end(int rank, boolean abort) {
    if (abort) {
      ncclCommAbort(communicators[rank]);
    } else {
      ncclCommDestroy(communicators[rank]);
    }
  }
}
