package dev.counterpoint.spi;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;

/**
 * The vendor's collectives, in stream order. Every rank makes the same calls in the same order with
 * the same counts. Counts are elements; buffers are contiguous and lie on the calling rank. A rank
 * that does not call makes the others' waits expire (rule ERR-3).
 */
public interface Collectives {
  /**
   * Rank r's {@code count} elements end up in the r-th block of everyone's {@code receive}. In
   * place when send is that block.
   */
  void allGather(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype);

  /**
   * The r-th block of {@code count} elements, summed over the ranks, ends up in rank r's {@code
   * receive}.
   */
  void reduceScatter(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype);

  /** The sum over the ranks ends up in everyone's {@code receive}; may be in place. */
  void allReduce(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype);

  /**
   * The root's elements end up in everyone's {@code receive}; {@code send} is read at the root
   * only; may be in place there.
   */
  void broadcast(
      Stream stream,
      int root,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype);

  /**
   * Block s of rank r's {@code send} ends up in block r of rank s's {@code receive}; blocks of
   * {@code count} elements.
   */
  void allToAll(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype);

  /**
   * What rank r has for rank s by the counts, starting {@code counts.sendStart(r, s)} elements into
   * its {@code send}, ends up {@code counts.receiveStart(r, s)} elements into rank s's {@code
   * receive}. Every rank passes equal counts.
   */
  void allToAllV(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      Splits counts,
      DType dtype);

  /**
   * {@code count} elements go to rank {@code target} and as many come from rank {@code source}.
   * Every rank calls, and is named as target by the rank that it names as source; both may be the
   * rank itself.
   */
  void sendReceive(
      Stream stream,
      int target,
      DeviceMemory send,
      long sendOffset,
      int source,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype);
}
