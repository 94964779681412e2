package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The reorder map of the signaled strategy, after FlashOverlap: the tiles of a GEMM divided into
 * groups that finish one after the other, and a place for each tile such that every group is
 * contiguous and, within a group, the tiles of each shard are. A library collective can then work
 * on a group as soon as its counter is full. The map is plain data.
 *
 * <p>Every shard has the same tiles (short shards have empty ones), numbered q = 0, 1, … within the
 * shard; group g takes the tiles {@code start(g) ≤ q < start(g+1)} of every shard, and lays them
 * out by shard, then by q.
 */
public final class PackedGroups {
  private final int shards;
  private final int tilesPerShard;

  /** By group, and one more: the first tile within a shard. */
  private final int[] starts;

  PackedGroups(int shards, int tilesPerShard, List<Integer> sizes) {
    this.shards = shards;
    this.tilesPerShard = tilesPerShard;
    starts = starts(tilesPerShard, sizes.subList(0, Math.min(sizes.size(), tilesPerShard)));
  }

  /**
   * Relative sizes of so many groups. The first and the last are half as large as the others:
   * nothing is sent before the first is finished, and nothing is computed while the last is sent.
   */
  static List<Integer> tapered(int groups) {
    return IntStream.range(0, groups)
        .mapToObj(group -> groups < 3 || group == 0 || group == groups - 1 ? 1 : 2)
        .toList();
  }

  private static int[] starts(int tiles, List<Integer> sizes) {
    int groups = sizes.size();
    int[] starts = new int[groups + 1];
    long whole = sizes.stream().mapToLong(Integer::intValue).sum();
    long before = 0;
    for (int group = 1; group <= groups; group++) {
      before += sizes.get(group - 1);
      int even = (int) (tiles * before / whole);
      starts[group] = Math.max(starts[group - 1] + 1, Math.min(even, tiles - (groups - group)));
    }
    return starts;
  }

  /**
   * The map of a GEMM's tiles.
   *
   * @param sizes relative sizes of the groups; empty for so many of the usual sizes as are wanted.
   *     Where there are fewer tiles, the last groups are left out
   */
  public static PackedGroups of(Tiling tiling, List<Integer> sizes, int wantedGroups) {
    return new PackedGroups(
        tiling.partition().shards(),
        tiling.tileRowsPerShard() * tiling.tileColCount(),
        sizes.isEmpty() ? tapered(wantedGroups) : sizes);
  }

  /** Number of groups. */
  public int groups() {
    return starts.length - 1;
  }

  /**
   * First tile number, within a shard, of a group; the number of tiles of a shard for the group
   * after the last.
   */
  int start(int group) {
    return starts[group];
  }

  /** Tiles of one shard in a group. */
  public int tilesOfShard(int group) {
    return start(group + 1) - start(group);
  }

  /** First block of a group in the packed matrix. */
  long firstSlot(int group) {
    return (long) shards * start(group);
  }

  /** The group of a tile, given its number within its shard. */
  int groupOf(int tileInShard) {
    int found = Arrays.binarySearch(starts, tileInShard);
    return found >= 0 ? found : -found - 2;
  }

  /** The block of a tile in the packed matrix. */
  int slot(int shard, int tileInShard) {
    int group = groupOf(tileInShard);
    return shards * start(group) + shard * tilesOfShard(group) + (tileInShard - start(group));
  }

  /** By tile id: its block. */
  int[] slots() {
    int[] slots = new int[shards * tilesPerShard];
    for (int tile = 0; tile < slots.length; tile++) {
      slots[tile] = slot(tile / tilesPerShard, tile % tilesPerShard);
    }
    return slots;
  }

  /** The order in which tiles are computed: by block, so that groups finish one after the other. */
  int[] order() {
    int[] order = new int[shards * tilesPerShard];
    int[] slots = slots();
    for (int tile = 0; tile < slots.length; tile++) {
      order[slots[tile]] = tile;
    }
    return order;
  }

  /** By tile id: its group, which is also its counter. */
  int[] words() {
    int[] words = new int[shards * tilesPerShard];
    for (int tile = 0; tile < words.length; tile++) {
      words[tile] = groupOf(tile % tilesPerShard);
    }
    return words;
  }

  /** Tiles of a group that have elements: how much its counter grows with each launch. */
  public long posted(Tiling tiling, int group) {
    long count = 0;
    for (int shard = 0; shard < shards; shard++) {
      for (int q = start(group); q < start(group + 1); q++) {
        if (!tiling.isEmpty(shard * tilesPerShard + q)) {
          count++;
        }
      }
    }
    return count;
  }
}
