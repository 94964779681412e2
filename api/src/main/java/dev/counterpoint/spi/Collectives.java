package dev.counterpoint.spi;

import dev.counterpoint.DType;

/**
 * The vendor's collectives, in stream order. Every rank makes the same calls in the same order with
 * the same counts. Counts are elements; buffers are contiguous and lie on the calling rank. A rank
 * that does not call makes the others' waits expire (rule ERR-3).
 */
public interface Collectives {
  /**
   * Rank r's {@code count} elements end up in the r-th block of everyone's {@code receive}, where
   * blocks follow each other without a gap. In place when send is that block.
   */
  default void allGather(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    allGather(
        stream, send, sendOffset, receive, receiveOffset, count * dtype.bytes(), count, dtype);
  }

  /**
   * The same with blocks that start {@code receiveStride} bytes apart, so that a part of everyone's
   * share can be gathered to its final place. In place when send is the caller's block.
   *
   * @param receiveStride at least {@code count · dtype.bytes()}, the same on all ranks
   */
  void allGather(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long receiveStride,
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
}
