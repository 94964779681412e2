package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.DType;

/**
 * The vendor's collectives, for all local ranks. Calls enqueue on a stream of the rank they name
 * and throw {@link dev.counterpoint.NativeException}; addresses are the device's.
 */
interface CollectiveLibrary {
  /** Name and version. */
  String version();

  /** Whether the library can sum elements of a type here. */
  boolean sums(DType dtype);

  void allGather(int rank, long send, long receive, long count, DType dtype, long stream);

  void reduceScatter(int rank, long send, long receive, long count, DType dtype, long stream);

  void allReduce(int rank, long send, long receive, long count, DType dtype, long stream);

  void broadcast(int rank, int root, long send, long receive, long count, DType dtype, long stream);

  void allToAll(int rank, long send, long receive, long count, DType dtype, long stream);

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
