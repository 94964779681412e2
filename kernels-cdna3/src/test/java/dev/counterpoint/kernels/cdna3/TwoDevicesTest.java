package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data and signals from one device to another, whose caches hold what nobody released. */
@OnEmulatedDevice
class TwoDevicesTest {
  private static final int ROUNDS = 3;

  private static Parameters in(int rank, String struct) {
    return KernelScript.in("w" + rank, new Parameters(struct));
  }

  private static KernelScript twoWorlds(int chaos) {
    KernelScript script = new KernelScript();
    script.script.environment("HIPEMU_CHAOS", String.valueOf(chaos));
    script.script.environment("HIPEMU_DEVICES", "2");
    for (int rank = 1; rank >= 0; rank--) {
      script.device(rank).world("w" + rank, rank, 20_000_000_000L).zeros("epoch" + rank, 8);
      script.zeros("consumed" + rank, 64).add("stream s%d", rank);
    }
    return script.add("peer 0 1").add("peer 1 0").device(0);
  }

  private static void advance(KernelScript script, int rank) {
    Parameters p = in(rank, "EpochAdvanceParams").set("epoch", "epoch" + rank);
    script.device(rank).companion("s" + rank, "epoch_advance", 1, p);
  }

  /** The receiver waits, takes what it finds at once, spoils the place, and says so. */
  private static void consume(KernelScript script, String words, int perEpoch, long bytes) {
    advance(script, 1);
    Parameters await = in(1, "AwaitParams").set("words", words).set("count", 1);
    script.companion("s1", "await_words", 1, await.target("target", "epoch1", perEpoch, 0));
    Parameters take = in(1, "PutParams").set("source", "staging").set("target", "copy");
    script.companion("s1", "put", 5, take.set("rowBytes", bytes).set("rows", 1));
    Parameters spoil = in(1, "FillParams").set("target", "staging").set("value", Gemm.POISON);
    script.companion("s1", "fill", 3, spoil.set("bytes", bytes));
    Parameters set = in(1, "SignalSetParams").set("word", "consumed0+16").set("epoch", "epoch1");
    script.companion("s1", "signal_set", 1, set).device(0);
  }

  private static void assertNoFault(KernelScript script) {
    assertThat(script.fault("w0", "state")).isZero();
    assertThat(script.fault("w1", "state")).isZero();
  }

