package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairedOrderTest {
  /** What gates are made of. */
  private static final class Hooks implements AutoCloseable {
    final GpuFixture fixture = new GpuFixture();
    final Epoch epoch = fixture.backend.signals().newEpoch(0);
    final SignalArray words = fixture.backend.signals().allocate("words", 64);

    @Override
    public void close() {
      words.close();
      epoch.close();
      fixture.close();
    }
  }

  private static GemmSpec spec(Tiling tiling) {
    return GemmSpec.plain(
        "g",
        0,
        tiling,
        8,
        DType.BF16,
        DType.BF16,
        WeightLayout.NK,
        GemmEngine.TILE,
        Epilogue.plain(tiling.partition().rows()));
  }

  private static GemmSpec gated(Hooks f, Tiling tiling, TileOrder order, int[] first, int[] count) {
    TileGate gate = new TileGate.Words(f.words, first, count, Target.THIS_LAUNCH);
    return spec(tiling).withHooks(order, gate, TileRoute.LOCAL, TilePost.NONE, f.epoch);
  }

  @Test
  void theNaturalOrderIsTheKernels() {
    Tiling tiling = new Tiling(RowPartition.whole(5 * 16), 2 * 128, 16, 128);
    // Two rows at a time through both columns; tiles count along their row.
    assertThat(PairedOrder.tiles(TileOrder.NATURAL, tiling, 2))
        .containsExactly(0, 2, 1, 3, 4, 6, 5, 7, 8, 9);
    assertThat(PairedOrder.tiles(TileOrder.NATURAL, tiling, 16))
        .containsExactly(0, 2, 4, 6, 8, 1, 3, 5, 7, 9);
  }

  @Test
  void withinAShardTheOrderIsNatural() {
    Tiling tiling = new Tiling(new RowPartition(6 * 16, 2), 2 * 128, 16, 128);
    assertThat(PairedOrder.tiles(new TileOrder.Shards(new int[] {1, 0}), tiling, 2))
        .containsExactly(6, 8, 7, 9, 10, 11, 0, 2, 1, 3, 4, 5);
    int[] table = {3, 1, 2, 0, 4, 5, 6, 7, 8, 9, 11, 10};
    assertThat(PairedOrder.tiles(new TileOrder.Table(table), tiling, 2)).isEqualTo(table);
  }

  @Test
  void whatWaitsAlikeStaysAsItIs() {
    try (Hooks f = new Hooks()) {
      Tiling tiling = new Tiling(new RowPartition(64, 2), 200, 16, 128);
      int[] byShard = {0, 0, 1, 1};
      int[] ones = {1, 1, 1, 1};
      GemmSpec even = gated(f, tiling, TileOrder.NATURAL, byShard, ones);
      assertThat(PairedOrder.of(even, 2, 8)).isNull();
      assertThat(PairedOrder.of(even, 1, 8)).isNull();
      assertThat(PairedOrder.of(spec(tiling), 2, 8)).isNull();
      // Rows that wait for nothing are alike, whatever their first word is.
      GemmSpec own = gated(f, tiling, TileOrder.NATURAL, new int[] {5, 6, 1, 1}, new int[4]);
      assertThat(PairedOrder.of(own, 2, 8)).isNull();
      // An odd tile at the end has nobody beside it anyway.
      Tiling odd = new Tiling(RowPartition.whole(48), 100, 16, 128);
      GemmSpec three = gated(f, odd, TileOrder.NATURAL, new int[3], new int[] {1, 1, 1});
      assertThat(PairedOrder.of(three, 2, 8)).isNull();
    }
  }

  @Test
  void anyOrderKeepsItsOrderAndPairsOnlyWhatWaitsAlike() {
    Random random = new Random(7);
    try (Hooks f = new Hooks()) {
      for (int round = 0; round < 200; round++) {
        Tiling tiling = new Tiling(new RowPartition(1 + random.nextInt(150), 3), 300, 16, 128);
        int rows = tiling.tileRowCount();
        int[] first = random.ints(rows, 0, 2).toArray();
        int[] count = random.ints(rows, 0, 3).toArray();
        List<Integer> shuffled =
            new ArrayList<>(IntStream.range(0, tiling.tiles()).boxed().toList());
        Collections.shuffle(shuffled, random);
        int[] order = shuffled.stream().mapToInt(i -> i).toArray();
        int cluster = 2 + random.nextInt(2);
        GemmSpec spec = gated(f, tiling, new TileOrder.Table(order), first, count);
        int[] positions = PairedOrder.of(spec, cluster, 8);
        int[] all = positions == null ? order : positions;
        assertThat(Arrays.stream(all).filter(t -> t >= 0).toArray()).isEqualTo(order);
        for (int i = 0; i < all.length; i++) {
          int leader = all[i / cluster * cluster];
          int row = tiling.tileRow(all[i] < 0 ? ~all[i] : all[i]);
          assertThat(leader).isNotNegative();
          assertThat(count[row]).isEqualTo(count[tiling.tileRow(leader)]);
          assertThat(count[row] == 0 || first[row] == first[tiling.tileRow(leader)]).isTrue();
        }
        assertThat(positions == null || positions.length % cluster == 0).isTrue();
      }
    }
  }
}
