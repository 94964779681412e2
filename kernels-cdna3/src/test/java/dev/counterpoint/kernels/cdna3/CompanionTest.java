package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Transfers, signals and the reduction, each against Java. */
@OnEmulatedDevice
class CompanionTest {
  private static final long PATIENCE = 20_000_000_000L;

  private static Parameters parameters(String struct) {
    return KernelScript.in("w", new Parameters(struct));
  }

  /** One reduction of a script: what it sums, and where to. */
  private static final class Reduction {
    final Element type;
    final String name;
    final int rows;
    final int cols;
    final int slots;
    final int blockRows;
    final int targets;
    final int pad;
    final byte[][] partials;

    Reduction(Element type, String name, int[] shape, int slots, int targets, int pad) {
      this.type = type;
      this.name = name;
      this.rows = shape[0];
      this.cols = shape[1];
      this.blockRows = shape[2];
      this.slots = slots;
      this.targets = targets;
      this.pad = pad;
      partials = new byte[slots][];
      Random random = new Random(slots);
      for (int slot = 0; slot < slots; slot++) {
        partials[slot] = type.randomMatrix(random, rows, cols, cols + pad);
      }
    }

    int bytes() {
      return rows * (cols + pad) * type.bytes;
    }

    int slotBytes() {
      return Gemm.divideUp(bytes(), 16) * 16 + (pad == 1 ? 2 * type.bytes : 0);
    }

    int blocks() {
      return Gemm.divideUp(rows, blockRows);
    }

    /** With a place of its own for the sum when targets is 0, else for each target and counted. */
    void prepare(KernelScript script) {
      int bytes = bytes();
      byte[] staging = new byte[slotBytes() * slots];
      for (int slot = 0; slot < slots; slot++) {
        System.arraycopy(partials[slot], 0, staging, slot * slotBytes(), bytes);
      }
      script.upload(name + "Staging", staging).zeros(name + "Arrivals", 4L * Math.max(1, blocks()));
      String[] origins = new String[Math.max(1, targets)];
      String[] counters = new String[origins.length];
      for (int target = 0; target < origins.length; target++) {
        origins[target] = name + "Out" + target;
        counters[target] = name + "Count" + target;
        script.filled(origins[target], Math.max(16, bytes), Gemm.POISON);
        script.zeros(counters[target], 24);
      }
      script.table(name + "Origins", origins).table(name + "Counters", counters);
      // Gates: word s, which must reach 2 · s at epoch 3.
      int count = blocks() * slots;
      int[] gates = IntStream.range(0, count).map(i -> i % 4 == 0 ? -1 : i % slots).toArray();
      script.uploadInts(name + "Gates", gates);
      script.upload(
          name + "PerEpoch",
          IntStream.range(0, count + 1).mapToLong(i -> 2L * (i % slots)).toArray());
      // A negative word is no post.
      int[] posts = IntStream.range(0, blocks()).map(b -> b % 4 - 1).toArray();
      script.uploadInts(name + "Posts", posts);
    }

    void launch(KernelScript script) {
      Parameters p = parameters("TileReduceParams").set("staging", name + "Staging");
      p.set("slotBytes", slotBytes()).set("stagingStride", cols + pad).set("rows", rows);
      p.set("cols", cols).set("slots", slots).set("blockRows", blockRows).set("blocks", blocks());
      p.set("parts", 3).set("inputType", type.ordinal()).set("outputType", type.ordinal());
      p.set("gateWords", "words").set("gateIndex", name + "Gates").set("epoch", "epoch");
      p.set("gatePerEpoch", name + "PerEpoch").set("targetStride", cols + pad);
      p.set("targetCount", targets);
      if (targets == 0) {
        p.set("target", name + "Out0");
      } else {
        p.set("targets", name + "Origins").set("postWords", name + "Counters");
        p.set("postIndex", name + "Posts").set("arrivals", name + "Arrivals");
      }
      script.companion("one", "tile_reduce", 4, p);
    }

    void download(KernelScript script) {
      for (int target = 0; target < Math.max(1, targets); target++) {
        script.download(name + "Out" + target).download(name + "Count" + target);
      }
    }

