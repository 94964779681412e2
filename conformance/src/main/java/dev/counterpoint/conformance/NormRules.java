package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Norm;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Tiling;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Chapter 16: normalised rows. */
@DisplayName("Normalisation")
class NormRules {
  private static final float EPS = 0x1p-10f;

  /** With the given bits: layer norm, bias, residual, sum. */
  private static Norm norm(int bits) {
    Norm norm = (bits & 1) == 0 ? Norm.rms(EPS) : Norm.layer(EPS);
    norm = (bits & 2) == 0 ? norm : norm.withBias();
    norm = (bits & 4) == 0 ? norm : norm.withResidual();
    return (bits & 8) == 0 ? norm : norm.withSum();
  }

  private static void runAndCheck(Norms norms, String what) {
    Stream stream = norms.rig.stream(0);
    norms.launch(norms.prepare(norms.inPlace()), stream, norms.arguments());
    norms.check(what);
  }

  @Rule({"NORM-1", "NORM-2", "NORM-4", "NORM-5"})
  @ConformanceTest
  void rowsOfAwkwardShapesAreNormalised(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : NormReference.types()) {
      Property.of(
              kit, "rows", 0, 12, "columns", 1, 70, "padding", 0, 9, "aligned", 0, 1, "norm", 0, 15)
          .check(
              kit.rounds(25, 200),
              (v, random) -> {
                Norm norm = norm(v[4]);
                kit.at("%s of %s", norm, type);
                runAndCheck(
                    new Norms(rig, norm, type, v[0], v[1], v[2], v[3] == 1, random),
                    "normalised rows");
              });
    }
  }

  @Rule({"NORM-1", "NORM-5"})
  @ConformanceTest
  void longRowsAreNormalised(Kit kit) {
    Rig rig = kit.rig();
    for (int cols : kit.full() ? new int[] {2048, 4099, 16384} : new int[] {2048, 4099}) {
      for (DType type : NormReference.types()) {
        for (int bits : new int[] {0, 15}) {
          kit.at("%d columns of %s, %s", cols, type, norm(bits));
          runAndCheck(
              new Norms(rig, norm(bits), type, 3, cols, 8, true, kit.random()), "long rows");
        }
      }
    }
  }

  @Rule({"NORM-3", "GEMM-11"})
  @ConformanceTest
  void packedTilesGiveBitwiseWhatRowsInPlaceGive(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : NormReference.types()) {
      Property.of(
              kit, "rows", 0, 40, "columns", 1, 40, "shards", 1, 5, "padding", 0, 5, "tile", 1, 4,
              "norm", 0, 15)
          .check(
              kit.rounds(12, 120),
              (v, random) -> {
                kit.at("%s of %s", norm(v[5]), type);
                int tile = 8 * v[4];
                GemmCase shape = GemmCase.of(v[0], v[1], 1).shards(v[2]).tile(tile, tile);
                Tiling tiling = shape.on(kit, rig, 0).tiling;
                Norms norms =
                    new Norms(
                        rig, norm(v[5]), type, v[0], v[1], v[3], random.nextBoolean(), random);
                comparePacked(norms, tiling, random);
              });
    }
  }

  private static void comparePacked(Norms norms, Tiling tiling, Random random) {
    Rig rig = norms.rig;
    Stream stream = rig.stream(0);
    norms.launch(norms.prepare(norms.inPlace()), stream, norms.arguments());
    byte[] output = rig.read(norms.outputMemory);
    byte[] sum = rig.read(norms.sumMemory);
    norms.clear();
    int[] slots = GemmBench.shuffled(tiling.tiles(), random);
    DeviceMemory packed = norms.packedInput(tiling, slots);
    norms.launch(
        norms.prepare(norms.packed(tiling, slots)),
        stream,
        norms.arguments().input(packed, 0, tiling.tileCols()));
    Check.bytes("rows of packed tiles", output, rig.read(norms.outputMemory));
    Check.bytes("sums of packed tiles", sum, rig.read(norms.sumMemory));
  }

  @Rule("NORM-6")
  @ConformanceTest
  void outputAndSumMayLieWhereInputAndResidualDo(Kit kit) {
    Rig rig = kit.rig();
    Norm norm = Norm.layer(EPS).withResidual().withSum();
    for (DType type : NormReference.types()) {
      for (int swapped = 0; swapped < 2; swapped++) {
        kit.at("%s, %d", type, swapped);
        Norms norms = new Norms(rig, norm, type, 5, 2100, 3, false, kit.random());
        Stream stream = rig.stream(0);
        RowNorm.PreparedNorm prepared = norms.prepare(norms.inPlace());
        norms.launch(prepared, stream, norms.arguments());
        Matrix output = norms.read("output", norms.outputMemory);
        Matrix sum = norms.read("sum", norms.sumMemory);
        NormArguments a = norms.arguments();
        DeviceMemory one = a.input();
        DeviceMemory other = a.residual();
        if (one == null || other == null) {
          throw new AssertionError("the bench has an input and a residual");
        }
        DeviceMemory outputPlace = swapped == 0 ? one : other;
        DeviceMemory sumPlace = swapped == 0 ? other : one;
        a.output(outputPlace, a.inputOffset(), norms.stride);
        a.sum(sumPlace, a.inputOffset(), norms.stride);
        norms.launch(prepared, stream, a);
        Check.that(
            java.util.Arrays.equals(output.values, norms.read("in place", outputPlace).values),
            "[NORM-6] an output in place of an operand differs");
        Check.that(
            java.util.Arrays.equals(sum.values, norms.read("in place", sumPlace).values),
            "[NORM-6] a sum in place of an operand differs");
      }
    }
  }

  @Rule({"NORM-7", "GRAPH-5", "GRAPH-2"})
  @ConformanceTest
  void everyLaunchAndReplayGivesTheSameBits(Kit kit) {
    Rig rig = kit.rig();
    Norm norm = Norm.rms(EPS).withResidual().withSum();
    Norms norms = new Norms(rig, norm, DType.BF16, 9, 530, 6, true, kit.random());
    RowNorm.PreparedNorm prepared = norms.prepare(norms.inPlace());
    Stream stream = rig.stream(0);
    norms.launch(prepared, stream, norms.arguments());
    byte[] first = rig.read(norms.outputMemory);
    for (int launch = 0; launch < kit.rounds(5, 50); launch++) {
      norms.clear();
      norms.launch(prepared, stream, norms.arguments());
      Check.bytes("launch " + launch, first, rig.read(norms.outputMemory));
    }
    if (!rig.has(Capability.GRAPHS)) {
      return;
    }
    stream.beginCapture();
    NormArguments arguments = norms.arguments();
    prepared.launch(stream, arguments);
    Graph graph = rig.own(stream.endCapture());
    // What was captured is what counts, not what the object says later.
    arguments.output(norms.sumMemory, 0, norms.stride);
    for (int replay = 0; replay < 3; replay++) {
      norms.clear();
      graph.launch(stream);
      stream.synchronize(Rig.DEADLINE);
      Check.bytes("replay " + replay, first, rig.read(norms.outputMemory));
      norms.check("replay " + replay);
    }
  }

  @Rule({"NORM-9", "NUM-4"})
  @ConformanceTest
  void notANumberStaysInItsRow(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : NormReference.types()) {
      for (int bits : new int[] {0, 1}) {
        kit.at("%s of %s", norm(bits), type);
        Norms norms = new Norms(rig, norm(bits), type, 7, 300, 0, true, kit.random());
        norms.input.put(4, 299, Double.NaN);
        rig.write(norms.inputMemory, 0, norms.input.layout());
        runAndCheck(norms, "rows beside one that is not a number");
      }
    }
  }

  @Rule({"NORM-8", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void wrongNormalisationsAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Norms good = new Norms(rig, norm(14), DType.FP32, 9, 16, 0, true, kit.random());
    for (DType type : new DType[] {DType.INT32, DType.INT8, DType.FP8_E4M3}) {
      Check.refusesNaming(
          "rows of " + type,
          "type",
          () -> good.prepare(NormSpec.inPlace("n", 0, 9, 16, type, norm(0))));
    }
    Check.refusesNaming(
        "rows of an absent rank",
        "rank",
        () -> good.prepare(NormSpec.inPlace("n", rig.ranks, 9, 16, DType.FP32, norm(0))));
    Tiling tiling = GemmCase.of(9, 16, 1).tile(8, 8).on(kit, rig, 0).tiling;
    int[] slots = GemmBench.shuffled(tiling.tiles(), kit.random());
    Check.refusesNaming(
        "slots of the wrong length",
        "slots",
        () -> good.prepare(good.packed(tiling, new int[slots.length + 1])));
    int[] missing = slots.clone();
    missing[0] = -1;
    Check.refusesNaming(
        "a tile without a place", "slots", () -> good.prepare(good.packed(tiling, missing)));
    var whole = new Tiling(RowPartition.whole(8), 16, tiling.tileRows(), tiling.tileCols());
    Check.refusesNaming(
        "tiles of another matrix",
        "tiling",
        () ->
            good.prepare(
                new NormSpec(
                    "n", 0, 9, 16, DType.FP32, norm(0), new NormSpec.Packing(whole, slots))));
    refusedOperands(good, rig);
    Check.fails(InvalidArgumentException.class, "an eps of 0", () -> Norm.rms(0));
  }

  private static void refusedOperands(Norms good, Rig rig) {
    Stream stream = rig.stream(0);
    RowNorm.PreparedNorm norm = good.prepare(good.inPlace());
    DeviceMemory small = rig.memory(0, 9 * 16 * 4 - 1);
    DeviceMemory elsewhere = rig.memory(1, 4096);
    DeviceMemory vector = rig.memory(0, 16 * 4 - 1);
    Check.refusesNaming(
        "absent residual",
        "residual",
        () -> norm.launch(stream, good.arguments().residual(null, 0, 16)));
    Check.refusesNaming(
        "absent bias", "bias", () -> norm.launch(stream, good.arguments().bias(null)));
    Check.refusesNaming(
        "absent sum", "sum", () -> norm.launch(stream, good.arguments().sum(null, 0, 16)));
    Check.refusesNaming(
        "input too small",
        "input",
        () -> norm.launch(stream, good.arguments().input(small, 0, 16)));
    Check.refusesNaming(
        "output too small",
        "output",
        () -> norm.launch(stream, good.arguments().output(small, 0, 16)));
    Check.refusesNaming(
        "output on another rank",
        "output",
        () -> norm.launch(stream, good.arguments().output(elsewhere, 0, 16)));
    Check.refusesNaming(
        "overlapping rows",
        "sum",
        () -> norm.launch(stream, good.arguments().sum(good.sumMemory, 0, 15)));
    Check.refusesNaming(
        "weight too small", "weight", () -> norm.launch(stream, good.arguments().weight(vector)));
    stream.synchronize(Rig.DEADLINE);
    Check.all("output of refused launches", Matrix.CANARY, rig.read(good.outputMemory));
  }
}
