package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Waits that expire: the record names the culprit, everyone leaves, nothing is stored or posted.
 */
@OnEmulatedDevice
class WaitFaultTest {
  private static final long TIMEOUT = 100_000_000L;

  private static Parameters parameters(String struct) {
    return KernelScript.in("w", new Parameters(struct));
  }

  private static byte[] poison(long bytes) {
    byte[] poison = new byte[(int) bytes];
    Arrays.fill(poison, (byte) Gemm.POISON);
    return poison;
  }

  private static void assertFault(KernelScript script, int site, int array, int word, int wanted) {
    assertThat(script.fault("w", "state")).isEqualTo(1);
    assertThat(script.fault("w", "kind")).isEqualTo(1);
    assertThat(script.fault("w", "rank")).isEqualTo(3);
    assertThat(script.fault("w", "operation")).isEqualTo(77);
    assertThat(script.fault("w", "site")).isEqualTo(site);
    assertThat(script.fault("w", "array")).isEqualTo(array);
    assertThat(script.fault("w", "word")).isEqualTo(word);
    assertThat(script.fault("w", "seen")).isZero();
    assertThat(script.fault("w", "wanted")).isEqualTo(wanted);
    assertThat(script.fault("w", "elapsedNanos")).isGreaterThanOrEqualTo(TIMEOUT);
  }

  @Test
  void aGateThatNeverOpens() {
    KernelScript script = new KernelScript().world("w", 3, TIMEOUT).upload("epoch", 7L);
    Gemm gemm = new Gemm(new GemmSpec().tile(3).shape(100, 300, 64), "g", 1).prepare(script);
    int tileRows = gemm.tileRowsPerShard;
    int[] first = new int[tileRows];
    int[] count = new int[tileRows];
    Arrays.fill(first, 5);
    Arrays.fill(count, 3);
    // Word 6 stays 0.
    script.upload("words", 0, 0, 0, 0, 0, 7, 0, 7, 0, 0, 0).table("counters", "words+64");
    script.uploadInts("first", first).uploadInts("count", count);
    script.uploadInts("posts", new int[gemm.tiles()]);
    Parameters p = KernelScript.in("w", gemm.parameters()).set("gateWords", "words");
    p.set("gateFirst", "first").set("gateCount", "count").target("gateTarget", "epoch", 1, 0);
    p.set("gateArray", 11).set("postIndex", "posts").set("postWords", "counters");
    gemm.launch(script, "0", p);
    script.add("devsync").download("wRecord").download("wHostAbort").download("wAbort");
    // What lies behind it on the stream does not act, and other waits leave at once.
    gemm.launch(script, "0", p.set("gateWords", 0));
    Parameters set = parameters("SignalSetParams").set("word", "words+72").set("epoch", "epoch");
    script.companion("0", "signal_set", 1, set);
    Parameters add = parameters("SignalAddParams").set("word", "words+80").set("delta", 5);
    script.companion("0", "signal_add", 1, add);
    Parameters advance = parameters("EpochAdvanceParams").set("epoch", "epoch");
    script.companion("0", "epoch_advance", 1, advance);
    Parameters put = parameters("PutParams").set("source", "gA").set("target", "gD");
    script.companion("0", "put", 2, put.set("rowBytes", 64).set("rows", 1));
    Parameters fill = parameters("FillParams").set("target", "gD").set("bytes", 99);
    script.companion("0", "fill", 2, fill);
    Parameters await = parameters("AwaitParams").set("words", "words").set("count", 1);
    script.companion("0", "await_words", 1, await.target("target", "epoch", 1, 0));
    script.add("devsync").download("words").download("gD").download("epoch").run();
    assertFault(script, 1, 11, 6, 7);
    assertThat(script.fault("w", "tile")).isBetween(0L, (long) gemm.tiles());
    assertThat(script.bytes("wHostAbort")[0]).isEqualTo((byte) 1);
    assertThat(script.bytes("wAbort")[0]).isEqualTo((byte) 1);
    assertThat(script.bytes("gD")).isEqualTo(poison(gemm.outputBytes()));
    assertThat(script.longs("words")).containsExactly(0, 0, 0, 0, 0, 7, 0, 7, 0, 0, 0);
    assertThat(script.longs("epoch")).containsExactly(7);
  }

  @Test
  void aClearanceThatNeverComes() {
    KernelScript script = new KernelScript().world("w", 3, TIMEOUT);
    Gemm gemm = new Gemm(new GemmSpec().shape(40, 200, 100), "g", 1).prepare(script);
    script.filled("owner", gemm.outputBytes(), Gemm.POISON).zeros("words", 64);
    script.table("origins", "owner").uploadInts("index", 2);
    Parameters p = KernelScript.in("w", gemm.parameters()).set("owners", "origins");
    p.set("ownerStride", 200).set("clearanceWords", "words").set("clearanceIndex", "index");
    p.set("clearanceTarget.offset", 1).set("clearanceArray", 12);
    gemm.launch(script, "0", p);
    script.add("devsync").download("wRecord").download("owner").run();
    assertFault(script, 2, 12, 2, 1);
    assertThat(script.bytes("owner")).isEqualTo(poison(gemm.outputBytes()));
  }

  @Test
  void anAwaitThatExpires() {
    KernelScript script = new KernelScript().world("w", 3, TIMEOUT).upload("words", 0, 0, 9, 0);
    Parameters p = parameters("AwaitParams").set("words", "words+16").set("count", 2);
    p.set("target.offset", 9).set("array", 4).set("firstWord", 2);
    script.companion("0", "await_words", 1, p).add("devsync").download("wRecord").run();
    assertFault(script, 3, 4, 3, 9);
    assertThat(script.fault("w", "tile")).isEqualTo(-1);
  }

  @Test
  void aReductionsGateThatNeverOpens() {
    KernelScript script = new KernelScript().world("w", 3, TIMEOUT).zeros("words", 64);
    script.upload("epoch", 2L).zeros("staging", 1024).filled("out", 512, Gemm.POISON);
    script.uploadInts("gates", -1, 5).upload("perEpoch", 1, 4);
    Parameters p = parameters("TileReduceParams").set("staging", "staging").set("slotBytes", 512);
    p.set("stagingStride", 16).set("rows", 8).set("cols", 16).set("slots", 2).set("blockRows", 8);
    p.set("blocks", 1).set("parts", 2).set("gateWords", "words").set("gateIndex", "gates");
    p.set("gatePerEpoch", "perEpoch").set("epoch", "epoch").set("gateArray", 13);
    p.set("target", "out").set("targetStride", 16);
    script.companion("0", "tile_reduce", 2, p).add("devsync");
    script.download("wRecord").download("out").run();
    assertFault(script, 5, 13, 5, 8);
    assertThat(script.bytes("out")).isEqualTo(poison(512));
  }

  /** A wait without a culprit of its own leaves when the host raises its flag. */
  @Test
  void theHostAborts() {
    KernelScript script = new KernelScript().world("w", 3, 60_000_000_000L).zeros("words", 64);
    Parameters p = parameters("AwaitParams").set("words", "words").set("count", 4);
    p.set("target.offset", 1);
    script.add("stream one").add("stream two").companion("one", "await_words", 1, p);
    script.add("writevalue two wHostAbort 1").add("devsync").download("wRecord");
    script.download("wAbort").run();
    assertThat(script.fault("w", "state")).isZero();
    assertThat(script.bytes("wAbort")[0]).isEqualTo((byte) 1);
  }
}
