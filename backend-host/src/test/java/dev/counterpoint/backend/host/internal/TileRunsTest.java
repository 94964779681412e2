package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tiles that are multiplied together: which, and that nothing else changes by it. */
class TileRunsTest {
  private static final int COLS = 128;
  private static final int K = 512;

  /** Rows of a tile. */
  private static final int TILE = 48;

  /** Six tile rows, the last of 7 rows. */
  private static final int ROWS = 247;

  private static GemmSpec spec(Tiling tiling, int k, TileOrder order, TileGate gate, int[] posts) {
    return new GemmSpec(
        "g",
        0,
        tiling,
        k,
        DType.FP32,
        DType.FP32,
        WeightLayout.NK,
        GemmEngine.TILE,
        order,
        gate,
        TileRoute.LOCAL,
        posts == null ? TilePost.NONE : new TilePost.Counters(new Words(), posts, TilePost.At.SELF),
        Epilogue.plain(tiling.partition().rows()),
        null,
        0);
  }

  private record Words() implements SignalArray {
    @Override
    public String name() {
      return "words";
    }

    @Override
    public int words() {
      return 99;
    }

    @Override
    public void close() {}
  }

  private static int[] starts(GemmSpec spec, int workers) {
    int[] order =
        spec.order() instanceof TileOrder.Table table
            ? table.tiles()
            : IntStream.range(0, spec.tiling().tiles()).toArray();
    return TileRuns.starts(spec, spec.tiling(), order, true, workers);
  }

  private static Tiling lowTiles(int rows) {
    return new Tiling(RowPartition.whole(rows), COLS, TILE, COLS);
  }

  @Test
  void whatNobodyWaitsForGoesTogetherUpToSoManyRows() {
    GemmSpec spec = spec(lowTiles(1316), K, TileOrder.NATURAL, TileGate.NONE, null);
    assertThat(starts(spec, 1)).containsExactly(0, 12, 24, 28);
    assertThat(starts(spec, 3)).as("each worker has something").containsExactly(0, 10, 20, 28);
  }

  @Test
  void tilesThatAreCountedOrWaitApartAreComputedApart() {
    int[] posts = {0, 0, 1, 1, 1, -1, -1, 2};
    Tiling tiling = lowTiles(8 * TILE);
    assertThat(starts(spec(tiling, K, TileOrder.NATURAL, TileGate.NONE, posts), 1))
        .containsExactly(0, 2, 5, 7, 8);
    TileGate gate =
        new TileGate.Words(
            new Words(),
            new int[] {3, 5, 5, 5, 6, 7, 7, 7},
            new int[] {0, 0, 1, 1, 1, 1, 2, 2},
            Target.THIS_LAUNCH);
    assertThat(starts(spec(tiling, K, TileOrder.NATURAL, gate, null), 1))
        .containsExactly(0, 2, 4, 5, 6, 8);
  }

  @Test
  void onlyNeighboursGoTogether() {
    TileOrder order = new TileOrder.Table(new int[] {2, 3, 4, 0, 1, 7, 6, 5});
    assertThat(starts(spec(lowTiles(8 * TILE), K, order, TileGate.NONE, null), 1))
        .containsExactly(0, 3, 5, 6, 7, 8);
    Tiling shards = new Tiling(new RowPartition(240, 2), COLS, TILE, COLS);
    assertThat(starts(spec(shards, K, TileOrder.NATURAL, TileGate.NONE, null), 1))
        .as("short tiles end a run")
        .containsExactly(0, 3, 6);
  }

  @ParameterizedTest
  @CsvSource({
    "48, 128, 512, 2, together",
    "48, 64, 512, 6, two columns of tiles",
    "24, 128, 512, 5, no whole blocks of the kernels",
    "48, 128, 170, 3, other kernels for so small products"
  })
  void bitsMustNotDependOnNeighbours(int tileRows, int tileCols, int k, int runs, String why) {
    Tiling tiling = new Tiling(RowPartition.whole(100), COLS, tileRows, tileCols);
    assertThat(starts(spec(tiling, k, TileOrder.NATURAL, TileGate.NONE, null), 1))
        .as(why)
        .hasSize(runs + 1);
  }

  /** Every way of cutting the order gives the bits of tiles that are computed one by one. */
  @ParameterizedTest
  @CsvSource({"FP32, false", "FP32, true", "BF16, false", "BF16, true"})
  void togetherOrApartEveryBitIsTheSame(DType type, boolean addends) {
    try (HostFixture host = HostFixture.open(1, "host.threads", "1")) {
      GemmCase problem = problem(host, type, addends);
      Tiling tiling = problem.tiling(RowPartition.whole(ROWS), TILE, COLS);
      problem.launch(ordered(problem, tiling, tile -> tiling.tiles() - 1 - tile));
      double[] apart = problem.result();
      problem.assertClose(apart);
      problem.launch(ordered(problem, tiling, tile -> tile));
      assertThat(problem.result()).isEqualTo(apart);
      problem.launch(ordered(problem, tiling, tile -> (tile + 2) % tiling.tiles()));
      assertThat(problem.result()).isEqualTo(apart);
    }
  }

