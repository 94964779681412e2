package dev.counterpoint.backend.cuda.internal;

import static org.bytedeco.cuda.global.nccl.*;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * {@link CollectiveLibrary} by NCCL, one communicator for each rank. Loading this class loads NCCL.
 *
 * <p><b>Why one thread may enqueue for rank 0 and then for rank 1.</b> NCCL's advice to group the
 * calls of one thread for several devices has two reasons. First, a call may wait on the host for
 * its peers: since 2.22 the connections of an algorithm are made when it is first used, and so are
 * those of sends and receives. Second, a kernel may have to be loaded while another rank's kernel
 * already waits on a device. Both belong to first uses, so {@link #connect} makes these happen
 * while the backend opens: it runs every collective that this backend offers, over the sizes at
 * which the library changes its algorithm, in groups, as NCCL wants. Afterwards a call only
 * launches a kernel on its stream and returns. Grouping later calls instead is not possible: a
 * group launches at its end, and what rank 0 enqueues behind its call would come before it in the
 * stream. For the same reason communicators block (a non-blocking one may return before its kernel
 * is in the stream). If a call should wait on the host nevertheless, {@link CollectiveWatch}
 * notices and aborts.
 *
 * <p>NVLink multicast is never asked for here; whether NCCL uses it is NCCL's, by {@code
 * NCCL_NVLS_ENABLE}.
 */
final class NativeCollectives implements CollectiveLibrary {
  private static final long[] FIRST_USES = {1, 1L << 14, 1L << 18, 1L << 21, 1L << 23};
  private static final long ABORT_NANOS = 3_000_000_000L;

  private final ncclComm[] communicators;
  private final int version;
  private final AtomicBoolean ended = new AtomicBoolean();
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

  /** A version as people write it. */
  static String text(int version) {
    return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
  }

  /** Makes the communicators of devices that are all different. */
  NativeCollectives(List<Integer> devices) {
    version = libraryVersion();
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
    if (status != ncclSuccess) {
      throw new NativeException(
          function,
          status,
          name(status),
          values,
          "run with NCCL_DEBUG=WARN to see what NCCL says of it");
    }
  }

  private static String name(int status) {
    BytePointer text = ncclGetErrorString(status);
    return text == null || text.isNull() ? "(no name)" : text.getString();
  }

  /** Uses everything once, so that later calls find connections made and kernels loaded. */
  void connect(List<RankState> ranks, long[] streams, long[] scratchMemory, long scratchBytes) {
    int size = ranks.size();
    for (long elements : FIRST_USES) {
      long count = Math.min(elements, scratchBytes / 4 / size);
      for (int kind = 0; kind < 5; kind++) {
        check(ncclGroupStart(), "ncclGroupStart", "");
        for (int rank = 0; rank < size; rank++) {
          ranks.get(rank).use();
          long at = scratchMemory[rank];
          switch (kind) {
            case 0 -> allReduce(rank, at, at, count * size, DType.FP32, streams[rank]);
            case 1 -> allGather(rank, at + rank * count * 4, at, count, DType.FP32, streams[rank]);
            case 2 ->
                reduceScatter(rank, at, at + rank * count * 4, count, DType.FP32, streams[rank]);
            case 3 -> broadcast(rank, 0, at, at, count * size, DType.FP32, streams[rank]);
            default -> {
              long half = count / 2;
              allToAll(rank, at, at + half * size * 4, half, DType.FP32, streams[rank]);
            }
          }
        }
        check(ncclGroupEnd(), "ncclGroupEnd", "first use");
      }
    }
  }

