package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, seventh part: factors of the blocks of A and B. */
@DisplayName("GEMM: scales by block")
class BlockScaleRules {
  private static final Target ONE = new Target(0, 1);
  private static final DType[] INPUTS = {DType.FP8_E4M3, DType.FP8_E5M2};
  private static final DType[] OUTPUTS = {DType.FP32, DType.FP16, DType.BF16};

  private static final int[][] SHAPES = {
    {1, 1, 1},
    {3, 128, 128},
    {17, 129, 127},
    {5, 300, 129},
    {65, 127, 257},
    {33, 260, 640},
    {130, 70, 385}
  };

  /** Ends the test where there are no such factors, whose refusal is tested under CAP-2. */
  private static Rig rig(Kit kit) {
    Rig rig = kit.rig();
    kit.assume(
        rig.has(Capability.BLOCK_SCALES),
        "the backend does not declare BLOCK_SCALES; its refusal is tested under CAP-2");
    return rig;
  }

  private static GemmCase scaled(int rows, int cols, int k) {
    return GemmCase.of(rows, cols, k).types(DType.FP8_E4M3, DType.BF16).blocks();
  }

  @Rule({"GEMM-21", "GEMM-2", "GEMM-3", "GEMM-5", "NUM-1"})
  @ConformanceTest(seconds = 120)
  void productsOfScaledBlocksAreRightInEveryShape(Kit kit) {
    Rig rig = rig(kit);
    int step = kit.rounds(2, 1);
    int pairs = 0;
    for (DType in : INPUTS) {
      for (DType out : OUTPUTS) {
        if (!rig.backend.gemm().supports(in, out)) {
          continue;
        }
        // A smoke run takes every other shape, of the next pair of types the others.
        pairs++;
        for (int which = pairs % step; which < SHAPES.length; which += step) {
          int[] s = SHAPES[which];
          for (WeightLayout layout : WeightLayout.values()) {
            GemmCase shape = GemmCase.of(s[0], s[1], s[2]).types(in, out).layout(layout).blocks();
            GemmRules.runAndCheck(kit, rig, shape);
            GemmRules.runAndCheck(kit, rig, shape.reals());
          }
          GemmRules.runAndCheck(
              kit, rig, GemmCase.of(s[0], s[1], s[2]).types(in, out).padded(3, 1).reals().blocks());
        }
      }
    }
  }

  @Rule({"GEMM-21", "GEMM-1"})
  @ConformanceTest
  void theRestOfTheEpilogueIsAppliedToTheScaledSum(Kit kit) {
    Rig rig = rig(kit);
    for (int which = 0; which < 4; which++) {
      boolean more = rig.has(Capability.EPILOGUE_SCALES);
      GemmCase shape =
          scaled(33, 150, 300)
              .shards(3)
              .factors(-1.5f, 0.75f)
              .bias()
              .window(7, 11)
              .scales(more && (which & 1) != 0, more && (which & 2) != 0)
              .reals();
      GemmRules.runAndCheck(kit, rig, shape);
    }
  }

  @Rule({"GEMM-21", "GEMM-2"})
  @ConformanceTest
  void emptyScaledProductsAndShardsWork(Kit kit) {
    Rig rig = rig(kit);
    GemmRules.runAndCheck(kit, rig, scaled(0, 5, 5));
    GemmRules.runAndCheck(kit, rig, scaled(5, 0, 5));
    GemmRules.runAndCheck(kit, rig, scaled(5, 7, 0));
    GemmRules.runAndCheck(kit, rig, scaled(3, 7, 200).shards(8));
    GemmRules.runAndCheck(kit, rig, scaled(9, 140, 200).shards(8).tile(8, 8));
  }

  @Rule({"GEMM-21", "GEMM-2"})
  @ConformanceTest
  void scaledProductsOfRandomShapesAreRight(Kit kit) {
    Rig rig = rig(kit);
    Property.of(
            kit, "rows", 1, 90, "columns", 1, 300, "k", 1, 420, "shards", 1, 5, "padding", 0, 5,
            "tile", 0, 40, "choices", 0, 7)
        .check(
            kit.rounds(40, 400),
            (v, random) -> {
              GemmCase shape =
                  GemmCase.of(v[0], v[1], v[2])
                      .shards(v[3])
                      .types(INPUTS[v[6] & 1], DType.BF16)
                      .padded(v[4], v[4] % 3)
                      .tile(v[5], v[5])
                      .blocks();
              shape.layout((v[6] & 2) == 0 ? WeightLayout.NK : WeightLayout.KN);
              GemmRules.runAndCheck(kit, rig, (v[6] & 4) == 0 ? shape : shape.reals());
            });
  }

