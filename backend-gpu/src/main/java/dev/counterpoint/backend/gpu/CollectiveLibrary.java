package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import java.util.function.IntConsumer;

/**
 * The vendor's collectives, for all local ranks. Calls enqueue on a stream of the rank they name
 * and throw {@link dev.counterpoint.NativeException}; addresses are the device's.
 */
public interface CollectiveLibrary {
  /** Name and version. */
  String version();

  /**
   * Uses everything once, while the backend opens, so that no later call waits on the host.
   *
   * @param use directs the calling thread's next calls to a rank's device
   * @param streams one of each rank
   * @param memory {@link #firstUseBytes} of zeros of each rank
   */
  void connect(IntConsumer use, long[] streams, long[] memory);

  /** Memory that {@link #connect} needs of each rank. */
  long firstUseBytes();

  /** Whether the library can sum elements of a type here. */
  boolean sums(DType dtype);

  void allGather(int rank, long send, long receive, long count, DType dtype, long stream);

  void reduceScatter(int rank, long send, long receive, long count, DType dtype, long stream);

  void allReduce(int rank, long send, long receive, long count, DType dtype, long stream);

  void broadcast(int rank, int root, long send, long receive, long count, DType dtype, long stream);

  void allToAll(int rank, long send, long receive, long count, DType dtype, long stream);

  /** Blocks as counted; every rank calls with equal counts. */
  void allToAllV(int rank, long send, long receive, Splits counts, DType dtype, long stream);

  /** One rank's elements go to {@code target}, and as many come from {@code source}. */
  void sendReceive(
      int rank,
      int target,
      long send,
      int source,
      long receive,
      long count,
      DType dtype,
      long stream);

  /** Ends what is in flight, whoever is missing; from any thread, bounded, once. */
  void abort();

  /** Releases everything; nothing may be in flight unless it was aborted. */
  void close();
}
