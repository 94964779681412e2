package dev.counterpoint.spi;

/**
 * Memory that exists on every rank at once and that every rank can address (where {@link
 * Capability#PEER_ACCESS} is).
 */
public interface SymmetricHeap {
  /**
   * Allocates the same number of zeroed bytes on every rank. Collective: every process calls in the
   * same order. May block on the devices; never called between launches.
   *
   * @param name for diagnostics and leak reports
   * @throws dev.counterpoint.DeviceMemoryException on every rank if it fails on one
   */
  SymmetricBuffer allocate(String name, long bytesPerRank);

  /** Bytes now allocated on one rank. */
  long allocatedBytes();
}
