package dev.counterpoint.core.strategy;

import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Tuning;

/** Into how many pieces work is cut when the caller does not say. */
final class Chunking {
  /**
   * Below about this size a transfer no longer reaches the link's rate. Between H200s a copy costs
   * some 7 µs besides its bytes: 4 MiB go at 230 GB/s, 16 MiB at 320.
   */
  private static final long GOOD_TRANSFER = 4L << 20;

  private static final long GOOD_TRANSFER_OF_WIDE_DEVICE = 16L << 20;

  private static final int MOST_CHUNKS = 4;
  private static final int MOST_GROUPS = 8;
  private static final int MOST_STRIPES = 8;

  /**
   * One unit of so many, and no fewer than two, is left to a library collective that must run
   * beside a GEMM that would otherwise fill the device: NCCL needs some sixteen blocks to fill its
   * links.
   */
  private static final int UNITS_PER_LIBRARY_UNIT = 8;

  private static final int LEAST_LIBRARY_UNITS = 2;

  private static final int BLOCKS_OF_WIDE_DEVICE = 3;
  private static final int STRIPES_OF_WIDE_DEVICE = 2;

  private Chunking() {}

  /**
   * Chunks of a shard's rows or of columns: the caller's number or the given one, but never more
   * than there are items.
   */
  static int pieces(OperatorSpec spec, int items, int automatic) {
    return pieces(spec.tuning(), items, automatic);
  }

  private static int pieces(Tuning tuning, int items, int automatic) {
    int wanted = tuning.chunks() == 0 ? automatic : tuning.chunks();
    return Math.max(1, Math.min(wanted, items));
  }

  /** As many chunks as keep each transfer efficient. */
  static int byBytes(PlanContext context, long shardBytes) {
    return byBytes(isWide(context), shardBytes);
  }

  static int byBytes(boolean wide, long shardBytes) {
    long good = wide ? GOOD_TRANSFER_OF_WIDE_DEVICE : GOOD_TRANSFER;
    return (int) Math.max(1, Math.min(MOST_CHUNKS, shardBytes / good));
  }

  /** The same, but so many at least that owners can begin before everything has been computed. */
  static int atLeast(PlanContext context, int chunks, long shardBytes) {
    return Math.max(chunks, byBytes(context, shardBytes));
  }

  /** Groups of {@code items} pieces of work whose completion is signaled together. */
  static int groups(OperatorSpec spec, int items) {
    return pieces(spec, items, MOST_GROUPS);
  }

  static int reservedUnits(PlanContext context) {
    int wanted = context.spec().tuning().reservedUnits();
    if (wanted >= 0) {
      return wanted;
    }
    return Math.max(LEAST_LIBRARY_UNITS, units(context) / UNITS_PER_LIBRARY_UNIT);
  }

  /**
   * No more chunks of rows than leave each of them enough for a device of many units: GEMMs of few
   * rows leave most of their last round of tiles empty, eight of them on an H200 take 1.4 times as
   * long as one.
   */
  static int thatFillDevice(PlanContext context, int rows, int chunks) {
    return isWide(context) ? Math.max(1, Math.min(chunks, rows / WideDevices.ROWS)) : chunks;
  }

  /** Whether so many rows give a device of many units enough to do; false on others. */
  static boolean fillsDevice(PlanContext context, int rows) {
    return WideDevices.areFilledBy(units(context), rows);
  }

  /**
   * Stripes of a product's rows. Each of them is one GEMM and a copy to each rank and back: on a
   * device of many units there are two, as far as both fill it.
   */
  static int stripes(PlanContext context, int rows) {
    int stripes = isWide(context) ? STRIPES_OF_WIDE_DEVICE : MOST_STRIPES;
    return thatFillDevice(context, rows, stripes);
  }

  /** The same where a routed GEMM computes them one after the other, of so many units of rows. */
  static int routedStripes(Tuning tuning, int units) {
    return pieces(tuning, units, MOST_STRIPES);
  }

  static boolean isWide(PlanContext context) {
    return WideDevices.areThoseOf(context.backend());
  }

  private static int units(PlanContext context) {
    int rank = context.backend().localRanks().get(0);
    return context.backend().device(rank).info().computeUnits();
  }

  /**
   * Blocks of a shard that a routed GEMM signals and its owner takes on its own. What a wide device
   * has not reduced or copied when its GEMM ends takes it less time than to launch so many steps.
   */
  static int routedBlocks(PlanContext context, int tileRows) {
    return pieces(context.spec(), tileRows, isWide(context) ? BLOCKS_OF_WIDE_DEVICE : MOST_GROUPS);
  }
}