  @Rule({"GEMM-21", "GEMM-19", "NUM-1"})
  @ConformanceTest
  void longScaledSumsStayWithinTheBoundAndAreRepeatable(Kit kit) {
    // Few tiles and much of K, which backends like to divide among several workers.
    Rig rig = rig(kit);
    for (DType in : INPUTS) {
      GemmCase shape = GemmCase.of(9, 135, kit.rounds(3_000, 20_001)).types(in, DType.BF16);
      GemmBench bench = shape.reals().blocks().on(kit, rig, 0);
      kit.at("%s", bench.shape);
      PreparedGemm gemm = bench.prepare();
      bench.run(gemm);
      bench.check("long sums of scaled blocks");
      byte[] first = bench.output();
      for (int launch = 0; launch < 4; launch++) {
        bench.clear();
        bench.run(gemm);
        Check.bytes("the same launched again", first, bench.output());
      }
    }
  }

  @Rule({"GEMM-8", "GEMM-21"})
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void noFactorOfARowIsReadBeforeItsWordsHaveArrived(Kit kit) {
    Rig rig = rig(kit);
    Signals signals = rig.backend.signals();
    for (int round = 0; round < kit.rounds(5, 30); round++) {
      // From round to round rows and factors come together, or either of them last.
      GemmBench bench = scaled(61, 24, 300).shards(3).tile(8, 8).on(kit, rig, 0);
      Tiling tiling = bench.tiling;
      SignalArray words = rig.words(tiling.tileRowCount());
      PreparedGemm gemm =
          bench.prepare(
              TileOrder.NATURAL,
              new TileGate.Words(
                  words,
                  Tables.counting(tiling.tileRowCount()),
                  Tables.filled(tiling.tileRowCount(), 1),
                  ONE),
              TileRoute.LOCAL,
              TilePost.NONE,
              rig.epoch(0));
      DeviceMemory factors = Objects.requireNonNull(bench.deviceAFactors);
      int factorPitch = Objects.requireNonNull(bench.aFactors).stride * 4;
      byte[] a = rig.read(bench.deviceA);
      byte[] f = rig.read(factors);
      rig.set(bench.deviceA, 0xFF); // NaN until the words say otherwise
      rig.set(factors, 0xFF);
      if (round % 3 == 1) {
        rig.write(bench.deviceA, 0, a);
      }
      Stream stream = rig.stream(0);
      gemm.launch(stream, bench.arguments());
      for (int row : GemmBench.shuffled(tiling.tileRowCount(), kit.random())) {
        Threads.pause(2);
        copyRows(rig, tiling, row, bench.deviceA, a, bench.a.stride);
        copyRows(rig, tiling, row, factors, f, factorPitch);
        signals.addFromHost(words, 0, row, 1);
      }
      stream.synchronize(Rig.DEADLINE);
      bench.check("factors that arrive one by one");
    }
  }

  private static void copyRows(
      Rig rig, Tiling tiling, int tileRow, DeviceMemory to, byte[] from, int pitch) {
    int start = tiling.firstRowOf(tileRow) * pitch;
    int end = Math.min(from.length, start + tiling.rowsOf(tileRow) * pitch);
    if (start < end) {
      rig.write(to, start, Arrays.copyOfRange(from, start, end));
    }
  }

