package dev.counterpoint;

/**
 * Choices a caller may force; each has an "automatic" value and the plan decides the rest.
 *
 * @param strategy how to overlap; {@link Strategy#AUTO} lets the plan choose
 * @param chunks into how many pieces each rank's share is cut for sending; 0 is automatic
 * @param tileRows rows of an output tile; 0 is automatic
 * @param tileCols columns of an output tile; 0 is automatic
 * @param reservedUnits compute units (multiprocessors) that the GEMM leaves free for communication
 *     kernels running beside it; −1 is automatic
 */
public record Tuning(Strategy strategy, int chunks, int tileRows, int tileCols, int reservedUnits) {
  /** Everything automatic. */
  public static final Tuning AUTOMATIC = new Tuning(Strategy.AUTO, 0, 0, 0, -1);

  /** Checks the ranges. */
  public Tuning {
    if (chunks < 0 || chunks > 1024) {
      throw new InvalidArgumentException("chunks", chunks, "be 0 (automatic) to 1024");
    }
    if (tileRows < 0) {
      throw new InvalidArgumentException("tileRows", tileRows, "not be negative");
    }
    if (tileCols < 0) {
      throw new InvalidArgumentException("tileCols", tileCols, "not be negative");
    }
    if (reservedUnits < -1) {
      throw new InvalidArgumentException(
          "reservedUnits", reservedUnits, "be -1 (automatic) or more");
    }
  }

  /** The same with another strategy. */
  public Tuning withStrategy(Strategy newStrategy) {
    return new Tuning(newStrategy, chunks, tileRows, tileCols, reservedUnits);
  }

  /** The same with another number of chunks. */
  public Tuning withChunks(int newChunks) {
    return new Tuning(strategy, newChunks, tileRows, tileCols, reservedUnits);
  }

  /** The same with another tile. */
  public Tuning withTile(int rows, int cols) {
    return new Tuning(strategy, chunks, rows, cols, reservedUnits);
  }
}