    void verify(KernelScript script) {
      byte[] wanted = new byte[Math.max(16, bytes())];
      Arrays.fill(wanted, (byte) Gemm.POISON);
      for (int row = 0; row < rows; row++) {
        for (int col = 0; col < cols; col++) {
          int at = (row * (cols + pad) + col) * type.bytes;
          float sum = (float) type.read(partials[0], at);
          int whole = (int) type.read(partials[0], at);
          for (int slot = 1; slot < slots; slot++) {
            sum += (float) type.read(partials[slot], at);
            whole += (int) type.read(partials[slot], at);
          }
          type.write(wanted, at, type.isInteger() ? whole : sum);
        }
      }
      for (int target = 0; target < Math.max(1, targets); target++) {
        assertThat(script.bytes(name + "Out" + target)).as(name).isEqualTo(wanted);
        long[] counts = new long[3];
        for (int block = 0; targets > 0 && block < blocks(); block++) {
          if (block % 4 > 0) {
            counts[block % 4 - 1]++;
          }
        }
        assertThat(script.longs(name + "Count" + target)).as(name).isEqualTo(counts);
      }
    }
  }

  /** Bit for bit the sum in slot order, once every gate has opened, at every target. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16", "FP32", "INT32"})
  void reduces(Element type) {
    KernelScript script = new KernelScript();
    script.world("w", 0, PATIENCE).zeros("words", 128).upload("epoch", 3L);
    script.add("stream one").add("stream two");
    List<Reduction> all = new ArrayList<>();
    int[][] shapes = {{37, 53, 8}, {64, 256, 20}, {1, 1, 1}, {0, 16, 4}, {70, 130, 32}};
    for (int k = 0; k < shapes.length; k++) {
      for (int slots : new int[] {1, 3, 8}) {
        int targets = (k + slots) % 3 == 2 ? 3 : (k + slots) % 3;
        int pad = new int[] {0, 8, 1}[k % 3];
        all.add(new Reduction(type, "r" + all.size(), shapes[k], slots, targets, pad));
      }
    }
    all.forEach(reduction -> reduction.prepare(script));
    all.forEach(reduction -> reduction.launch(script));
    for (int word = 0; word < 8; word++) {
      Parameters add = parameters("SignalAddParams").set("word", "words+" + word * 8);
      script.companion("two", "signal_add", 1, add.set("delta", 6L * word));
    }
    script.add("devsync").download("wRecord");
    all.forEach(reduction -> reduction.download(script));
    script.run();
    assertThat(script.fault("w", "state")).isZero();
    all.forEach(reduction -> reduction.verify(script));
  }

  @Test
  void putsBytesAndThenItsSignal() {
    KernelScript script = new KernelScript().world("w", 0, PATIENCE);
    byte[] bytes = new byte[70_000];
    new Random(1).nextBytes(bytes);
    script.upload("source", bytes).zeros("word", 8).zeros("epoch", 8).zeros("arrivals", 4);
    List<int[]> cases = new ArrayList<>();
    for (int length : new int[] {0, 1, 15, 16, 4097, 60_001}) {
      for (int from : new int[] {0, 1, 2, 4, 8, 16}) {
        cases.add(new int[] {length, from, new int[] {0, 3, 4, 8, 16}[(length + from) % 5]});
      }
    }
    for (int k = 0; k < cases.size(); k++) {
      int[] c = cases.get(k);
      script.filled("target" + k, c[2] + c[0] + 40L, Gemm.POISON);
      script.companion(
          "0", "epoch_advance", 1, parameters("EpochAdvanceParams").set("epoch", "epoch"));
      Parameters p = parameters("PutParams").set("source", "source+" + c[1]).set("rows", 1);
      p.set("target", "target" + k + "+" + c[2]).set("rowBytes", c[0]).set("signal", "word");
      script.companion("0", "put", 5, p.set("epoch", "epoch").set("arrivals", "arrivals"));
      script.add("devsync").download("target" + k);
      script.add("download word %s", script.script.file("word" + k));
    }
    script.run();
    for (int k = 0; k < cases.size(); k++) {
      int[] c = cases.get(k);
      byte[] wanted = new byte[c[2] + c[0] + 40];
      Arrays.fill(wanted, (byte) Gemm.POISON);
      System.arraycopy(bytes, c[1], wanted, c[2], c[0]);
      assertThat(script.bytes("target" + k))
          .as("%d bytes, %d to %d", c[0], c[1], c[2])
          .isEqualTo(wanted);
      assertThat(script.script.file("word" + k))
          .hasBinaryContent(new byte[] {(byte) (k + 1), 0, 0, 0, 0, 0, 0, 0});
    }
  }

  @Test
  void putsRectanglesAndFills() {
    KernelScript script = new KernelScript().world("w", 0, PATIENCE);
    byte[] bytes = new byte[40_000];
    new Random(2).nextBytes(bytes);
    script.upload("source", bytes);
    int[] widths = {1, 7, 16, 33, 256};
    for (int width : widths) {
      script.filled("t" + width, 320 * 77, Gemm.POISON);
      Parameters p = parameters("PutParams").set("source", "source").set("target", "t" + width);
      p.set("sourcePitch", 272).set("targetPitch", 320).set("rowBytes", width).set("rows", 77);
      script.companion("0", "put", 5, p).add("devsync").download("t" + width);
    }
    int[][] fills = {{0, 0}, {0, 5000}, {1, 1}, {1, 14}, {7, 17}, {16, 333}, {7, 5000}};
    for (int[] fill : fills) {
      String name = "f" + fill[0] + "x" + fill[1];
      script.filled(name, 6000, Gemm.POISON);
      Parameters p = parameters("FillParams").set("target", name + "+" + fill[0]);
      script.companion("0", "fill", 3, p.set("bytes", fill[1]).set("value", 0x17b));
      script.add("devsync").download(name);
    }
    script.run();
    for (int width : widths) {
      byte[] wanted = new byte[320 * 77];
      Arrays.fill(wanted, (byte) Gemm.POISON);
      for (int row = 0; row < 77; row++) {
        System.arraycopy(bytes, row * 272, wanted, row * 320, width);
      }
      assertThat(script.bytes("t" + width)).as("rows of %d", width).isEqualTo(wanted);
    }
    for (int[] fill : fills) {
      byte[] wanted = new byte[6000];
      Arrays.fill(wanted, (byte) Gemm.POISON);
      Arrays.fill(wanted, fill[0], fill[0] + fill[1], (byte) 0x7b);
      assertThat(script.bytes("f" + fill[0] + "x" + fill[1])).isEqualTo(wanted);
    }
  }

  @Test
  void signalsOnlyGrow() {
    KernelScript script = new KernelScript().world("w", 0, PATIENCE).zeros("epoch", 8);
    script.upload("words", 0, 0, 0, 0, 0, 100).table("targets", "words", "words+16", "words+40");
    for (int k = 0; k < 5; k++) {
      script.companion(
          "0", "epoch_advance", 1, parameters("EpochAdvanceParams").set("epoch", "epoch"));
    }
    Parameters all = parameters("SignalSetParams").set("words", "targets").set("count", 3);
    script.companion("0", "signal_set", 1, all.set("epoch", "epoch"));
    Parameters one = parameters("SignalSetParams").set("word", "words+24").set("epoch", "epoch");
    script.companion("0", "signal_set", 1, one);
    for (int delta : new int[] {40, 2}) {
      Parameters add = parameters("SignalAddParams").set("word", "words+8").set("delta", delta);
      script.companion("0", "signal_add", 1, add);
    }
    Parameters await = parameters("AwaitParams").set("words", "words").set("count", 4);
    script.companion("0", "await_words", 1, await.target("target", "epoch", 1, 0));
    script.add("devsync").download("words").download("wRecord").run();
    assertThat(script.longs("words")).containsExactly(5, 42, 5, 5, 0, 100);
    assertThat(script.fault("w", "state")).isZero();
  }

  /** Three ranks, ten times: none leaves a round before the others have come. */
  @Test
  void barriers() {
    int ranks = 3;
    int rounds = 10;
    KernelScript script = new KernelScript();
    for (int rank = 0; rank < ranks; rank++) {
      script.world("w" + rank, rank, PATIENCE).zeros("b" + rank, 8 * ranks).zeros("e" + rank, 8);
      script.add("stream s%d", rank);
    }
    for (int rank = 0; rank < ranks; rank++) {
      int mine = rank;
      script.table(
          "announce" + rank,
          IntStream.range(0, ranks).mapToObj(r -> "b" + r + "+" + 8 * mine).toArray(String[]::new));
    }
    for (int round = 0; round < rounds; round++) {
      for (int rank = 0; rank < ranks; rank++) {
        Parameters advance = new Parameters("EpochAdvanceParams").set("epoch", "e" + rank);
        script.companion("s" + rank, "epoch_advance", 1, KernelScript.in("w" + rank, advance));
        Parameters p = new Parameters("BarrierParams").set("announce", "announce" + rank);
        p.set("words", "b" + rank).target("target", "e" + rank, 1, 0).set("count", ranks);
        script.companion("s" + rank, "barrier_ranks", 1, KernelScript.in("w" + rank, p));
      }
    }
    script.add("devsync");
    for (int rank = 0; rank < ranks; rank++) {
      script.download("b" + rank).download("w" + rank + "Record");
    }
    script.run();
    for (int rank = 0; rank < ranks; rank++) {
      assertThat(script.longs("b" + rank)).containsOnly(rounds);
      assertThat(script.fault("w" + rank, "state")).isZero();
    }
  }
}
