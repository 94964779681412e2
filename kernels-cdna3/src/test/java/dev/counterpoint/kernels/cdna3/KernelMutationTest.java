package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.Llvm;
import dev.counterpoint.emulator.Mutation;
import dev.counterpoint.emulator.OnEmulatedDevice;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What orders memory is taken out of these kernels, one instruction at a time, and one of a few
 * runs must fail. What may go unnoticed here is named by harmless(), with the reason.
 */
@OnEmulatedDevice
@Timeout(500)
class KernelMutationTest {
  private static final byte[] BYTES = new byte[5004];

  static {
    new Random(1).nextBytes(BYTES);
  }

  /** FP32, from −1 to 1. */
  private static final byte[] NUMBERS = Element.FP32.randomMatrix(new Random(2), 20, 1100, 1100);

  private static Parameters in(int rank, String struct) {
    return KernelScript.in("w" + rank, new Parameters(struct));
  }

  /** Two devices whose kernels' last stores stay in the caches for long, unless written back. */
  private static KernelScript twoWorlds(int chaos) {
    KernelScript script = new KernelScript();
    script.script.environment("HIPEMU_DEVICES", "2").environment("HIPEMU_DRAIN", "1000");
    script.script.environment("HIPEMU_CHAOS", String.valueOf(chaos));
    for (int rank = 1; rank >= 0; rank--) {
      script.device(rank).world("w" + rank, rank, 5_000_000_000L).upload("epoch" + rank, 1L);
      script.add("stream s%d", rank);
    }
    return script.add("peer 0 1").add("peer 1 0").device(0).add("stream t0");
  }

  private static void put(
      KernelScript script, String stream, String from, String to, long bytes, String word) {
    Parameters p = in(0, "PutParams").set("source", from).set("target", to).set("rows", 1);
    p.set("rowBytes", bytes).set("signal", word).set("epoch", "epoch0");
    script.companion(stream, "put", 2, p.set("arrivals", "arrivals"));
  }

  /** A kernel of the peer that waits for a word and then copies 32-bit words at once. */
  private static void takeAtPeer(KernelScript script, String word, int count, int words) {
    script.device(1).zeros("copy", words * 4L).uploadInts("gate", 0).upload("perEpoch", count);
    Parameters p = in(1, "TileReduceParams").set("staging", "staging").set("slots", 1);
    p.set("stagingStride", words).set("rows", 1).set("cols", words).set("blockRows", 1);
    p.set("blocks", 1).set("parts", 1).set("inputType", Element.INT32.ordinal());
    p.set("outputType", Element.INT32.ordinal()).set("gateWords", word).set("gateIndex", "gate");
    p.set("gatePerEpoch", "perEpoch").set("epoch", "epoch1").set("target", "copy");
    script.companion("s1", "tile_reduce", 1, p.set("targetStride", words)).device(0);
  }

  /** A peer copies what was put to it as soon as the signal is there. */
  private static boolean putFails(Path object, int chaos) {
    KernelScript script =
        twoWorlds(chaos).device(1).zeros("staging", BYTES.length).zeros("word", 8);
    script.device(0).upload("source", BYTES).zeros("arrivals", 8);
    takeAtPeer(script, "word", 1, BYTES.length / 4);
    script.device(0).replace("companions", object);
    put(script, "s0", "source", "staging", BYTES.length, "word");
    script.add("sync s1").add("sync s0").download("copy");
    return Mutation.anyError(script.script) || !Arrays.equals(script.bytes("copy"), BYTES);
  }

  /**
   * One shard of A is put while the GEMM runs, each shard has its owner, one of them a peer, who
   * copies what it finds as soon as all tiles are counted.
   */
  private static void gemm(KernelScript script) {
    GemmSpec spec = new GemmSpec().tile(3).shape(70, 136, 104).shards(2).splits(2).grid(3);
    script.device(1).zeros("staging", 35 * 136 * 2).zeros("counts", 16).device(0);
    Gemm gemm = new Gemm(spec, "g", 1).prepare(script);
    long half = 35L * 104 * 2;
    script.zeros("late", half).add("copy 0 late gA+%d %d", half, half);
    script.add("set 0 gA+%d 255 %d", half, half).add("devsync");
    script.zeros("words", 64).zeros("arrivals", 8).table("origins", "gD", "staging");
    script.zeros("here", 16).table("counters", "here", "counts");
    script.uploadInts("first", 0, 0, 0, 0).uploadInts("count", 0, 0, 1, 1);
    script.uploadInts("clear", 1, 2).uploadInts("posts", new int[gemm.tiles()]);
    takeAtPeer(script, "counts", 4, 35 * 136 / 2);
    Parameters p = KernelScript.in("w0", gemm.parameters()).set("gateWords", "words");
    p.set("gateFirst", "first").set("gateCount", "count").target("gateTarget", "epoch0", 1, 0);
    p.set("owners", "origins").set("ownerStride", 136).set("postIndex", "posts");
    p.set("postWords", "counters").set("clearanceWords", "words").set("clearanceIndex", "clear");
    gemm.launch(script, "s0", p.set("clearanceTarget.offset", 1));
    for (int word = 1; word <= 2; word++) {
      Parameters add = in(0, "SignalAddParams").set("word", "words+" + 8 * word).set("delta", 1);
      script.companion("t0", "signal_add", 1, add);
    }
    put(script, "t0", "late", "gA+" + half, half, "words");
    script.add("sync s1").add("sync s0").download("copy").download("gD");
  }

