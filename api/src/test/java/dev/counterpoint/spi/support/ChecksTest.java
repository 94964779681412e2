package dev.counterpoint.spi.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.ReduceSpec;
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
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ChecksTest {
  private static final Tiling TILING = new Tiling(new RowPartition(10, 2), 6, 4, 4);

  private record Words(String name, int words) implements SignalArray {
    @Override
    public void close() {}
  }

  private record Counter(int rank) implements Epoch {
    @Override
    public long read() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private record Buffer(String name, long bytes) implements SymmetricBuffer {
    @Override
    public DeviceMemory at(int rank) {
      return new DeviceMemory(rank, 0, bytes);
    }

    @Override
    public void close() {}
  }

  private static void refuses(String words, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining(words);
  }

  private static GemmSpec plain() {
    return GemmSpec.plain(
        "g",
        1,
        TILING,
        8,
        DType.BF16,
        DType.FP32,
        WeightLayout.NK,
        GemmEngine.TILE,
        Epilogue.plain(10));
  }

  private static GemmSpec hooks(TileOrder order, TileGate gate, TileRoute route, TilePost post) {
    return plain().withHooks(order, gate, route, post, new Counter(1));
  }

  private static GemmSpec order(TileOrder order) {
    return hooks(order, TileGate.NONE, TileRoute.LOCAL, TilePost.NONE);
  }

  private static GemmSpec route(TileRoute route) {
    return hooks(TileOrder.NATURAL, TileGate.NONE, route, TilePost.NONE);
  }

  @Test
  void rangesAndStrides() {
    DeviceMemory memory = new DeviceMemory(1, 1000, 100);
    assertThat(MemoryChecks.address("m", memory, 10, 90)).isEqualTo(1010);
    assertThat(MemoryChecks.address("m", memory, 100, 0)).isEqualTo(1100);
    refuses("m is bytes 10+91", () -> MemoryChecks.address("m", memory, 10, 91));
    refuses("m is", () -> MemoryChecks.address("m", memory, -1, 1));
    refuses("m is", () -> MemoryChecks.address("m", memory, 1, Long.MAX_VALUE));
    refuses("memory of rank 1", () -> MemoryChecks.requireOn("m", memory, 0));
    assertThat(MemoryChecks.extent(3, 4, 5, 2)).isEqualTo(28);
    assertThat(MemoryChecks.extent(0, 4, 5, 2)).isZero();
    int most = Integer.MAX_VALUE;
    refuses("m is bytes", () -> MemoryChecks.matrix("m", memory, 1, 0, most, most, most, 4));
    assertThatCode(() -> MemoryChecks.requireStride("s", 1, 4, 0)).doesNotThrowAnyException();
    refuses("s is 3", () -> MemoryChecks.requireStride("s", 2, 4, 3));
    refuses("m.stride", () -> MemoryChecks.matrix("m", memory, 1, 0, 2, 4, 3, 4));
    refuses("rank is 2", () -> MemoryChecks.requireRank("rank", 2, 2));
    refuses("not be negative", () -> MemoryChecks.requireSize("bytes", -1));
  }

  @Test
  void signalsAndTransfers() {
    Words words = new Words("w", 4);
    assertThatCode(() -> SignalChecks.requireWords("word", words, 2, 2)).doesNotThrowAnyException();
    refuses("word is 4", () -> SignalChecks.requireWords("word", words, 4, 1));
    refuses("3+2", () -> SignalChecks.requireWords("word", words, 3, 2));
    refuses("signals only grow", () -> SignalChecks.requireGrowth(-1));
    refuses("epoch of rank 0", () -> SignalChecks.requireEpochOf(new Counter(1), 0));
    refuses("sourcePitch", () -> TransferChecks.requireRows(2, 8, 7, 8));
    refuses("not be negative", () -> TransferChecks.requireRows(-1, 8, 8, 8));
    assertThat(TransferChecks.bytes(3, 4, 2)).isEqualTo(24);
    refuses("count", () -> TransferChecks.bytes(-3, 4, 2));
    refuses("count", () -> TransferChecks.bytes(Long.MAX_VALUE / 2, 4, 2));
  }

  @Test
  void tablesOfGemms() {
    assertThatCode(() -> GemmChecks.requireValid(plain(), 2)).doesNotThrowAnyException();
    refuses("rank is 1", () -> GemmChecks.requireValid(plain(), 1));
    refuses(
        "order.tiles", () -> GemmChecks.requireValid(order(new TileOrder.Table(new int[3])), 2));
    refuses(
        "order.tiles", () -> GemmChecks.requireValid(order(new TileOrder.Table(new int[8])), 2));
    refuses(
        "order.shards",
        () -> GemmChecks.requireValid(order(new TileOrder.Shards(new int[] {0, 2})), 2));
    Words words = new Words("w", 3);
    TileGate far =
        new TileGate.Words(
            words, new int[] {0, 1, 2, 3}, new int[] {1, 1, 1, 1}, Target.THIS_LAUNCH);
    refuses(
        "gate of tile row 3",
        () ->
            GemmChecks.requireValid(
                hooks(TileOrder.NATURAL, far, TileRoute.LOCAL, TilePost.NONE), 2));
    int[] twice = new int[TILING.tiles()];
    refuses("route.slots[1]", () -> GemmChecks.requireValid(route(new TileRoute.Packed(twice)), 2));
    Buffer buffer = new Buffer("b", 5 * 6 * 4);
    assertThatCode(
            () -> GemmChecks.requireValid(route(new TileRoute.Owners(buffer, 0, 6, null)), 2))
        .doesNotThrowAnyException();
    refuses(
        "route.offset",
        () -> GemmChecks.requireValid(route(new TileRoute.Owners(buffer, 4, 6, null)), 2));
    refuses(
        "route.rowStride",
        () -> GemmChecks.requireValid(route(new TileRoute.Owners(buffer, 0, 5, null)), 2));
    refuses(
        "clearance.words",
        () ->
            GemmChecks.requireValid(
                route(
                    new TileRoute.Owners(
                        buffer,
                        0,
                        6,
                        new TileRoute.Clearance(words, new int[] {0, 3}, Target.THIS_LAUNCH))),
                2));
    refuses(
        "post.words",
        () ->
            GemmChecks.requireValid(
                hooks(
                    TileOrder.NATURAL,
                    TileGate.NONE,
                    TileRoute.LOCAL,
                    new TilePost.Counters(words, new int[2], TilePost.At.SELF)),
                2));
  }

  /** Shards of five rows: {@link #TILING} has two. */
  @Test
  void ownersOfShards() {
    TileRoute.Owners route = new TileRoute.Owners(new Buffer("b", 12 * 6 * 4), 0, 6, null);
    owned(route, new int[] {1, 0}, new int[] {7, 7});
    owned(route, new int[] {1, 1}, new int[] {7, 2});
    refuses("owner of shard 1 is rank 2", () -> owned(route, new int[] {0, 2}, new int[2]));
    refuses("owner of shard 0 is rank -1", () -> owned(route, new int[] {-1, 0}, new int[2]));
    refuses("owners.ranks is 1 entries", () -> owned(route, new int[1], new int[2]));
    refuses("owners.rows is 3 entries", () -> owned(route, new int[2], new int[3]));
    refuses("owners.rows[1] is -1", () -> owned(route, new int[] {0, 1}, new int[] {0, -1}));
    refuses("another shard", () -> owned(route, new int[] {1, 1}, new int[] {6, 2}));
    refuses("route.offset", () -> owned(route, new int[] {0, 1}, new int[] {0, 8}));
    TilePost post =
        new TilePost.Counters(new Words("w", 1), new int[TILING.tiles()], TilePost.At.OWNER);
    GemmSpec posted = hooks(TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, post);
    refuses(
        "post: owner of shard 1",
        () -> GemmChecks.requireValid(posted.withOwners(ShardOwners.following(1, 2)), 2));
  }

  private static void owned(TileRoute route, int[] ranks, int[] rows) {
    GemmChecks.requireValid(route(route).withOwners(new ShardOwners(ranks, rows)), 2);
  }

  @Test
  void enginesTypesAndEpilogues() {
    GemmSpec vendorWithHooks =
        new GemmSpec(
            "g",
            0,
            TILING,
            8,
            DType.BF16,
            DType.BF16,
            WeightLayout.NK,
            GemmEngine.VENDOR,
            new TileOrder.Shards(new int[] {1, 0}),
            TileGate.NONE,
            TileRoute.LOCAL,
            TilePost.NONE,
            Epilogue.plain(10),
            null,
            0);
    refuses("engine", () -> GemmChecks.requireValid(vendorWithHooks, 2));
    refuses(
        "inputType/outputType",
        () ->
            GemmChecks.requireValid(
                GemmSpec.plain(
                    "g",
                    0,
                    TILING,
                    8,
                    DType.INT8,
                    DType.FP32,
                    WeightLayout.NK,
                    GemmEngine.TILE,
                    Epilogue.plain(10)),
                2));
    refuses(
        "epilogue window",
        () ->
            GemmChecks.requireValid(
                GemmSpec.plain(
                    "g",
                    0,
                    TILING,
                    8,
                    DType.BF16,
                    DType.FP32,
                    WeightLayout.NK,
                    GemmEngine.TILE,
                    new Epilogue(1, 0, false, false, false, 5, 6)),
                2));
    refuses(
        "epoch",
        () ->
            GemmChecks.requireValid(
                new GemmSpec(
                    "g",
                    0,
                    TILING,
                    8,
                    DType.BF16,
                    DType.BF16,
                    WeightLayout.NK,
                    GemmEngine.TILE,
                    TileOrder.NATURAL,
                    new TileGate.Words(
                        new Words("w", 1), new int[4], new int[4], Target.THIS_LAUNCH),
                    TileRoute.LOCAL,
                    TilePost.NONE,
                    Epilogue.plain(10),
                    null,
                    0),
                2));
  }

  @Test
  void operandsOfALaunch() {
    GemmOperands operands = new GemmOperands(plain());
    DeviceMemory a = new DeviceMemory(1, 4096, 160);
    DeviceMemory b = new DeviceMemory(1, 8192, 96);
    DeviceMemory d = new DeviceMemory(1, 16384, 240);
    operands.take(new GemmArguments().a(a, 0, 8).b(b, 0, 8).d(d, 0, 6));
    assertThat(operands.a()).isEqualTo(4096);
    assertThat(operands.d()).isEqualTo(16384);
    assertThat(operands.c()).isZero();
    refuses("d is absent", () -> operands.take(new GemmArguments().a(a, 0, 8).b(b, 0, 8)));
    refuses(
        "a is bytes 2+160",
        () -> operands.take(new GemmArguments().a(a, 2, 8).b(b, 0, 8).d(d, 0, 6)));
    refuses("b.stride", () -> operands.take(new GemmArguments().a(a, 0, 8).b(b, 0, 7).d(d, 0, 6)));
    refuses(
        "d is memory of rank 0",
        () ->
            operands.take(
                new GemmArguments().a(a, 0, 8).b(b, 0, 8).d(new DeviceMemory(0, 0, 240), 0, 6)));
  }

  private static GemmSpec blocks(DType input, GemmEngine engine) {
    Epilogue epilogue = Epilogue.plain(10);
    return GemmSpec.plain("g", 0, TILING, 200, input, DType.BF16, WeightLayout.KN, engine, epilogue)
        .withScaling(Scaling.BLOCKS);
  }

  @Test
  void scalesByBlock() {
    GemmSpec spec = blocks(DType.FP8_E4M3, GemmEngine.TILE);
    assertThatCode(() -> GemmChecks.requireValid(spec, 1)).doesNotThrowAnyException();
    assertThat(spec.withReservedUnits(3).withOwners(spec.owners()).scaling())
        .isEqualTo(Scaling.BLOCKS);
    refuses("engine", () -> GemmChecks.requireValid(blocks(DType.FP8_E5M2, GemmEngine.VENDOR), 1));
    refuses("scaling", () -> GemmChecks.requireValid(blocks(DType.BF16, GemmEngine.TILE), 1));

    // 10 rows and 6 columns in one block, k in two.
    GemmOperands operands = new GemmOperands(spec);
    DeviceMemory all = new DeviceMemory(0, 1 << 16, 1 << 14);
    DeviceMemory factors = new DeviceMemory(0, 4096, 10 * 3 * 4);
    GemmArguments good =
        new GemmArguments()
            .a(all, 0, 200)
            .b(all, 0, 6)
            .d(all, 0, 6)
            .aScales(factors, 4, 3)
            .bScales(factors, 112, 2);
    operands.take(good);
    assertThat(operands.aScales()).isEqualTo(4100);
    assertThat(operands.bScales()).isEqualTo(4208);
    refuses("aScales is absent", () -> operands.take(good.aScales(null, 0, 3)));
    refuses("aScales is bytes 8+116", () -> operands.take(good.aScales(factors, 8, 3)));
    refuses("aScales.stride", () -> operands.take(good.aScales(factors, 0, 1)));
    good.aScales(factors, 0, 3);
    refuses("bScales is absent", () -> operands.take(good.bScales(null, 0, 2)));
    refuses("bScales is bytes 116+8", () -> operands.take(good.bScales(factors, 116, 2)));
    assertThat(operands.aScales()).as("nothing is kept of what was refused").isEqualTo(4100);
  }

  @Test
  void reductions() {
    DeviceMemory staging = new DeviceMemory(0, 0, 2 * 10 * 6 * 4);
    ReduceSpec good =
        new ReduceSpec(
            "r",
            0,
            10,
            6,
            2,
            staging,
            240,
            6,
            DType.FP32,
            DType.FP32,
            4,
            null,
            new ReduceSpec.Local(),
            null);
    assertThatCode(() -> ReduceChecks.requireValid(good, 1)).doesNotThrowAnyException();
    refuses("output", () -> ReduceChecks.output(good, null, 0, 6));
    refuses(
        "slotBytes",
        () ->
            ReduceChecks.requireValid(
                new ReduceSpec(
                    "r",
                    0,
                    10,
                    6,
                    3,
                    staging,
                    Long.MAX_VALUE / 2 + 1,
                    6,
                    DType.FP32,
                    DType.FP32,
                    4,
                    null,
                    new ReduceSpec.Local(),
                    null),
                1));
    refuses(
        "staging",
        () ->
            ReduceChecks.requireValid(
                new ReduceSpec(
                    "r",
                    0,
                    10,
                    6,
                    3,
                    staging,
                    240,
                    6,
                    DType.FP32,
                    DType.FP32,
                    4,
                    null,
                    new ReduceSpec.Local(),
                    null),
                1));
    refuses(
        "gate.words",
        () ->
            ReduceChecks.requireValid(
                new ReduceSpec(
                    "r",
                    0,
                    10,
                    6,
                    2,
                    staging,
                    240,
                    6,
                    DType.FP32,
                    DType.FP32,
                    4,
                    new ReduceSpec.Gate(new Words("w", 9), new int[5], new long[6]),
                    new ReduceSpec.Local(),
                    new Counter(0)),
                1));
    refuses(
        "route.words",
        () ->
            ReduceChecks.requireValid(
                new ReduceSpec(
                    "r",
                    0,
                    10,
                    6,
                    2,
                    staging,
                    240,
                    6,
                    DType.FP32,
                    DType.FP32,
                    4,
                    null,
                    new ReduceSpec.Everywhere(
                        new Buffer("b", 240), 0, 6, new Words("w", 2), new int[] {0, 1, 2}, null),
                    null),
                1));
    assertThat(ReduceChecks.unpackedRows(TILING, new int[] {0, 1, 2, 3, -1, -1, -1, -1}))
        .isEqualTo(5);
    assertThat(GemmChecks.packedElements(TILING, new int[] {0, 1, 2, 3, 4, 5, 6, 7}))
        .isEqualTo(7 * 16 + 2);
    refuses("slots", () -> ReduceChecks.requireUnpack(0, TILING, new int[3], 1));
  }
}
