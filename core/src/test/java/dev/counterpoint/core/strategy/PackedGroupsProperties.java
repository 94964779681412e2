package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PackedGroupsProperties {
  @Property
  void everyTileHasABlockOfItsOwnAndTheOrderFollowsTheBlocks(
      @ForAll @IntRange(min = 1, max = 9) int shards,
      @ForAll @IntRange(max = 40) int tilesPerShard,
      @ForAll @IntRange(min = 1, max = 50) int wanted) {
    PackedGroups map = new PackedGroups(shards, tilesPerShard, PackedGroups.tapered(wanted));
    int[] slots = map.slots();
    int[] order = map.order();
    assertThat(slots).hasSize(shards * tilesPerShard);
    assertThat(slots).containsExactlyInAnyOrder(IntStream.range(0, slots.length).toArray());
    for (int tile = 0; tile < slots.length; tile++) {
      assertThat(slots[tile]).isEqualTo(map.slot(tile / tilesPerShard, tile % tilesPerShard));
      assertThat(order[slots[tile]]).isEqualTo(tile);
    }
  }

  @Property
  void groupsAreContiguousAndWithinThemShardsAreEqualAndContiguous(
      @ForAll @IntRange(min = 1, max = 9) int shards,
      @ForAll @IntRange(min = 1, max = 40) int tilesPerShard,
      @ForAll @IntRange(min = 1, max = 50) int wanted) {
    PackedGroups map = new PackedGroups(shards, tilesPerShard, PackedGroups.tapered(wanted));
    int[] words = map.words();
    long nextSlot = 0;
    int nextTile = 0;
    for (int group = 0; group < map.groups(); group++) {
      assertThat(map.firstSlot(group)).isEqualTo(nextSlot);
      assertThat(map.start(group)).isEqualTo(nextTile);
      assertThat(map.tilesOfShard(group)).as("no empty group").isPositive();
      for (int shard = 0; shard < shards; shard++) {
        for (int i = 0; i < map.tilesOfShard(group); i++) {
          int tile = map.order()[(int) nextSlot++];
          assertThat(tile).isEqualTo(shard * tilesPerShard + nextTile + i);
          assertThat(words[tile]).isEqualTo(group);
          assertThat(map.groupOf(nextTile + i)).isEqualTo(group);
        }
      }
      nextTile += map.tilesOfShard(group);
    }
    assertThat(nextTile).isEqualTo(tilesPerShard);
    assertThat(nextSlot).isEqualTo((long) shards * tilesPerShard);
  }

  @Property
  void thereAreAsManyGroupsAsWantedOrOnePerTile(
      @ForAll @IntRange(min = 1, max = 40) int tilesPerShard,
      @ForAll @IntRange(min = 1, max = 50) int wanted) {
    PackedGroups map = new PackedGroups(3, tilesPerShard, PackedGroups.tapered(wanted));
    assertThat(map.groups()).isEqualTo(Math.min(wanted, tilesPerShard));
  }

  @Property
  void theFirstAndTheLastGroupAreAboutHalfAsLargeAsTheOthers(
      @ForAll @IntRange(min = 3, max = 9) int groups,
      @ForAll @IntRange(min = 2, max = 20) int size) {
    PackedGroups map = new PackedGroups(2, size * (2 * groups - 2), PackedGroups.tapered(groups));
    assertThat(map.tilesOfShard(0)).isEqualTo(size);
    assertThat(map.tilesOfShard(groups - 1)).isEqualTo(size);
    for (int group = 1; group < groups - 1; group++) {
      assertThat(map.tilesOfShard(group)).isEqualTo(2 * size);
    }
  }

  @Property
  void groupsHaveTheSizesThatAreAskedFor(
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 9) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 12) int unit) {
    int whole = sizes.stream().mapToInt(Integer::intValue).sum();
    PackedGroups map = new PackedGroups(3, unit * whole, sizes);
    assertThat(map.groups()).isEqualTo(sizes.size());
    for (int group = 0; group < sizes.size(); group++) {
      assertThat(map.tilesOfShard(group)).isEqualTo(unit * sizes.get(group));
    }
  }

  @Property
  void whateverIsAskedForNoGroupIsEmptyAndAllTilesAreInOne(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 1024) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 30) int tilesPerShard) {
    PackedGroups map = new PackedGroups(2, tilesPerShard, sizes);
    assertThat(map.groups()).isEqualTo(Math.min(sizes.size(), tilesPerShard));
    int tiles = 0;
    for (int group = 0; group < map.groups(); group++) {
      assertThat(map.tilesOfShard(group)).isPositive();
      tiles += map.tilesOfShard(group);
    }
    assertThat(tiles).isEqualTo(tilesPerShard);
  }

  @Property
  void countersGrowByTheTilesThatHaveElements(
      @ForAll @IntRange(max = 50) int rows,
      @ForAll @IntRange(min = 1, max = 6) int shards,
      @ForAll @IntRange(min = 1, max = 20) int cols,
      @ForAll @IntRange(min = 1, max = 9) int tile,
      @ForAll @IntRange(min = 1, max = 8) int wanted) {
    Tiling tiling = new Tiling(new RowPartition(rows, shards), cols, tile, tile);
    PackedGroups map = PackedGroups.of(tiling, List.of(), wanted);
    int[] words = map.words();
    long[] posted = new long[map.groups()];
    for (int id = 0; id < tiling.tiles(); id++) {
      if (tiling.rows(id) > 0) {
        posted[words[id]]++;
      }
    }
    for (int group = 0; group < map.groups(); group++) {
      assertThat(map.posted(tiling, group)).isEqualTo(posted[group]);
    }
  }

  @Example
  void withoutTilesThereAreNoGroups() {
    PackedGroups map = PackedGroups.of(new Tiling(new RowPartition(0, 3), 8, 4, 4), List.of(), 4);
    assertThat(map.groups()).isZero();
    assertThat(map.slots()).isEmpty();
    assertThat(map.order()).isEmpty();
    assertThat(map.words()).isEmpty();
  }
}