  @Rule({"GEMM-11", "GEMM-20", "GEMM-21"})
  @ConformanceTest
  void packedTilesOfScaledProductsAreThoseOfTheLocalRoute(Kit kit) {
    Rig rig = rig(kit);
    GemmBench bench = scaled(45, 270, 260).shards(3).tile(16, 16).reals().on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    bench.run(bench.prepare());
    byte[] local = bench.output();
    int[] slots = bench.shuffledTiles(kit.random());
    bench.clear();
    bench.run(
        bench.prepare(
            TileOrder.NATURAL, TileGate.NONE, new TileRoute.Packed(slots), TilePost.NONE, null));
    bench.checkPacked("packed", slots);
    byte[] packed = bench.output();
    int start = (int) bench.outputOffset();
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      for (int row = 0; row < tiling.rows(tile); row++) {
        int bytes = 2 * tiling.cols(tile);
        int from = start + 2 * ((tiling.row(tile) + row) * bench.stride() + tiling.col(tile));
        int to = start + 2 * (slots[tile] * tiling.tileRows() + row) * tiling.tileCols();
        Check.bytes(
            "tile " + tile + ", row " + row,
            Arrays.copyOfRange(local, from, from + bytes),
            Arrays.copyOfRange(packed, to, to + bytes));
      }
    }
  }

  @Rule({"GEMM-10", "GEMM-12", "GEMM-21"})
  @ConformanceTest(value = Worlds.MOST, chaos = true)
  void scaledTilesAreRoutedToTheirOwners(Kit kit) {
    Rig rig = rig(kit);
    kit.assume(rig.has(Capability.PEER_ACCESS), "tiles are not stored at peers here");
    int n = rig.ranks;
    GemmBench bench = scaled(13 * n, 131, 200).shards(n).tile(8, 8).on(kit, rig, 0);
    SymmetricBuffer staging = rig.symmetric(13 * 131 * 2);
    SignalArray words = rig.words(1);
    bench.run(
        bench.prepare(
            TileOrder.NATURAL,
            TileGate.NONE,
            new TileRoute.Owners(staging, 0, 131, null),
            new TilePost.Counters(words, new int[bench.tiling.tiles()], TilePost.At.OWNER),
            null));
    bench.checkUntouched("routed to owners");
    for (int shard = 0; shard < n; shard++) {
      Matrix part =
          Matrix.parse(
              DType.BF16,
              bench.tiling.partition().rows(shard),
              131,
              131,
              rig.read(staging.at(shard)),
              0);
      bench.expected.check(
          "shard " + shard + " at its owner", part, bench.tiling.partition().start(shard));
      Check.equal(
          "posts at rank " + shard,
          (long) bench.tilesWithElements(shard),
          rig.backend.signals().read(words, shard, 0));
    }
  }

  @Rule({"NUM-4", "GEMM-21"})
  @ConformanceTest
  void aFactorThatIsNotANumberReachesExactlyWhatDependsOnIt(Kit kit) {
    Rig rig = rig(kit);
    GemmBench bench = scaled(70, 290, 300).tile(16, 16).on(kit, rig, 0);
    Matrix rows = Objects.requireNonNull(bench.aFactors);
    Matrix cols = Objects.requireNonNull(bench.bFactors);
    int row = kit.random().nextInt(70);
    rows.put(row, 2, Double.NaN);
    cols.put(1, 0, Double.NaN);
    rig.write(Objects.requireNonNull(bench.deviceAFactors), 0, rows.layout());
    rig.write(Objects.requireNonNull(bench.deviceBFactors), 0, cols.layout());
    bench.run(bench.prepare());
    Matrix seen =
        Matrix.parse(DType.BF16, 70, 290, 290, bench.output(), (int) bench.outputOffset());
    for (int i = 0; i < 70; i++) {
      for (int j = 0; j < 290; j++) {
        Check.that(
            Double.isNaN(seen.at(i, j)) == (i == row || j / Scaling.BLOCK == 1),
            "NaN in factors of row %d and of columns 128 to 255: element [%d, %d] is %s",
            row,
            i,
            j,
            seen.at(i, j));
      }
    }
  }

  @Rule({"GEMM-22", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void factorsThatDoNotFitAreRefusedByName(Kit kit) {
    Rig rig = rig(kit);
    GemmBench floats = GemmCase.of(8, 8, 8).blocks().on(kit, rig, 0);
    Check.refusesNaming("blocks of FP32", "scaling|FP8", floats::prepare);
    GemmBench bench = scaled(16, 130, 140).on(kit, rig, 0);
    if (rig.has(Capability.VENDOR_GEMM)) {
      GemmSpec spec = bench.spec();
      GemmSpec vendor =
          GemmSpec.plain(
                  "vendor",
                  0,
                  spec.tiling(),
                  spec.k(),
                  spec.inputType(),
                  spec.outputType(),
                  spec.weightLayout(),
                  GemmEngine.VENDOR,
                  spec.epilogue())
              .withScaling(Scaling.BLOCKS);
      Check.refusesNaming("blocks by the vendor", "engine", () -> rig.prepare(vendor));
    }
    PreparedGemm gemm = bench.prepare();
    DeviceMemory f = bench.deviceAFactors;
    DeviceMemory g = bench.deviceBFactors;
    DeviceMemory elsewhere = rig.memory(1, 1 << 12);
    refuses(gemm, rig, "no factors of A", "aScales", bench.arguments().aScales(null, 0, 2));
    refuses(gemm, rig, "no factors of B", "bScales", bench.arguments().bScales(null, 0, 2));
    refuses(gemm, rig, "factors too few", "aScales", bench.arguments().aScales(f, 4, 2));
    refuses(gemm, rig, "factors too few", "bScales", bench.arguments().bScales(g, 4, 2));
    refuses(gemm, rig, "a low stride", "aScales", bench.arguments().aScales(f, 0, 1));
    refuses(gemm, rig, "a low stride", "bScales", bench.arguments().bScales(g, 0, 1));
    refuses(gemm, rig, "another rank", "aScales|rank", bench.arguments().aScales(elsewhere, 0, 2));
    refuses(gemm, rig, "another rank", "bScales|rank", bench.arguments().bScales(elsewhere, 0, 2));
    bench.checkUntouched("after refused launches");
    bench.run(gemm);
    bench.check("after refused launches");
  }

  private static void refuses(
      PreparedGemm gemm, Rig rig, String what, String naming, GemmArguments arguments) {
    Stream stream = rig.stream(0);
    Check.refusesNaming(what, naming, () -> gemm.launch(stream, arguments));
  }
}
