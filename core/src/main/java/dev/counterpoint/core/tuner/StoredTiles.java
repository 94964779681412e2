package dev.counterpoint.core.tuner;

import java.util.ArrayList;
import java.util.List;

/**
 * Tiles that units compute and then store, those of other owners over a link that all stores share;
 * a unit takes its next tile when its last one is stored. Tiles that began together are played
 * together.
 */
final class StoredTiles {
  /** Tiles of one block that are computed, or stored, together. */
  private static final class Group {
    final int block;
    final long elsewhere;
    final long here;

    /** When they are computed; then bytes of each that are still to be stored. */
    double left;

    Group(int block, long elsewhere, long here, double left) {
      this.block = block;
      this.elsewhere = elsewhere;
      this.here = here;
      this.left = left;
    }
  }

  /**
   * Tiles of one block, in their order: those of others first, or mixed.
   *
   * @param elsewhere tiles of other owners
   * @param here own tiles
   */
  record Block(long elsewhere, long here) {
    long tiles() {
      return elsewhere + here;
    }
  }

  private static final double NEARLY = 1e-9;

  private final List<Block> blocks;
  private final boolean mixed;
  private final double tile;
  private final double bytes;
  private final double perByte;
  private final List<Group> computing = new ArrayList<>();
  private final List<Group> storing = new ArrayList<>();
  private final long[] begun;
  private final long[] ended;
  private final double[] ends;
  private double now;
  private long free;
  private int next;

  /**
   * Prepares a run.
   *
   * @param workers units
   * @param tile microseconds to compute one
   * @param bytes of one that belongs elsewhere
   * @param perByte microseconds of the link for each
   */
  StoredTiles(
      List<Block> blocks, boolean mixed, int workers, double tile, double bytes, double perByte) {
    this.blocks = blocks;
    this.mixed = mixed;
    this.tile = tile;
    this.bytes = bytes;
    this.perByte = perByte;
    free = workers;
    begun = new long[blocks.size()];
    ended = new long[blocks.size()];
    ends = new double[blocks.size()];
  }

  /** When all tiles of each block are stored, in microseconds from the first tile's beginning. */
  double[] run() {
    begin();
    while (!computing.isEmpty() || !storing.isEmpty()) {
      long stores = storing.stream().mapToLong(group -> group.elsewhere).sum();
      double step = Double.POSITIVE_INFINITY;
      for (Group group : computing) {
        step = Math.min(step, group.left - now);
      }
      for (Group group : storing) {
        step = Math.min(step, group.left * perByte * stores);
      }
      now += Math.max(0, step);
      store(stores > 0 ? step / perByte / stores : 0);
      compute();
      begin();
    }
    return ends;
  }

  private void store(double each) {
    for (int i = storing.size() - 1; i >= 0; i--) {
      Group group = storing.get(i);
      group.left -= each;
      if (group.left <= NEARLY * bytes) {
        storing.remove(i);
        end(group.block, group.elsewhere);
      }
    }
  }

  private void compute() {
    for (int i = computing.size() - 1; i >= 0; i--) {
      Group group = computing.get(i);
      if (group.left > now * (1 + NEARLY)) {
        continue;
      }
      computing.remove(i);
      end(group.block, group.here);
      if (group.elsewhere == 0) {
        continue;
      }
      if (bytes * perByte > 0) {
        storing.add(new Group(group.block, group.elsewhere, 0, bytes));
      } else {
        end(group.block, group.elsewhere);
      }
    }
  }

  private void end(int block, long tiles) {
    free += tiles;
    ended[block] += tiles;
    if (ended[block] == blocks.get(block).tiles()) {
      ends[block] = now;
    }
  }

  /** Free units take the next tiles. */
  private void begin() {
    while (free > 0 && next < blocks.size()) {
      Block block = blocks.get(next);
      long count = Math.min(free, block.tiles() - begun[next]);
      if (count == 0) {
        next++;
        continue;
      }
      long before = elsewhere(block, begun[next]);
      begun[next] += count;
      long others = elsewhere(block, begun[next]) - before;
      computing.add(new Group(next, others, count - others, now + tile));
      free -= count;
    }
  }

  /** How many of a block's first tiles belong to others. */
  private long elsewhere(Block block, long first) {
    return mixed
        ? Math.round((double) first * block.elsewhere() / block.tiles())
        : Math.min(first, block.elsewhere());
  }
}