  private static GemmSpec ordered(GemmCase problem, Tiling tiling, IntUnaryOperator tileAt) {
    int[] tiles = IntStream.range(0, tiling.tiles()).map(tileAt).toArray();
    GemmSpec plain = problem.spec(tiling, GemmEngine.TILE);
    return new GemmSpec(
        plain.label(),
        0,
        tiling,
        plain.k(),
        plain.inputType(),
        plain.outputType(),
        plain.weightLayout(),
        GemmEngine.TILE,
        new TileOrder.Table(tiles),
        TileGate.NONE,
        TileRoute.LOCAL,
        TilePost.NONE,
        plain.epilogue(),
        null,
        0);
  }

  private static GemmCase problem(HostFixture host, DType type, boolean addends) {
    Epilogue epilogue =
        addends ? new Epilogue(0.5f, -2f, true, false, false, 20, 90) : Epilogue.plain(ROWS);
    return new GemmCase(host, ROWS, COLS, K, type, DType.FP32, WeightLayout.NK, epilogue);
  }

  /** Stripes of which each rank owns a part, with and without a link in between. */
  @ParameterizedTest
  @CsvSource({
    "FP32, false, none",
    "FP32, false, 1GB/s",
    "FP32, true, 1GB/s",
    "BF16, false, none",
    "BF16, true, 1GB/s"
  })
  void runsOverSeveralOwnersArriveTileByTile(DType type, boolean addends, String link) {
    String[] properties =
        link.equals("none")
            ? new String[] {"host.threads", "1"}
            : new String[] {"host.threads", "1", "host.link", link, "host.chaos", "7"};
    try (HostFixture host = HostFixture.open(2, properties)) {
      GemmCase problem = problem(host, type, addends);
      Tiling tiling = problem.tiling(RowPartition.ofHeight(ROWS, TILE), TILE, COLS);
      problem.launch(ordered(problem, tiling, tile -> tile));
      double[] local = problem.result();
      // Two tiles for each rank in the first stripe, one in the second.
      ShardOwners owners =
          new ShardOwners(
              new int[] {0, 0, 1, 1, 0, 1}, new int[] {0, TILE, 0, TILE, 2 * TILE, 2 * TILE});
      int[] posts = {0, 0, 0, 0, 1, 1};
      for (int launch = 0; launch < 3; launch++) {
        assertThat(routed(host, problem, tiling, owners, posts)).isEqualTo(local);
      }
    }
  }

  private static double[] routed(
      HostFixture host, GemmCase problem, Tiling tiling, ShardOwners owners, int[] posts) {
    int stride = COLS + 4;
    SymmetricBuffer staging =
        host.own(host.backend.heap().allocate("staging", 3L * TILE * stride * 4));
    SignalArray stored = host.own(host.backend.signals().allocate("stored", 2));
    SignalArray cleared = host.own(host.backend.signals().allocate("cleared", 2));
    Epoch epoch = host.own(host.backend.signals().newEpoch(0));
    GemmSpec spec =
        problem
            .spec(tiling, GemmEngine.TILE)
            .withHooks(
                new TileOrder.Table(IntStream.range(0, tiling.tiles()).toArray()),
                TileGate.NONE,
                new TileRoute.Owners(
                    staging,
                    0,
                    stride,
                    new TileRoute.Clearance(cleared, owners.ranks(), Target.PREVIOUS_LAUNCH)),
                new TilePost.Counters(stored, posts, TilePost.At.OWNER),
                epoch)
            .withOwners(owners);
    host.backend.signals().advance(host.stream(0), epoch);
    problem.launch(spec);
    assertThat(List.of(0, 1))
        .allSatisfy(
            rank -> {
              assertThat(host.backend.signals().read(stored, rank, 0)).isEqualTo(2);
              assertThat(host.backend.signals().read(stored, rank, 1)).isEqualTo(1);
            });
    double[] result = new double[ROWS * COLS];
    for (int row = 0; row < ROWS; row++) {
      int shard = row / TILE;
      long there = owners.row(shard) + row % TILE;
      double[] values =
          host.read(staging.at(owners.rank(shard)), there * stride * 4, DType.FP32, COLS);
      System.arraycopy(values, 0, result, row * COLS, COLS);
    }
    return result;
  }
}
