package dev.counterpoint;

import dev.counterpoint.spi.Transport;
import java.util.List;

/**
 * Choices a caller may force; each has an "automatic" value and the plan decides the rest.
 *
 * @param strategy how to overlap; {@link Strategy#AUTO} lets the plan choose
 * @param chunks into how many pieces each rank's share (pipelined: the output's columns) is cut for
 *     sending; 0 is automatic
 * @param tileRows rows of an output tile; 0 is automatic
 * @param tileCols columns of an output tile; 0 is automatic
 * @param reservedUnits compute units (multiprocessors) that the GEMM leaves free for communication
 *     kernels running beside it; −1 is automatic
 * @param groups how the signaled strategy divides the tiles of its output: relative sizes of the
 *     groups, in the order in which they are computed, so that 1, 2, 1 makes the middle one half of
 *     all; empty is automatic. Has precedence over {@code chunks} there
 * @param transport what carries pushes between ranks; {@link Transport#AUTO} is automatic
 */
public record Tuning(
    Strategy strategy,
    int chunks,
    int tileRows,
    int tileCols,
    int reservedUnits,
    List<Integer> groups,
    Transport transport) {
  /** Everything automatic. */
  public static final Tuning AUTOMATIC =
      new Tuning(Strategy.AUTO, 0, 0, 0, -1, List.of(), Transport.AUTO);

  private static final int MOST = 1024;

  /** Checks the ranges. */
  public Tuning {
    if (chunks < 0 || chunks > MOST) {
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
    groups = List.copyOf(groups);
    if (groups.size() > MOST || groups.stream().anyMatch(size -> size < 1 || size > MOST)) {
      throw new InvalidArgumentException(
          "groups", groups, "be at most 1024 numbers of 1 to 1024, or none (automatic)");
    }
  }

  /** The same with another strategy. */
  public Tuning withStrategy(Strategy newStrategy) {
    return new Tuning(newStrategy, chunks, tileRows, tileCols, reservedUnits, groups, transport);
  }

  /** The same with another number of chunks. */
  public Tuning withChunks(int newChunks) {
    return new Tuning(strategy, newChunks, tileRows, tileCols, reservedUnits, groups, transport);
  }

  /** The same with another tile. */
  public Tuning withTile(int rows, int cols) {
    return new Tuning(strategy, chunks, rows, cols, reservedUnits, groups, transport);
  }

  /** The same with other units left free. */
  public Tuning withReservedUnits(int newReservedUnits) {
    return new Tuning(strategy, chunks, tileRows, tileCols, newReservedUnits, groups, transport);
  }

  /** The same with other groups. */
  public Tuning withGroups(List<Integer> newGroups) {
    return new Tuning(strategy, chunks, tileRows, tileCols, reservedUnits, newGroups, transport);
  }

  /** The same with another transport. */
  public Tuning withTransport(Transport newTransport) {
    return new Tuning(strategy, chunks, tileRows, tileCols, reservedUnits, groups, newTransport);
  }
}
