package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Stream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, first part: shapes, numbers and epilogue. */
@DisplayName("GEMM: products")
class GemmRules {
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {1, 7, 3},
    {13, 1, 5},
    {17, 19, 23},
    {31, 33, 1},
    {64, 64, 64},
    {65, 63, 67},
    {128, 96, 130},
    {5, 257, 2},
    {130, 3, 61}
  };

  private static final int[][] FEW_SHAPES = {{1, 7, 3}, {17, 19, 23}, {65, 63, 67}};

  private static List<DType[]> types(Rig rig) {
    List<DType[]> types = new ArrayList<>();
    for (DType in : DType.values()) {
      for (DType out : DType.values()) {
        if (rig.backend.gemm().supports(in, out)) {
          types.add(new DType[] {in, out});
        }
      }
    }
    return types;
  }

  private static List<GemmEngine> engines(Rig rig) {
    return rig.has(Capability.VENDOR_GEMM)
        ? List.of(GemmEngine.TILE, GemmEngine.VENDOR)
        : List.of(GemmEngine.TILE);
  }

  static void runAndCheck(Kit kit, Rig rig, GemmCase shape) {
    kit.at("%s by %s", shape, shape.engine);
    GemmBench bench = shape.on(kit, rig, 0);
    bench.run(bench.prepare());
    bench.check("product");
  }

  @Rule({"GEMM-1", "GEMM-2", "GEMM-3", "NUM-1", "NUM-2"})
  @ConformanceTest
  void productsOfAwkwardShapesAreRightInEveryType(Kit kit) {
    Rig rig = kit.rig();
    for (DType[] type : types(rig)) {
      boolean everything = kit.full() || type[0] == DType.FP32;
      for (int[] s : everything ? SHAPES : FEW_SHAPES) {
        for (WeightLayout layout : WeightLayout.values()) {
          runAndCheck(
              kit, rig, GemmCase.of(s[0], s[1], s[2]).types(type[0], type[1]).layout(layout));
          runAndCheck(
              kit,
              rig,
              GemmCase.of(s[0], s[1], s[2])
                  .types(type[0], type[1])
                  .layout(layout)
                  .padded(3, 1)
                  .reals());
        }
      }
    }
  }

  @Rule({"GEMM-1", "GEMM-2", "GEMM-3"})
  @ConformanceTest
  void productsOfRandomShapesAreRight(Kit kit) {
    Rig rig = kit.rig();
    List<DType[]> types = types(rig);
    List<GemmEngine> engines = engines(rig);
    Property.of(
            kit,
            "rows",
            0,
            90,
            "columns",
            0,
            90,
            "k",
            0,
            70,
            "shards",
            1,
            5,
            "padding",
            0,
            5,
            "types",
            0,
            types.size() - 1,
            "choices",
            0,
            127)
        .check(
            kit.rounds(150, 1500),
            (v, random) -> {
              DType[] type = types.get(v[5]);
              int choices = v[6];
              boolean floating = type[0].isFloating();
              GemmCase shape =
                  GemmCase.of(v[0], v[1], v[2])
                      .shards(v[3])
                      .types(type[0], type[1])
                      .padded(v[4], v[4] % 3);
              shape.layout((choices & 1) == 0 ? WeightLayout.NK : WeightLayout.KN);
              shape.engine(engines.get((choices >> 1 & 1) % engines.size()));
              shape.factors(
                  floating && (choices & 4) != 0 ? -1.5f : 1f,
                  (choices & 8) == 0 ? 0f : floating ? 0.75f : 1f);
              if ((choices & 16) != 0) {
                shape.bias();
              }
              if ((choices & 32) != 0) {
                shape.reals();
              }
              if ((choices & 64) != 0) {
                shape.tile(1 + random.nextInt(40), 1 + random.nextInt(40));
              }
              runAndCheck(kit, rig, shape);
            });
  }

  @Rule("GEMM-2")
  @ConformanceTest
  void emptyProductsAndEmptyShardsWork(Kit kit) {
    Rig rig = kit.rig();
    for (GemmEngine engine : engines(rig)) {
      runAndCheck(kit, rig, GemmCase.of(0, 5, 5).engine(engine));
      runAndCheck(kit, rig, GemmCase.of(5, 0, 5).engine(engine));
      runAndCheck(kit, rig, GemmCase.of(5, 7, 0).engine(engine));
      runAndCheck(kit, rig, GemmCase.of(5, 7, 0).engine(engine).factors(2f, -1f).bias());
      runAndCheck(kit, rig, GemmCase.of(3, 7, 4).engine(engine).shards(8));
      runAndCheck(kit, rig, GemmCase.of(9, 7, 4).engine(engine).shards(8));
      runAndCheck(kit, rig, GemmCase.of(0, 0, 0).engine(engine).shards(3));
    }
  }

  @Rule("GEMM-1")
  @ConformanceTest
  void theEpilogueAppliesInItsWindowOnly(Kit kit) {
    Rig rig = kit.rig();
    for (GemmEngine engine : engines(rig)) {
      for (int[] window :
          new int[][] {{0, 33}, {0, 0}, {33, 0}, {0, 1}, {32, 1}, {7, 11}, {16, 17}}) {
        for (int which = 0; which < 4; which++) {
          GemmCase shape =
              GemmCase.of(33, 21, 8)
                  .shards(3)
                  .engine(engine)
                  .window(window[0], window[1])
                  .padded(which, 0);
          shape.factors((which & 1) == 0 ? 1f : -2f, (which & 1) == 0 ? 0f : 3f);
          runAndCheck(kit, rig, (which & 2) == 0 ? shape : shape.bias());
        }
      }
    }
  }

  @Rule({"GEMM-1", "CAP-2"})
  @ConformanceTest
  void scalesMultiplyTheProductButNotTheAddends(Kit kit) {
    Rig rig = kit.rig();
    for (int which = 1; which <= 3; which++) {
      GemmCase shape =
          GemmCase.of(21, 18, 9).factors(2f, -1f).bias().scales((which & 1) != 0, (which & 2) != 0);
      if (!kit.refused(
          Capability.EPILOGUE_SCALES, rig.backend, () -> shape.on(kit, rig, 0).prepare())) {
        runAndCheck(kit, rig, shape);
        runAndCheck(kit, rig, shape.reals());
      }
    }
  }

  @Rule({"GEMM-4", "NUM-4"})
  @ConformanceTest
  void theOldOutputIsNotReadWhenBetaIsZero(Kit kit) {
    Rig rig = kit.rig();
    for (GemmEngine engine : engines(rig)) {
      GemmBench bench = GemmCase.of(18, 19, 20).engine(engine).on(kit, rig, 0);
      PreparedGemm gemm = bench.prepare();
      rig.set(bench.deviceD, 0xFF); // NaN in every floating type
      Stream stream = rig.stream(0);
      gemm.launch(stream, bench.arguments().c(bench.deviceD, bench.outputOffset(), bench.stride()));
      stream.synchronize(Rig.DEADLINE);
      byte[] content = bench.output();
      bench.expected.check(
          "D over NaN by " + engine,
          Matrix.parse(DType.FP32, 18, 19, 19, content, (int) bench.outputOffset()));
    }
  }

  @Rule({"GEMM-1", "GEMM-4"})
  @ConformanceTest
  void theOldOutputMayBeTheOutputItself(Kit kit) {
    Rig rig = kit.rig();
    for (GemmEngine engine : engines(rig)) {
      GemmBench bench = GemmCase.of(23, 17, 9).engine(engine).factors(1f, 1f).on(kit, rig, 0);
      PreparedGemm gemm = bench.prepare();
      rig.write(bench.deviceD, bench.outputOffset(), bench.c.layout());
      Stream stream = rig.stream(0);
      gemm.launch(stream, bench.arguments().c(bench.deviceD, bench.outputOffset(), bench.stride()));
      stream.synchronize(Rig.DEADLINE);
      bench.check("C and D in the same place, by " + engine);
    }
  }

  @Rule({"GEMM-5", "NUM-2"})
  @ConformanceTest
  void bothWeightLayoutsAgree(Kit kit) {
    Rig rig = kit.rig();
    for (DType[] type : types(rig)) {
      kit.at("%s to %s", type[0], type[1]);
      GemmBench nk = GemmCase.of(19, 23, 31).types(type[0], type[1]).on(kit, rig, 0);
      GemmBench kn =
          GemmCase.of(19, 23, 31).types(type[0], type[1]).layout(WeightLayout.KN).on(kit, rig, 0);
      Matrix transposed = new Matrix(type[0], 31, 23, 23);
      for (int i = 0; i < 31; i++) {
        for (int j = 0; j < 23; j++) {
          transposed.put(i, j, nk.b.at(j, i));
        }
      }
      nk.run(nk.prepare());
      nk.check("weight [N, K]");
      Stream stream = rig.stream(0);
      DeviceMemory b = rig.memory(0, transposed.layout());
      kn.prepare().launch(stream, kn.arguments().a(nk.deviceA, 0, nk.a.stride).b(b, 0, 23));
      stream.synchronize(Rig.DEADLINE);
      nk.expected.check(
          "weight [K, N]", Matrix.parse(type[1], 19, 23, 23, kn.output(), (int) kn.outputOffset()));
    }
  }
}
