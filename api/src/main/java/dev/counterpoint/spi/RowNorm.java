package dev.counterpoint.spi;

/**
 * Normalises rows, and reads them through the map of a packed matrix if need be: so that tiles that
 * a {@link TileRoute.Packed} route has laid out for a collective need no copy back into order.
 * After FlashOverlap (EuroSys '26).
 */
public interface RowNorm {
  /** Makes a normalisation ready; see {@link NormSpec}. */
  PreparedNorm prepare(NormSpec spec);

  /** A normalisation ready to be launched any number of times. */
  interface PreparedNorm extends AutoCloseable {
    /** What was prepared. */
    NormSpec spec();

    /** Enqueues one execution; reads its arguments before it returns; allocation-free. */
    void launch(Stream stream, NormArguments arguments);

    @Override
    void close();
  }
}
