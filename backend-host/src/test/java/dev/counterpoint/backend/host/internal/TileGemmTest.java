package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TileGemmTest {
  private HostFixture host = HostFixture.open(2, "host.threads", "2");

  @AfterEach
  void close() {
    host.close();
  }

  static Stream<Arguments> types() {
    return Stream.of(
        Arguments.of(DType.FP32, DType.FP32),
        Arguments.of(DType.FP32, DType.BF16),
        Arguments.of(DType.BF16, DType.BF16),
        Arguments.of(DType.BF16, DType.FP32),
        Arguments.of(DType.FP16, DType.FP16),
        Arguments.of(DType.FP8_E4M3, DType.BF16),
        Arguments.of(DType.FP8_E5M2, DType.FP16),
        Arguments.of(DType.INT8, DType.INT32));
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyTypeAndLayoutMatchesTheReference(DType input, DType output) {
    for (WeightLayout layout : WeightLayout.values()) {
      for (GemmEngine engine : GemmEngine.values()) {
        GemmCase problem =
            new GemmCase(host, 37, 29, 1051, input, output, layout, Epilogue.plain(37));
        problem.launch(problem.spec(problem.tiling(RowPartition.whole(37), 16, 11), engine));
        problem.assertClose(problem.result());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WeightLayout.class)
  void factorsOfBlocksMatchTheReference(WeightLayout layout) {
    for (DType input : new DType[] {DType.FP8_E4M3, DType.FP8_E5M2}) {
      for (int tileCols : new int[] {50, 128, 300}) {
        GemmCase problem =
            new GemmCase(host, 21, 290, 333, input, DType.FP32, layout, Epilogue.plain(21))
                .withBlocks();
        problem.launch(
            problem.spec(problem.tiling(RowPartition.whole(21), 8, tileCols), GemmEngine.TILE));
        problem.assertClose(problem.result());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void theEpilogueAppliesInItsWindow(DType input, DType output) {
    boolean floating = input.isFloating();
    Epilogue epilogue =
        new Epilogue(floating ? 0.5f : 1f, floating ? -2f : 1f, true, floating, floating, 5, 20);
    GemmCase problem = new GemmCase(host, 33, 40, 65, input, output, WeightLayout.NK, epilogue);
    problem.launch(problem.spec(problem.tiling(RowPartition.whole(33), 8, 16), GemmEngine.TILE));
    problem.assertClose(problem.result());
  }

  @ParameterizedTest
  @EnumSource(GemmEngine.class)
  void awkwardShapesWork(GemmEngine engine) {
    int[][] shapes = {
      {0, 5, 3}, {1, 1, 1}, {1, 300, 7}, {300, 1, 7}, {5, 3, 0}, {257, 259, 33}, {16, 0, 4}
    };
    for (int[] shape : shapes) {
      GemmCase problem =
          new GemmCase(
              host,
              shape[0],
              shape[1],
              shape[2],
              DType.FP32,
              DType.FP32,
              WeightLayout.NK,
              Epilogue.plain(shape[0]));
      problem.launch(problem.spec(problem.tiling(RowPartition.whole(shape[0]), 0, 0), engine));
      problem.assertClose(problem.result());
    }
  }

  @Test
  void convertedPanelsBeyondTheBudgetGiveTheSameBits() {
    GemmCase problem =
        new GemmCase(host, 70, 50, 90, DType.BF16, DType.FP32, WeightLayout.KN, Epilogue.plain(70));
    GemmSpec spec = problem.spec(problem.tiling(RowPartition.whole(70), 16, 16), GemmEngine.TILE);
    problem.launch(spec);
    double[] shared = problem.result();
    host.close();
    host = HostFixture.open(2, "host.threads", "2", "host.panels", "1KB");
    GemmCase again =
        new GemmCase(host, 70, 50, 90, DType.BF16, DType.FP32, WeightLayout.KN, Epilogue.plain(70));
    again.launch(spec);
    assertThat(again.result()).isEqualTo(shared);
  }

  @Test
  void betaZeroDoesNotReadC() {
    GemmCase problem =
        new GemmCase(
            host,
            9,
            9,
            9,
            DType.FP32,
            DType.FP32,
            WeightLayout.NK,
            new Epilogue(2f, 0f, true, false, false, 0, 9));
    problem.arguments.c(null, 0, 0);
    problem.launch(problem.spec(problem.tiling(RowPartition.whole(9), 4, 4), GemmEngine.TILE));
    problem.assertClose(problem.result());
  }

  @Test
  void gatedRowsAreReadOnlyAfterTheirWordIsRaised() {
    GemmCase problem =
        new GemmCase(host, 40, 24, 16, DType.BF16, DType.FP32, WeightLayout.NK, Epilogue.plain(40));
    Tiling tiling = problem.tiling(new RowPartition(40, 2), 10, 12);
    SignalArray ready = host.own(host.backend.signals().allocate("ready", 4));
    Epoch epoch = host.own(host.backend.signals().newEpoch(0));
    TileGate gate =
        new TileGate.Words(
            ready, new int[] {0, 1, 2, 3}, new int[] {1, 1, 1, 0}, Target.THIS_LAUNCH);
    GemmSpec spec =
        problem
            .spec(tiling, GemmEngine.TILE)
            .withHooks(
                new TileOrder.Shards(new int[] {1, 0}),
                gate,
                TileRoute.LOCAL,
                TilePost.NONE,
                epoch);
    // Rows hold zeros until just before their word is raised.
    float[] a = problem.a;
    DeviceMemory rows = host.upload(0, DType.BF16, new float[a.length]);
    problem.arguments.a(rows, 0, 19);
    try (PreparedGemm gemm = host.backend.gemm().prepare(spec)) {
      host.backend.signals().advance(host.stream(0), epoch);
      host.write(rows, 30 * 19 * 2, DType.BF16, Arrays.copyOfRange(a, 30 * 19, 40 * 19));
      gemm.launch(host.stream(0), problem.arguments);
      for (int word : new int[] {2, 0, 1}) {
        host.write(
            rows,
            word * 10L * 19 * 2,
            DType.BF16,
            Arrays.copyOfRange(a, word * 190, (word + 1) * 190));
        host.backend.signals().addFromHost(ready, 0, word, 1);
      }
      host.synchronize();
    }
    problem.assertClose(problem.result());
  }

  @Test
  void routesAndPostsGiveTheLocalResultBitwise() {
    GemmCase problem =
        new GemmCase(host, 33, 24, 48, DType.FP32, DType.FP32, WeightLayout.NK, Epilogue.plain(33));
    Tiling tiling = problem.tiling(new RowPartition(33, 2), 8, 10);
    problem.launch(problem.spec(tiling, GemmEngine.TILE));
    double[] local = problem.result();
    problem.assertClose(local);
    assertThat(routedToOwners(problem, tiling)).isEqualTo(local);
    assertThat(packedAndUnpacked(problem, tiling)).isEqualTo(local);
  }

  private double[] routedToOwners(GemmCase problem, Tiling tiling) {
    SymmetricBuffer staging = host.own(host.backend.heap().allocate("staging", 17L * 30 * 4 + 64));
    SignalArray posted = host.own(host.backend.signals().allocate("posted", 3));
    SignalArray cleared = host.own(host.backend.signals().allocate("cleared", 2));
    Epoch epoch = host.own(host.backend.signals().newEpoch(0));
    int[] words =
        IntStream.range(0, tiling.tiles()).map(tile -> tile % 3 == 2 ? -1 : tile % 3).toArray();
    GemmSpec spec =
        problem
            .spec(tiling, GemmEngine.TILE)
            .withHooks(
                TileOrder.NATURAL,
                TileGate.NONE,
                new TileRoute.Owners(
                    staging,
                    64,
                    30,
                    new TileRoute.Clearance(cleared, new int[] {0, 1}, new Target(1, -1))),
                new TilePost.Counters(posted, words, TilePost.At.OWNER),
                epoch);
    problem.arguments.d(null, 0, 0);
    host.backend.signals().advance(host.stream(0), epoch);
    problem.launch(spec);
    problem.arguments.d(problem.d, 0, problem.dStride);
    for (int rank = 0; rank < 2; rank++) {
      int shard = rank;
      for (int word = 0; word < 2; word++) {
        int w = word;
        long expected =
            IntStream.range(0, tiling.tiles())
                .filter(t -> tiling.shard(t) == shard && !tiling.isEmpty(t) && words[t] == w)
                .count();
        assertThat(host.backend.signals().read(posted, rank, word)).isEqualTo(expected);
      }
    }
    double[] result = new double[33 * 24];
    for (int row = 0; row < 33; row++) {
      int shard = row / 17;
      double[] values = host.read(staging.at(shard), 64 + (row % 17) * 30L * 4, DType.FP32, 24);
      System.arraycopy(values, 0, result, row * 24, 24);
    }
    return result;
  }

  private double[] packedAndUnpacked(GemmCase problem, Tiling tiling) {
    int[] slots =
        IntStream.range(0, tiling.tiles()).map(tile -> tiling.tiles() - 1 - tile).toArray();
    DeviceMemory packed = host.allocate(0, 4L * tiling.tiles() * 80);
    GemmSpec base = problem.spec(tiling, GemmEngine.TILE);
    GemmSpec spec =
        new GemmSpec(
            base.label(),
            0,
            tiling,
            base.k(),
            base.inputType(),
            base.outputType(),
            base.weightLayout(),
            GemmEngine.TILE,
            new TileOrder.Table(slots),
            TileGate.NONE,
            new TileRoute.Packed(slots),
            TilePost.NONE,
            base.epilogue(),
            null,
            0);
    problem.arguments.d(packed, 0, 0);
    problem.launch(spec);
    host.write(problem.d, 0, DType.FP32, new float[33 * problem.dStride]);
    TileReduce.PreparedUnpack unpack =
        host.own(host.backend.reduce().prepareUnpack("unpack", 0, tiling, slots, DType.FP32));
    unpack.launch(host.stream(0), packed, 0, problem.d, 0, problem.dStride);
    host.synchronize();
    return problem.result();
  }

  @Test
  void launchesThatOverlapOnTwoStreamsDoNotDisturbEachOther() {
    GemmCase first =
        new GemmCase(host, 64, 64, 64, DType.BF16, DType.FP32, WeightLayout.NK, Epilogue.plain(64));
    GemmSpec spec = first.spec(first.tiling(RowPartition.whole(64), 16, 16), GemmEngine.TILE);
    DeviceMemory other = host.allocate(0, 64L * first.dStride * 4);
    host.write(other, 0, DType.FP32, new float[64 * first.dStride]);
    dev.counterpoint.spi.Stream side = host.own(host.backend.device(0).newStream("side", 0));
    try (PreparedGemm gemm = host.backend.gemm().prepare(spec)) {
      for (int i = 0; i < 20; i++) {
        first.arguments.d(first.d, 0, first.dStride);
        gemm.launch(host.stream(0), first.arguments);
        first.arguments.d(other, 0, first.dStride);
        gemm.launch(side, first.arguments);
      }
      host.synchronize();
      side.synchronize(HostFixture.DEADLINE);
    }
    first.assertClose(first.result());
    assertThat(host.bytes(other, 0, 64 * first.dStride * 4))
        .isEqualTo(host.bytes(first.d, 0, 64 * first.dStride * 4));
  }

  @Test
  void wrongTablesAndOperandsAreRefusedByName() {
    GemmCase problem =
        new GemmCase(host, 8, 8, 8, DType.FP32, DType.FP32, WeightLayout.NK, Epilogue.plain(8));
    Tiling tiling = problem.tiling(RowPartition.whole(8), 4, 4);
    GemmSpec spec = problem.spec(tiling, GemmEngine.TILE);
    Epoch epoch = host.own(host.backend.signals().newEpoch(0));
    SignalArray words = host.own(host.backend.signals().allocate("w", 2));
    var gemm = host.backend.gemm();
    TilePost outOfRange = new TilePost.Counters(words, new int[] {0, 1, 2, 0}, TilePost.At.SELF);
    TileGate tooShort = new TileGate.Words(words, new int[] {0}, new int[] {1}, Target.THIS_LAUNCH);
    TileOrder twice = new TileOrder.Table(new int[] {0, 1, 2, 2});
    TileRoute doubled = new TileRoute.Packed(new int[] {0, 1, 1, 2});
    assertRefused(
        "post.words",
        () ->
            gemm.prepare(
                spec.withHooks(
                    TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, outOfRange, epoch)));
    assertRefused(
        "gate.firstWord",
        () ->
            gemm.prepare(
                spec.withHooks(
                    TileOrder.NATURAL, tooShort, TileRoute.LOCAL, TilePost.NONE, epoch)));
    assertRefused(
        "order.tiles",
        () ->
            gemm.prepare(
                spec.withHooks(twice, TileGate.NONE, TileRoute.LOCAL, TilePost.NONE, epoch)));
    assertRefused(
        "route.slots",
        () ->
            gemm.prepare(
                spec.withHooks(TileOrder.NATURAL, TileGate.NONE, doubled, TilePost.NONE, epoch)));
    try (PreparedGemm prepared = gemm.prepare(spec)) {
      problem.arguments.b(null, 0, 8);
      assertRefused("b", () -> prepared.launch(host.stream(0), problem.arguments));
      problem.arguments.b(host.allocate(1, 4096), 0, 8);
      assertRefused("b", () -> prepared.launch(host.stream(0), problem.arguments));
      problem.arguments.b(host.allocate(0, 7), 0, 8);
      assertRefused("b", () -> prepared.launch(host.stream(0), problem.arguments));
    }
  }

  private static void assertRefused(
      String argument, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining(argument);
  }
}
