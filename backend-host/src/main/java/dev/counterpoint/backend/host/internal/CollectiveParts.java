package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.support.CollectiveKind;

/**
 * One rank's part in each collective, between everyone's arrival and everyone's finish. Blocks go
 * to the peers in rotated order (to the next rank first), so that at any time each link carries
 * one.
 */
final class CollectiveParts {
  private CollectiveParts() {}

  /**
   * Runs it.
   *
   * @param peer the root of a broadcast, or whom this rank sends to
   */
  static void run(
      CollectiveKind kind, Rendezvous place, Execution by, long count, DType dtype, int peer) {
    long bytes = count * dtype.bytes();
    switch (kind) {
      case ALL_GATHER -> pushToAll(place, by, place.send[by.rank], by.rank * bytes, bytes);
      case ALL_TO_ALL -> allToAll(place, by, bytes);
      case ALL_TO_ALL_V -> throw new AssertionError("its counts are not one number");
      case BROADCAST -> broadcast(place, by, peer, bytes);
      case REDUCE_SCATTER ->
          reduce(place, by, by.rank * bytes, place.receive[by.rank], count, dtype);
      case ALL_REDUCE -> allReduce(place, by, count, dtype);
      case SEND_RECEIVE ->
          by.wire.copy(by.rank, peer, place.send[by.rank], place.receive[peer], bytes);
    }
  }

  /** Copies a block to the same place of everyone's receive buffer, this rank's included. */
  private static void pushToAll(
      Rendezvous place, Execution by, long source, long offset, long bytes) {
    int size = by.context.size();
    for (int step = 0; step < size; step++) {
      int peer = (by.rank + step) % size;
      long target = place.receive[peer] + offset;
      if (target != source && bytes > 0) {
        by.wire.copy(by.rank, peer, source, target, bytes);
      }
    }
  }

  private static void allToAll(Rendezvous place, Execution by, long bytes) {
    int size = by.context.size();
    for (int step = 0; step < size; step++) {
      int peer = (by.rank + step) % size;
      if (bytes > 0) {
        by.wire.copy(
            by.rank,
            peer,
            place.send[by.rank] + peer * bytes,
            place.receive[peer] + by.rank * bytes,
            bytes);
      }
    }
  }

  /** An all-to-all of blocks that differ. */
  static void allToAllV(Rendezvous place, Execution by, Splits counts, int elementBytes) {
    int size = by.context.size();
    for (int step = 0; step < size; step++) {
      int peer = (by.rank + step) % size;
      long bytes = counts.count(by.rank, peer) * elementBytes;
      if (bytes > 0) {
        by.wire.copy(
            by.rank,
            peer,
            place.send[by.rank] + counts.sendStart(by.rank, peer) * elementBytes,
            place.receive[peer] + counts.receiveStart(by.rank, peer) * elementBytes,
            bytes);
      }
    }
  }

  private static void broadcast(Rendezvous place, Execution by, int root, long bytes) {
    if (by.rank != root || bytes == 0) {
      return;
    }
    by.wire.broadcast(root, place.send[root], place.receive, bytes);
    if (place.receive[root] != place.send[root]) {
      OffHeap.copy(place.send[root], place.receive[root], bytes);
    }
  }

  /**
   * Sums everyone's elements at one place, rank 0 first, once their time on the link has passed.
   */
  private static void reduce(
      Rendezvous place, Execution by, long offset, long target, long count, DType dtype) {
    int size = by.context.size();
    LinkModel link = by.context.link;
    if (link.on() && count > 0) {
      long start = by.wire.start();
      long end = start;
      for (int step = 1; step < size; step++) {
        int peer = (by.rank + step) % size;
        end = Math.max(end, link.reserve(peer, by.rank, count * dtype.bytes(), start));
      }
      by.wire.arrive(end);
    }
    Sums.sum(dtype, place.send, size, offset, dtype, target, count, by.scratch);
    by.wire.present();
  }

  /**
   * Reduce-scatter, then all-gather. In place is safe: only this rank reads this rank's share of
   * anyone's input.
   */
  private static void allReduce(Rendezvous place, Execution by, long count, DType dtype) {
    int size = by.context.size();
    long share = (count + size - 1) / size;
    long first = Math.min(count, by.rank * share);
    long mine = Math.min(count, first + share) - first;
    long offset = first * dtype.bytes();
    long target = place.receive[by.rank] + offset;
    reduce(place, by, offset, target, mine, dtype);
    pushToAll(place, by, target, offset, mine * dtype.bytes());
  }
}