  /**
   * Tiles stored at a peer and counted there, with back-pressure, by a gate's kernel of the peer.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 99})
  void tilesAreStoredAndCountedAtAPeer(int chaos) {
    KernelScript script = twoWorlds(chaos);
    GemmSpec spec = new GemmSpec().tile(3).shape(90, 264, 100).splits(chaos % 2 + 1);
    long bytes = 2L * spec.rows * spec.cols;
    script.device(1).filled("staging", bytes, Gemm.POISON).zeros("copy", bytes).zeros("counts", 16);
    script.device(0);
    Gemm gemm = new Gemm(spec, "g", 1).prepare(script);
    script.table("origins", "staging").table("counters", "counts").uploadInts("index", 2);
    script.uploadInts("posts", IntStream.range(0, gemm.tiles()).map(t -> 1).toArray());
    Parameters p = KernelScript.in("w0", gemm.parameters()).set("owners", "origins");
    p.set("ownerStride", spec.cols).set("postIndex", "posts").set("postWords", "counters");
    p.set("clearanceWords", "consumed0").set("clearanceIndex", "index");
    p.target("clearanceTarget", "epoch0", 1, -1);
    for (int round = 1; round <= ROUNDS; round++) {
      advance(script, 0);
      gemm.launch(script, "s0", p);
      consume(script, "counts+8", gemm.tiles(), bytes);
    }
    script.add("sync s0").add("sync s1").download("copy").download("w0Record").download("w1Record");
    script.run();
    assertNoFault(script);
    gemm.verify(script.bytes("copy"));
  }

  /** Bytes put at a peer, whose signal is raised behind the last of them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 99})
  void bytesArriveBeforeTheirSignal(int chaos) {
    KernelScript script = twoWorlds(chaos);
    byte[] bytes = new byte[33_333];
    new Random(chaos).nextBytes(bytes);
    script.device(1).zeros("staging", bytes.length).zeros("copy", bytes.length).zeros("word", 8);
    script.device(0).upload("source", bytes).zeros("arrivals", 8);
    for (int round = 1; round <= ROUNDS; round++) {
      advance(script, 0);
      Parameters clear = in(0, "AwaitParams").set("words", "consumed0+16").set("count", 1);
      script.companion("s0", "await_words", 1, clear.target("target", "epoch0", 1, -1));
      Parameters put = in(0, "PutParams").set("source", "source").set("target", "staging");
      put.set("rowBytes", bytes.length).set("rows", 1).set("signal", "word");
      script.companion("s0", "put", 7, put.set("epoch", "epoch0").set("arrivals", "arrivals"));
      consume(script, "word", 1, bytes.length);
    }
    script.add("sync s0").add("sync s1").download("copy").download("w0Record").download("w1Record");
    script.run();
    assertNoFault(script);
    assertThat(script.bytes("copy")).isEqualTo(bytes);
  }

  /**
   * A reduction that waits for partials from a peer, stores its sum at both and counts it there.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 99})
  void aReductionWaitsForPartialsAndSpreadsItsSum(int chaos) {
    KernelScript script = twoWorlds(chaos);
    byte[] one = Element.FP32.randomMatrix(new Random(1), 30, 40, 40);
    byte[] two = Element.FP32.randomMatrix(new Random(2), 30, 40, 40);
    int bytes = one.length;
    script.device(1).upload("two", two).zeros("sum1", bytes).zeros("done1", 8);
    script
        .zeros("putArrivals", 8)
        .device(0)
        .upload("parts", java.util.Arrays.copyOf(one, 2 * bytes));
    script.zeros("sum0", bytes).zeros("done0", 8).zeros("words", 16).zeros("arrivals", 16);
    script.table("targets", "sum0", "sum1").table("counters", "done0", "done1");
    script
        .uploadInts("gates", -1, 1, -1, 1)
        .upload("perEpoch", 0, 1, 0, 1)
        .uploadInts("posts", 0, 0);
    advance(script, 0);
    Parameters p = in(0, "TileReduceParams").set("staging", "parts").set("slotBytes", bytes);
    p.set("stagingStride", 40).set("rows", 30).set("cols", 40).set("slots", 2).set("blockRows", 16);
    p.set("blocks", 2).set("parts", 3).set("gateWords", "words").set("gateIndex", "gates");
    p.set("gatePerEpoch", "perEpoch").set("epoch", "epoch0").set("targets", "targets");
    p.set("targetStride", 40).set("targetCount", 2).set("postWords", "counters");
    script.companion(
        "s0", "tile_reduce", 4, p.set("postIndex", "posts").set("arrivals", "arrivals"));
    advance(script, 1);
    Parameters put = in(1, "PutParams").set("source", "two").set("target", "parts+" + bytes);
    put.set("rowBytes", bytes).set("rows", 1).set("signal", "words+8").set("epoch", "epoch1");
    script.companion("s1", "put", 3, put.set("arrivals", "putArrivals"));
    Parameters await = in(1, "AwaitParams").set("words", "done1").set("count", 1);
    script.companion("s1", "await_words", 1, await.target("target", "epoch1", 2, 0));
    Parameters take = in(1, "PutParams").set("source", "sum1").set("target", "two");
    script.companion("s1", "put", 3, take.set("rowBytes", bytes).set("rows", 1));
    script.add("sync s0").add("sync s1").download("two").download("sum0").download("done0");
    script.download("w0Record").download("w1Record").run();
    assertNoFault(script);
    byte[] sum = new byte[bytes];
    for (int at = 0; at < bytes; at += 4) {
      Element.FP32.write(
          sum, at, (float) Element.FP32.read(one, at) + (float) Element.FP32.read(two, at));
    }
    assertThat(script.bytes("two")).isEqualTo(sum);
    assertThat(script.bytes("sum0")).isEqualTo(sum);
    assertThat(script.longs("done0")).containsExactly(2);
  }
}
