package dev.counterpoint.core.strategy;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How the rows of a shard are cut into blocks that travel on their own. Every block but the last of
 * a shard is a whole number of units, and all shards are cut alike: a shorter shard has the same
 * blocks as far as it goes.
 *
 * @param unit rows of a unit, ≥ 1
 * @param ends by block: units up to its end in a full shard
 */
public record RowBlocks(int unit, int[] ends) {
  /** GEMMs of a multiple of this many rows leave no part of a tile or register block empty. */
  private static final int GOOD_ROWS = 64;

  /** Blocks of equal size. */
  public static RowBlocks even(int shardRows, int blockRows) {
    int[] ends = new int[(int) Math.max(1, ((long) shardRows + blockRows - 1) / blockRows)];
    for (int block = 0; block < ends.length; block++) {
      ends[block] = block + 1;
    }
    return new RowBlocks(blockRows, ends);
  }

  /** At most so many blocks of equal size, each a multiple of some rows. */
  public static RowBlocks multiples(int shardRows, int blocks, int rows) {
    long units = ((long) shardRows + rows - 1) / rows;
    long each = Math.max(1, (units + blocks - 1) / blocks);
    return even(shardRows, Math.toIntExact(each * rows));
  }

  /**
   * Rows in about so many blocks of equal size, so many of which, one from each shard, are computed
   * together.
   */
  public static RowBlocks equal(int shardRows, int blocks, int together) {
    int goodRows = Math.max(1, GOOD_ROWS / together);
    long rows = Math.max(1, ((long) shardRows + blocks - 1) / blocks);
    long aligned = (rows + goodRows - 1) / goodRows * goodRows;
    return even(shardRows, (int) (aligned < shardRows ? aligned : rows));
  }

  /**
   * Rows in about so many blocks, of which the later ones, from three on, come in two halves: large
   * ones are computed faster, but what the last ones need after they were computed is exposed.
   */
  public static RowBlocks tapered(int shardRows, int blocks) {
    if (blocks < 3 || shardRows < 2 * GOOD_ROWS * blocks) {
      return equal(shardRows, blocks, 1);
    }
    int units = (shardRows + GOOD_ROWS - 1) / GOOD_ROWS;
    int whole = blocks / 2;
    int[] ends = new int[2 * blocks - whole];
    for (int block = 0; block < ends.length; block++) {
      long halves = block < whole ? 2L * (block + 1) : whole + block + 1L;
      ends[block] = (int) ((halves * units + blocks) / (2L * blocks));
    }
    return new RowBlocks(GOOD_ROWS, ends);
  }

  /**
   * Rows in about so many blocks, so many of which, one from each shard, are one stripe of a
   * product. From three on the first and the last ones are smaller, as {@link #stripeSizes} says,
   * but on wide devices, whose few stripes are alike.
   */
  public static RowBlocks striped(int shardRows, int blocks, int together, boolean wide) {
    int unit = Math.max(1, GOOD_ROWS / together);
    if (wide || blocks < 3 || shardRows < 2L * unit * blocks) {
      return equal(shardRows, blocks, together);
    }
    return ofUnits((shardRows + unit - 1) / unit, unit, stripeSizes(blocks));
  }

  /**
   * So many units in blocks of these relative sizes; where there are fewer, the last are left out.
   */
  static RowBlocks ofUnits(int units, int unit, List<Integer> sizes) {
    int blocks = Math.max(1, Math.min(sizes.size(), units));
    long whole = sizes.stream().limit(blocks).mapToLong(Integer::intValue).sum();
    int[] ends = new int[blocks];
    long before = 0;
    for (int block = 0; block < blocks; block++) {
      before += sizes.get(block);
      int wanted = (int) ((units * before + whole / 2) / whole);
      int first = block == 0 ? 0 : ends[block - 1];
      ends[block] = Math.max(first + 1, Math.min(wanted, units - (blocks - 1 - block)));
    }
    return new RowBlocks(unit, ends);
  }

  /**
   * Relative sizes of so many stripes that are summed and spread one after the other. Nothing is
   * sent before the first is computed, and what the last ones need afterwards is exposed, twice the
   * way; the others are as large as that leaves them, because large ones are computed faster.
   */
  static List<Integer> stripeSizes(int stripes) {
    return IntStream.range(0, stripes).mapToObj(stripe -> size(stripe, stripes)).toList();
  }

  private static int size(int stripe, int stripes) {
    if (stripes < 3 || stripe == stripes - 1) {
      return 1;
    }
    return stripe == 0 || stripe == stripes - 2 ? 2 : 3;
  }

  /** Number of blocks. */
  public int count() {
    return ends.length;
  }

  /** First row of a block within its shard. */
  int start(int block) {
    return block == 0 ? 0 : ends[block - 1] * unit;
  }

  /** Rows of a block of a shard that has {@code shardRows} rows; 0 for a block past its end. */
  public int rows(int shardRows, int block) {
    long end = (long) ends[block] * unit;
    return (int) Math.max(0, Math.min(shardRows, end) - start(block));
  }
}
