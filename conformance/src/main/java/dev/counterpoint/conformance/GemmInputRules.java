package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.function.Executable;

/** Chapter 8, sixth part: tilings, and input that is refused. */
@DisplayName("GEMM: input")
class GemmInputRules {
  @Rule("GEMM-6")
  @ConformanceTest
  void everyTilingThatIsOfferedIsAccepted(Kit kit) {
    Rig rig = kit.rig();
    Property.of(
            kit,
            "rows",
            0,
            300,
            "columns",
            0,
            300,
            "k",
            0,
            40,
            "shards",
            1,
            9,
            "tile rows",
            0,
            300,
            "tile columns",
            0,
            300)
        .check(
            kit.rounds(60, 500),
            (v, random) -> {
              RowPartition partition = new RowPartition(v[0], v[3]);
              Tiling tiling =
                  rig.backend
                      .gemm()
                      .tiling(
                          0,
                          partition,
                          v[1],
                          v[2],
                          DType.FP32,
                          DType.FP32,
                          WeightLayout.NK,
                          v[4],
                          v[5]);
              Check.equal("partition of the tiling", partition, tiling.partition());
              Check.equal("columns of the tiling", v[1], tiling.cols());
              GemmCase shape = GemmCase.of(v[0], v[1], v[2]).shards(v[3]).tile(v[4], v[5]);
              Tiling again =
                  rig.backend
                      .gemm()
                      .tiling(
                          0,
                          partition,
                          v[1],
                          v[2],
                          DType.FP32,
                          DType.FP32,
                          WeightLayout.NK,
                          v[4],
                          v[5]);
              Check.equal("the same question again", tiling, again);
              Tiling rounded =
                  rig.backend
                      .gemm()
                      .tiling(
                          0,
                          partition,
                          v[1],
                          v[2],
                          DType.FP32,
                          DType.FP32,
                          WeightLayout.NK,
                          tiling.tileRows(),
                          tiling.tileCols());
              Check.equal("asking for the tile that was offered", tiling, rounded);
              if (v[0] * v[1] < 20_000) {
                GemmRules.runAndCheck(kit, rig, shape);
              }
            });
  }

  @Rule({"GEMM-15", "CAP-2"})
  @ConformanceTest
  void theVendorEngineRefusesHooks(Kit kit) {
    Rig rig = kit.rig();
    kit.assume(
        rig.has(Capability.VENDOR_GEMM),
        "the backend does not declare VENDOR_GEMM; its refusal is tested under CAP-2");
    GemmBench bench = GemmCase.of(16, 16, 16).shards(2).engine(GemmEngine.VENDOR).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    SignalArray words = rig.words(1);
    int[] zeros = new int[tiling.tileRowCount()];
    int[] slots = bench.shuffledTiles(kit.random());
    TileGate gate = new TileGate.Words(words, zeros, zeros, Target.THIS_LAUNCH);
    TilePost post = new TilePost.Counters(words, new int[tiling.tiles()], TilePost.At.SELF);
    TileOrder order = new TileOrder.Shards(new int[] {1, 0});
    TileRoute route = new TileRoute.Packed(slots);
    refuses("order", bench, order, TileGate.NONE, TileRoute.LOCAL, TilePost.NONE);
    refuses("gate", bench, TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE);
    refuses("route", bench, TileOrder.NATURAL, TileGate.NONE, route, TilePost.NONE);
    refuses("post", bench, TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, post);
  }

  private static void refuses(
      String hook,
      GemmBench bench,
      TileOrder order,
      TileGate gate,
      TileRoute route,
      TilePost post) {
    Check.refusesNaming(
        "the vendor engine with a " + hook,
        hook + "|engine",
        () -> bench.prepare(order, gate, route, post, bench.rig.epoch(0)));
  }