  @Override
  public String version() {
    return "NCCL " + text(version);
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case FP32 -> ncclFloat32;
      case FP16 -> ncclFloat16;
      case BF16 -> ncclBfloat16;
      case FP8_E4M3 -> ncclFloat8e4m3;
      case FP8_E5M2 -> ncclFloat8e5m2;
      case INT8 -> ncclInt8;
      case INT32 -> ncclInt32;
    };
  }

  @Override
  public boolean sums(DType dtype) {
    boolean eight = dtype == DType.FP8_E4M3 || dtype == DType.FP8_E5M2;
    return !eight || version >= 22400;
  }

  @Override
  public void allGather(int rank, long send, long receive, long count, DType dtype, long stream) {
    Scratch mine = scratch.get();
    int status =
        ncclAllGather(
            mine.send.at(send),
            mine.receive.at(receive),
            count * dtype.bytes(),
            ncclInt8,
            communicators[rank],
            mine.stream.at(stream));
    if (status != ncclSuccess) {
      throw failure(status, "ncclAllGather", rank, count);
    }
  }

  @Override
  public void reduceScatter(
      int rank, long send, long receive, long count, DType dtype, long stream) {
    Scratch mine = scratch.get();
    int status =
        ncclReduceScatter(
            mine.send.at(send),
            mine.receive.at(receive),
            count,
            type(dtype),
            ncclSum,
            communicators[rank],
            mine.stream.at(stream));
    if (status != ncclSuccess) {
      throw failure(status, "ncclReduceScatter", rank, count);
    }
  }

  @Override
  public void allReduce(int rank, long send, long receive, long count, DType dtype, long stream) {
    Scratch mine = scratch.get();
    int status =
        ncclAllReduce(
            mine.send.at(send),
            mine.receive.at(receive),
            count,
            type(dtype),
            ncclSum,
            communicators[rank],
            mine.stream.at(stream));
    if (status != ncclSuccess) {
      throw failure(status, "ncclAllReduce", rank, count);
    }
  }

  @Override
  public void broadcast(
      int rank, int root, long send, long receive, long count, DType dtype, long stream) {
    Scratch mine = scratch.get();
    int status =
        ncclBroadcast(
            mine.send.at(send),
            mine.receive.at(receive),
            count * dtype.bytes(),
            ncclInt8,
            root,
            communicators[rank],
            mine.stream.at(stream));
    if (status != ncclSuccess) {
      throw failure(status, "ncclBroadcast", rank, count);
    }
  }

  /** By sends and receives in one group: of one rank, so it waits for no other's call. */
  @Override
  public void allToAll(int rank, long send, long receive, long count, DType dtype, long stream) {
    Scratch mine = scratch.get();
    ncclComm communicator = communicators[rank];
    long bytes = count * dtype.bytes();
    mine.stream.at(stream);
    int status = ncclGroupStart();
    for (int peer = 0; peer < communicators.length && status == ncclSuccess; peer++) {
      status =
          ncclSend(
              mine.send.at(send + peer * bytes), bytes, ncclInt8, peer, communicator, mine.stream);
      if (status == ncclSuccess) {
        status =
            ncclRecv(
                mine.receive.at(receive + peer * bytes),
                bytes,
                ncclInt8,
                peer,
                communicator,
                mine.stream);
      }
    }
    int end = ncclGroupEnd();
    if (status != ncclSuccess || end != ncclSuccess) {
      throw failure(status != ncclSuccess ? status : end, "ncclSend/ncclRecv", rank, count);
    }
  }

  @Override
  public void sendReceive(
      int rank,
      int target,
      long send,
      int source,
      long receive,
      long count,
      DType dtype,
      long stream) {
    Scratch mine = scratch.get();
    ncclComm communicator = communicators[rank];
    long bytes = count * dtype.bytes();
    mine.send.at(send);
    mine.receive.at(receive);
    mine.stream.at(stream);
    int status = ncclGroupStart();
    if (status == ncclSuccess) {
      status = ncclSend(mine.send, bytes, ncclInt8, target, communicator, mine.stream);
    }
    if (status == ncclSuccess) {
      status = ncclRecv(mine.receive, bytes, ncclInt8, source, communicator, mine.stream);
    }
    int end = ncclGroupEnd();
    if (status != ncclSuccess || end != ncclSuccess) {
      throw failure(status != ncclSuccess ? status : end, "ncclSend/ncclRecv", rank, count);
    }
  }

  private static NativeException failure(int status, String function, int rank, long count) {
    return new NativeException(
        function,
        status,
        name(status),
        "rank=" + rank + ", count=" + count,
        "run with NCCL_DEBUG=WARN to see what NCCL says of it");
  }

  @Override
  public void abort() {
    end(true);
  }

  @Override
  public void close() {
    end(false);
  }

  /**
   * Ends every communicator, each in a thread of its own: NCCL lets the ranks of a process wait for
   * each other here.
   */
  private void end(boolean abort) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    List<Thread> threads = new ArrayList<>();
    for (ncclComm communicator : communicators) {
      Runnable work =
          abort ? () -> ncclCommAbort(communicator) : () -> ncclCommDestroy(communicator);
      Thread thread = new Thread(work, "counterpoint-cuda-end");
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    long deadline = System.nanoTime() + ABORT_NANOS;
    threads.forEach(thread -> Threads.join(thread, Math.max(1, deadline - System.nanoTime())));
  }
}
