package dev.counterpoint.backend.cuda.internal;

import static org.bytedeco.cuda.global.nccl.*;

import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.NcclCollectives;
import java.util.List;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * {@link NcclCollectives} by NCCL through JavaCPP. Loading this class loads NCCL.
 *
 * <p>NVLink multicast is never asked for here; whether NCCL uses it is NCCL's, by {@code
 * NCCL_NVLS_ENABLE}.
 */
final class NativeCollectives extends NcclCollectives {
  private static final long FIRST_USE_BYTES = 64L << 20;

  private final ncclComm[] communicators;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  /** Pointer objects of one thread. */
  private static final class Scratch {
    final NativeScratch.Address send = new NativeScratch.Address();
    final NativeScratch.Address receive = new NativeScratch.Address();
    final NativeScratch.StreamHandle stream = new NativeScratch.StreamHandle();
  }

  /** NCCL's version, such as 22803; loads the library. */
  static int libraryVersion() {
    int[] version = new int[1];
    check(ncclGetVersion(version), "ncclGetVersion", "");
    return version[0];
  }

  /** Makes the communicators of devices that are all different. */
  NativeCollectives(List<Integer> devices) {
    super(devices.size(), libraryVersion(), FIRST_USE_BYTES);
    communicators = new ncclComm[devices.size()];
    int[] ordinals = devices.stream().mapToInt(Integer::intValue).toArray();
    try (PointerPointer<Pointer> handles = new PointerPointer<>(devices.size())) {
      check(
          ncclCommInitAll(handles, ordinals.length, ordinals),
          "ncclCommInitAll",
          "devices=" + devices);
      for (int rank = 0; rank < communicators.length; rank++) {
        communicators[rank] = new ncclComm(handles.get(rank));
      }
    }
  }

  private static void check(int status, String function, String values) {
    if (status != SUCCESS) {
      throw failed(status, function, values);
    }
  }

  private static NativeException failed(int status, String function, String values) {
    BytePointer text = ncclGetErrorString(status);
    return new NativeException(
        function,
        status,
        text == null || text.isNull() ? "(no name)" : text.getString(),
        values,
        "run with NCCL_DEBUG=WARN to see what NCCL says of it");
  }

  @Override
  protected NativeException failure(int status, String function, String values) {
    return failed(status, function, values);
  }

  @Override
  public String version() {
    return "NCCL " + text(libraryVersion());
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
    Scratch mine = scratch.get();
    return ncclSend(
        mine.send.at(from), bytes, BYTES, peer, communicators[rank], mine.stream.at(stream));
  }

  @Override
  protected int receive(int rank, long to, long bytes, int peer, long stream) {
    Scratch mine = scratch.get();
    return ncclRecv(
        mine.receive.at(to), bytes, BYTES, peer, communicators[rank], mine.stream.at(stream));
  }

  @Override
  protected int gather(int rank, long send, long receive, long bytes, long stream) {
    Scratch mine = scratch.get();
    return ncclAllGather(
        mine.send.at(send),
        mine.receive.at(receive),
        bytes,
        BYTES,
        communicators[rank],
        mine.stream.at(stream));
  }

  @Override
  protected int scatterSums(int rank, long send, long receive, long count, int type, long stream) {
    Scratch mine = scratch.get();
    return ncclReduceScatter(
        mine.send.at(send),
        mine.receive.at(receive),
        count,
        type,
        ncclSum,
        communicators[rank],
        mine.stream.at(stream));
  }

  @Override
  protected int sums(int rank, long send, long receive, long count, int type, long stream) {
    Scratch mine = scratch.get();
    return ncclAllReduce(
        mine.send.at(send),
        mine.receive.at(receive),
        count,
        type,
        ncclSum,
        communicators[rank],
        mine.stream.at(stream));
  }

  @Override
  protected int spread(int rank, int root, long send, long receive, long bytes, long stream) {
    Scratch mine = scratch.get();
    return ncclBroadcast(
        mine.send.at(send),
        mine.receive.at(receive),
        bytes,
        BYTES,
        root,
        communicators[rank],
        mine.stream.at(stream));
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