  @Rule({"GEMM-17", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void operandsThatAreAbsentTooSmallOrElsewhereAreRefused(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(16, 16, 16).factors(1f, 1f).bias().on(kit, rig, 0);
    PreparedGemm gemm = bench.prepare();
    Stream stream = rig.stream(0);
    DeviceMemory small = rig.memory(0, 16 * 16 * 4 - 1);
    DeviceMemory elsewhere = rig.memory(1, 1 << 16);
    launchRefuses(
        gemm,
        stream,
        "absent A",
        "a",
        new GemmArguments().b(bench.deviceB, 0, 16).d(bench.deviceD, 0, 16));
    launchRefuses(
        gemm,
        stream,
        "absent B",
        "b",
        new GemmArguments().a(bench.deviceA, 0, 16).d(bench.deviceD, 0, 16));
    launchRefuses(gemm, stream, "absent D", "d", bench.arguments().d(null, 0, 16));
    launchRefuses(gemm, stream, "absent C", "c", bench.arguments().c(null, 0, 16));
    launchRefuses(gemm, stream, "absent bias", "bias", bench.arguments().bias(null));
    launchRefuses(gemm, stream, "A too small", "a", bench.arguments().a(small, 0, 16));
    launchRefuses(gemm, stream, "B too small", "b", bench.arguments().b(small, 0, 16));
    launchRefuses(gemm, stream, "C too small", "c", bench.arguments().c(small, 0, 16));
    launchRefuses(gemm, stream, "D too small", "d", bench.arguments().d(small, 0, 16));
    launchRefuses(
        gemm, stream, "bias too small", "bias", bench.arguments().bias(rig.memory(0, 63)));
    launchRefuses(
        gemm, stream, "A too small by its offset", "a", bench.arguments().a(bench.deviceA, 4, 16));
    launchRefuses(
        gemm, stream, "A at a negative offset", "a", bench.arguments().a(bench.deviceA, -4, 16));
    launchRefuses(
        gemm, stream, "A too small by its stride", "a", bench.arguments().a(bench.deviceA, 0, 17));
    launchRefuses(
        gemm, stream, "a stride of A below k", "a", bench.arguments().a(bench.deviceA, 0, 15));
    launchRefuses(
        gemm,
        stream,
        "a stride of D below the columns",
        "d",
        bench.arguments().d(bench.deviceD, 0, 15));
    launchRefuses(
        gemm,
        stream,
        "a stride of D whose end overflows",
        "d",
        bench.arguments().d(bench.deviceD, 0, Integer.MAX_VALUE));
    launchRefuses(
        gemm, stream, "A on another rank", "a|rank", bench.arguments().a(elsewhere, 0, 16));
    launchRefuses(
        gemm, stream, "B on another rank", "b|rank", bench.arguments().b(elsewhere, 0, 16));
    launchRefuses(
        gemm, stream, "D on another rank", "d|rank", bench.arguments().d(elsewhere, 0, 16));
    Stream foreign = rig.stream(1);
    launchRefuses(gemm, foreign, "a stream of another rank", "stream|rank", bench.arguments());
    rig.settle();
    bench.checkUntouched("after refused launches");
    bench.run(gemm);
    bench.check("after refused launches");
  }

  private static void launchRefuses(
      PreparedGemm gemm, Stream stream, String what, String words, GemmArguments arguments) {
    Check.refusesNaming(what, words, () -> gemm.launch(stream, arguments));
  }

  @Rule({"GEMM-6", "ERR-7"})
  @ConformanceTest
  void sizesThatCannotBeAreRefusedWhilePlanning(Kit kit) {
    Rig rig = kit.rig();
    var gemm = rig.backend.gemm();
    RowPartition rows = RowPartition.whole(8);
    List<Executable> wrong =
        List.of(
            () -> gemm.tiling(0, rows, -1, 8, DType.FP32, DType.FP32, WeightLayout.NK, 0, 0),
            () -> gemm.tiling(0, rows, 8, -1, DType.FP32, DType.FP32, WeightLayout.NK, 0, 0),
            () -> gemm.tiling(0, rows, 8, 8, DType.FP32, DType.FP32, WeightLayout.NK, -1, 0),
            () -> gemm.tiling(rig.ranks, rows, 8, 8, DType.FP32, DType.FP32, WeightLayout.NK, 0, 0),
            () -> new RowPartition(-1, 1),
            () -> new RowPartition(1, 0));
    for (int i = 0; i < wrong.size(); i++) {
      Check.refuses("wrong size number " + i, wrong.get(i));
    }
    Check.equal("types that do not go together", false, gemm.supports(DType.INT8, DType.FP32));
    Check.equal("a type that is no input", false, gemm.supports(DType.INT32, DType.INT32));
  }
}