  private static boolean gemmFails(Path object, int chaos, byte[] copy, byte[] local) {
    KernelScript script = twoWorlds(chaos).replace("tile_gemm_bf16", object);
    gemm(script);
    return Mutation.anyError(script.script)
        || !Arrays.equals(script.bytes("copy"), copy)
        || !Arrays.equals(script.bytes("gD"), local);
  }

  /** Runs a code object, by a seed of delays. */
  interface Run {
    boolean failed(Path object, int chaos);
  }

  static List<Llvm.Line> lines(Path object, String kernel) {
    return Llvm.disassemble(object).stream().filter(line -> line.kernel().equals(kernel)).toList();
  }

  /** Of what this module's text orders: barriers, releases, acquires and the waits beside them. */
  static boolean isWritten(List<Llvm.Line> lines, int at) {
    String text = lines.get(at).text();
    return !text.startsWith("s_waitcnt")
        || lines.get(at - 1).text().startsWith("buffer_")
        || (lines.get(at + 1).text().startsWith("s_barrier") && text.contains("vmcnt"));
  }

  /**
   * An acquire is missed only by who has cached the line before, and not at all by who only stores
   * afterwards; the device invalidates at once, so that nobody misses the wait behind it; the
   * second barrier of a vote matters only to another vote that follows at once; and the barrier
   * between the waves' releases and the one signal matters only when a wave lags by more than the
   * signal takes to be seen and acted on (that it is there, the disassembly test holds).
   */
  static boolean harmless(List<Llvm.Line> lines, int at) {
    String text = lines.get(at).text();
    if (text.startsWith("buffer_inv")) {
      return true;
    }
    List<String> before =
        lines.subList(Math.max(0, at - 60), at).stream().map(Llvm.Line::text).toList();
    String last = before.get(before.size() - 1);
    if (text.startsWith("s_waitcnt")) {
      return last.startsWith("buffer_inv");
    }
    int vote = before.lastIndexOf("s_barrier");
    return before.subList(before.size() - 4, before.size()).stream()
            .anyMatch(line -> line.startsWith("buffer_wbl2"))
        || (vote >= 0 && before.get(vote + 1).startsWith("ds_read_b128"));
  }

  /** Removes what is written, one by one. */
  private static void everyRemovalIsNoticed(String family, String kernel, Run run, int atLeast) {
    Path object = KernelScript.object(family);
    List<Llvm.Line> lines = lines(object, kernel);
    Mutation.Outcome outcome =
        Mutation.remove(
            object,
            kernel,
            line -> {
              int at = lines.indexOf(line);
              return isWritten(lines, at) && !harmless(lines, at);
            },
            mutant -> IntStream.rangeClosed(1, 2).anyMatch(chaos -> run.failed(mutant, chaos)));
    assertThat(outcome.survivors()).as("removed from %s without being noticed", kernel).isEmpty();
    assertThat(outcome.noticed()).isGreaterThanOrEqualTo(atLeast);
  }

  @Test
  void put() {
    everyRemovalIsNoticed("companions", "put", KernelMutationTest::putFails, 3);
  }

  /** Twenty rows by one block, whose waves have unequal shares of them. */
  private static void norm(KernelScript script) {
    int rows = 20;
    int cols = 1100;
    script.device(0).upload("x", Arrays.copyOf(NUMBERS, rows * cols * 4)).upload("weight", NUMBERS);
    script.zeros("y", rows * cols * 4L);
    Parameters p = in(0, "RowNormParams").set("input", "x").set("inputStride", cols);
    p.set("rows", rows).set("cols", cols).set("kind", 1).set("type", Element.FP32.ordinal());
    p.set("epsilon", 0x1p-10f).set("perColumn", 1f / cols).set("weight", "weight");
    script.companion("s0", "row_norm", 1, p.set("output", "y").set("outputStride", cols));
    script.add("sync s0").download("y");
  }

  private static boolean normFails(Path object, int chaos, byte[] wanted) {
    KernelScript script = twoWorlds(chaos).replace("companions", object);
    norm(script);
    return Mutation.anyError(script.script) || !Arrays.equals(script.bytes("y"), wanted);
  }

  /** The barriers of sums; the first two are those of the vote. */
  @Test
  void norm() {
    KernelScript whole = twoWorlds(1);
    norm(whole);
    whole.run();
    byte[] wanted = whole.bytes("y");
    Path object = KernelScript.object("companions");
    List<Llvm.Line> barriers =
        lines(object, "row_norm").stream().filter(line -> line.text().equals("s_barrier")).toList();
    Mutation.Outcome outcome =
        Mutation.remove(
            object,
            "row_norm",
            line -> barriers.indexOf(line) >= 2,
            mutant ->
                IntStream.rangeClosed(1, 6).anyMatch(chaos -> normFails(mutant, chaos, wanted)));
    assertThat(outcome.survivors()).as("barriers removed without being noticed").isEmpty();
    assertThat(outcome.noticed()).isEqualTo(4);
  }

  @Test
  void gemm() {
    KernelScript whole = twoWorlds(1);
    gemm(whole);
    whole.run();
    byte[] copy = whole.bytes("copy");
    byte[] local = whole.bytes("gD");
    String kernel = "tile_gemm_bf16_nk_32x128x32_s3";
    everyRemovalIsNoticed(
        "tile_gemm_bf16", kernel, (mutant, chaos) -> gemmFails(mutant, chaos, copy, local), 10);
  }
}
