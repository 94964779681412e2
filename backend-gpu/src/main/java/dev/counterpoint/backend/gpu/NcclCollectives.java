package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.support.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * {@link CollectiveLibrary} by NCCL's interface, which RCCL keeps, numbers and all; one
 * communicator for each rank.
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
 */
public abstract class NcclCollectives implements CollectiveLibrary {
  /** Status of a call that did what it should. */
  protected static final int SUCCESS = 0;

  /** The type in which bytes are moved, whatever they mean. */
  protected static final int BYTES = 0;

  private static final int FIRST_WITH_FP8 = 22400;
  private static final long[] FIRST_USES = {1, 1L << 14, 1L << 18, 1L << 21, 1L << 23};
  private static final long ABORT_NANOS = 3_000_000_000L;

  private final int size;
  private final int version;
  private final long firstUseBytes;
  private final AtomicBoolean ended = new AtomicBoolean();

  /**
   * For a library whose communicators the subclass makes.
   *
   * @param size number of ranks
   * @param version as the library counts
   * @param firstUseBytes how much of each rank's memory the first uses may take
   */
  protected NcclCollectives(int size, int version, long firstUseBytes) {
    this.size = size;
    this.version = version;
    this.firstUseBytes = firstUseBytes;
  }

  /** A version as people write it. */
  public static String text(int version) {
    return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
  }

  // The library's functions; each gives its status

  protected abstract int groupStart();

  protected abstract int groupEnd();

  protected abstract int send(int rank, long from, long bytes, int peer, long stream);

  protected abstract int receive(int rank, long to, long bytes, int peer, long stream);

  protected abstract int gather(int rank, long send, long receive, long bytes, long stream);

  protected abstract int scatterSums(
      int rank, long send, long receive, long count, int type, long stream);

  protected abstract int sums(int rank, long send, long receive, long count, int type, long stream);

  protected abstract int spread(
      int rank, int root, long send, long receive, long bytes, long stream);

  /** Ends a rank's communicator, waiting for its work unless it is aborted. */
  protected abstract void end(int rank, boolean abort);

  /** What a status means. */
  protected abstract NativeException failure(int status, String function, String values);

  private void check(int status, String function, String values) {
    if (status != SUCCESS) {
      throw failure(status, function, values);
    }
  }

  private void check(int status, String function, int rank, long count) {
    if (status != SUCCESS) {
      throw failure(status, function, "rank=" + rank + ", count=" + count);
    }
  }

  @Override
  public final long firstUseBytes() {
    return firstUseBytes;
  }

  @Override
  public final void connect(IntConsumer use, long[] streams, long[] memory) {
    long most = firstUseBytes / 4 / size;
    for (long elements : FIRST_USES) {
      useOnce(use, streams, memory, Math.min(elements, most));
      if (elements >= most) {
        break;
      }
    }
  }

  private void useOnce(IntConsumer use, long[] streams, long[] memory, long count) {
    for (int kind = 0; kind < 5; kind++) {
      check(groupStart(), "ncclGroupStart", "");
      for (int rank = 0; rank < size; rank++) {
        use.accept(rank);
        long at = memory[rank];
        long stream = streams[rank];
        switch (kind) {
          case 0 -> allReduce(rank, at, at, count * size, DType.FP32, stream);
          case 1 -> allGather(rank, at + rank * count * 4, at, count, DType.FP32, stream);
          case 2 -> reduceScatter(rank, at, at + rank * count * 4, count, DType.FP32, stream);
          case 3 -> broadcast(rank, 0, at, at, count * size, DType.FP32, stream);
          default -> {
            long half = count / 2;
            allToAll(rank, at, at + half * size * 4, half, DType.FP32, stream);
          }
        }
      }
      check(groupEnd(), "ncclGroupEnd", "first use");
    }
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case INT8 -> 0;
      case INT32 -> 2;
      case FP16 -> 6;
      case FP32 -> 7;
      case BF16 -> 9;
      case FP8_E4M3 -> 10;
      case FP8_E5M2 -> 11;
    };
  }

  @Override
  public boolean sums(DType dtype) {
    boolean eight = dtype == DType.FP8_E4M3 || dtype == DType.FP8_E5M2;
    return !eight || version >= FIRST_WITH_FP8;
  }

  @Override
  public final void allGather(
      int rank, long send, long receive, long count, DType dtype, long stream) {
    int status = gather(rank, send, receive, count * dtype.bytes(), stream);
    check(status, "ncclAllGather", rank, count);
  }

  @Override
  public final void reduceScatter(
      int rank, long send, long receive, long count, DType dtype, long stream) {
    int status = scatterSums(rank, send, receive, count, type(dtype), stream);
    check(status, "ncclReduceScatter", rank, count);
  }

  @Override
  public final void allReduce(
      int rank, long send, long receive, long count, DType dtype, long stream) {
    int status = sums(rank, send, receive, count, type(dtype), stream);
    check(status, "ncclAllReduce", rank, count);
  }

  @Override
  public final void broadcast(
      int rank, int root, long send, long receive, long count, DType dtype, long stream) {
    int status = spread(rank, root, send, receive, count * dtype.bytes(), stream);
    check(status, "ncclBroadcast", rank, count);
  }

  /** By sends and receives in one group: of one rank, so it waits for no other's call. */
  @Override
  public final void allToAll(
      int rank, long send, long receive, long count, DType dtype, long stream) {
    long bytes = count * dtype.bytes();
    int status = groupStart();
    for (int peer = 0; peer < size && status == SUCCESS; peer++) {
      status = send(rank, send + peer * bytes, bytes, peer, stream);
      if (status == SUCCESS) {
        status = receive(rank, receive + peer * bytes, bytes, peer, stream);
      }
    }
    endGroup(status, rank, count);
  }

  /** The same with the blocks' own sizes; both ends of an empty block leave it out. */
  @Override
  public final void allToAllV(
      int rank, long send, long receive, Splits counts, DType dtype, long stream) {
    int bytes = dtype.bytes();
    int status = groupStart();
    for (int peer = 0; peer < size && status == SUCCESS; peer++) {
      if (counts.count(rank, peer) > 0) {
        long from = send + counts.sendStart(rank, peer) * bytes;
        status = send(rank, from, counts.count(rank, peer) * bytes, peer, stream);
      }
      if (status == SUCCESS && counts.count(peer, rank) > 0) {
        long to = receive + counts.receiveStart(peer, rank) * bytes;
        status = receive(rank, to, counts.count(peer, rank) * bytes, peer, stream);
      }
    }
    endGroup(status, rank, counts.sent(rank));
  }

  @Override
  public final void sendReceive(
      int rank,
      int target,
      long send,
      int source,
      long receive,
      long count,
      DType dtype,
      long stream) {
    long bytes = count * dtype.bytes();
    int status = groupStart();
    if (status == SUCCESS) {
      status = send(rank, send, bytes, target, stream);
    }
    if (status == SUCCESS) {
      status = receive(rank, receive, bytes, source, stream);
    }
    endGroup(status, rank, count);
  }

  private void endGroup(int status, int rank, long count) {
    int end = groupEnd();
    check(status != SUCCESS ? status : end, "ncclSend/ncclRecv", rank, count);
  }

  @Override
  public final void abort() {
    end(true);
  }

  @Override
  public final void close() {
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
    for (int rank = 0; rank < size; rank++) {
      int mine = rank;
      Thread thread = new Thread(() -> end(mine, abort), "counterpoint-collectives-end");
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    long deadline = System.nanoTime() + ABORT_NANOS;
    threads.forEach(thread -> Threads.join(thread, Math.max(1, deadline - System.nanoTime())));
  }
}
