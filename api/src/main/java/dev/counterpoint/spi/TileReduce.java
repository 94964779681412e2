package dev.counterpoint.spi;

import dev.counterpoint.DType;

/** Sums staged partials, and puts packed tiles back in place. */
public interface TileReduce {
  /** Makes a reduction ready; see {@link ReduceSpec}. */
  PreparedReduce prepare(ReduceSpec spec);

  /**
   * Makes ready the copy of a matrix that lies as packed tiles ({@link TileRoute.Packed}) into
   * row-major order.
   *
   * @param rank the rank that copies
   * @param tiling the tiles; their shards are laid out one below the other in the result
   * @param slots by tile id: its block in the packed matrix; negative to leave that tile out
   * @param dtype element type
   */
  PreparedUnpack prepareUnpack(String label, int rank, Tiling tiling, int[] slots, DType dtype);

  /** A reduction ready to be launched any number of times. */
  interface PreparedReduce extends AutoCloseable {
    /** What was prepared. */
    ReduceSpec spec();

    /**
     * Enqueues one execution; allocation-free. The output is ignored when the route goes elsewhere,
     * and may then be null.
     */
    void launch(
        Stream stream,
        @org.jspecify.annotations.Nullable DeviceMemory output,
        long offset,
        int rowStride);

    @Override
    void close();
  }

  /** An unpacking copy ready to be launched any number of times. */
  interface PreparedUnpack extends AutoCloseable {
    /** Enqueues one execution; allocation-free. */
    void launch(
        Stream stream,
        DeviceMemory packed,
        long packedOffset,
        DeviceMemory output,
        long offset,
        int rowStride);

    @Override
    void close();
  }
}
