package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Order, gate, route and post, with ranks emulated by separate memory on one device. */
@OnEmulatedDevice
class HooksTest {
  private static final long PATIENCE = 20_000_000_000L;

  private static int[] shuffled(int count, long seed) {
    List<Integer> values = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(values, new Random(seed));
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static GemmSpec ragged(int shards) {
    return new GemmSpec().tile(3).shape(133, 300, 104).shards(shards);
  }

  /** With one block, tiles begin in the order given; the result does not depend on it. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void order(int by) {
    KernelScript script = new KernelScript();
    Gemm gemm = new Gemm(ragged(5).grid(1), "g", by).prepare(script);
    int[] order = shuffled(by == 1 ? 5 : gemm.tiles(), by);
    int spanBytes = ParameterLayout.size("TileSpan");
    script.uploadInts("order", order).zeros("trace", (long) gemm.tiles() * spanBytes);
    Parameters p = gemm.parameters().set("order", "order").set("orderBy", by);
    gemm.launch(script, "0", p.set("trace", "trace"));
    script.add("devsync").download("gD").download("trace").run();
    gemm.verify(script.bytes("gD"));
    ByteBuffer spans = ByteBuffer.wrap(script.bytes("trace")).order(ByteOrder.LITTLE_ENDIAN);
    int perShard = gemm.tileRowsPerShard * gemm.tileColumns;
    long before = 0;
    for (int k = 0; k < gemm.tiles(); k++) {
      long start = spans.getLong(k * spanBytes + 8);
      if (start == 0) {
        continue; // an empty tile
      }
      assertThat(start).isGreaterThanOrEqualTo(before);
      assertThat(spans.getLong(k * spanBytes)).isBetween(before, start);
      long computed = spans.getLong(k * spanBytes + 16);
      assertThat(computed).isGreaterThanOrEqualTo(start);
      assertThat(spans.getLong(k * spanBytes + 24)).isGreaterThanOrEqualTo(computed);
      before = start;
      int tile = spans.getInt(k * spanBytes + 40);
      if (by == 2) {
        assertThat(tile).isEqualTo(order[k]);
      } else if (by == 1) {
        assertThat(tile / perShard).isEqualTo(order[k / perShard]);
      }
    }
  }

  /** A arrives shard by shard, late, by another stream; before its signal it is poison. */
  @ParameterizedTest
  @ValueSource(ints = {1, 77})
  void gate(int chaos) {
    KernelScript script = new KernelScript();
    script.script.environment("HIPEMU_CHAOS", String.valueOf(chaos));
    Gemm gemm = new Gemm(ragged(6).grid(8), "g", 3).prepare(script);
    script.world("w", 0, PATIENCE).zeros("words", 512).zeros("epoch", 8);
    int tileRows = 6 * gemm.tileRowsPerShard;
    int[] first = IntStream.range(0, tileRows).map(r -> 2 * (r / gemm.tileRowsPerShard)).toArray();
    // Shard 0 is there from the start.
    int[] count =
        IntStream.range(0, tileRows).map(r -> r < gemm.tileRowsPerShard ? 0 : 2).toArray();
    script
        .uploadInts("first", first)
        .uploadInts("count", count)
        .add("stream one")
        .add("stream two");
    long rowBytes = 2L * gemm.strideA;
    script.zeros("late", gemm.a.length).add("copy 0 late gA %d", gemm.a.length);
    Parameters p = KernelScript.in("w", gemm.parameters()).set("gateWords", "words");
    p.set("gateFirst", "first").set("gateCount", "count").target("gateTarget", "epoch", 1, 0);
    for (int launch = 1; launch <= 2; launch++) {
      long ready = Math.min(gemm.spec.rows, gemm.rowsPerShard) * rowBytes;
      script.add("set 0 gA+%d 255 %d", ready, gemm.a.length - ready);
      script.add("set 0 gD %d %d", Gemm.POISON, gemm.outputBytes()).add("devsync");
      Parameters advance = new Parameters("EpochAdvanceParams").set("epoch", "epoch");
      script.companion("two", "epoch_advance", 1, KernelScript.in("w", advance)).add("sync two");
      gemm.launch(script, "one", p);
      for (int shard = 5; shard > 0; shard--) {
        int start = Math.min(gemm.spec.rows, shard * gemm.rowsPerShard);
        int end = Math.min(gemm.spec.rows, start + gemm.rowsPerShard);
        int middle = (start + end) / 2;
        for (int half = 0; half < 2; half++) {
          long at = (half == 0 ? start : middle) * rowBytes;
          Parameters put = new Parameters("PutParams").set("source", "late+" + at);
          put.set("target", "gA+" + at).set("rows", 1);
          put.set("rowBytes", (half == 0 ? middle : end) * rowBytes - at);
          put.set("signal", "words+" + (2 * shard + half) * 8).set("epoch", "epoch");
          put.set("arrivals", "words+504");
          script.companion("two", "put", 3, KernelScript.in("w", put));
        }
      }
      script.add("devsync").download("gD").download("wRecord");
    }
    script.run();
    assertThat(script.fault("w", "state")).isZero();
    gemm.verify(script.bytes("gD"));
  }

  /** Shards go to three owners; each gets its rows, and one count for each tile with elements. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ownersAndPosts(boolean clearance) {
    KernelScript script = new KernelScript();
    GemmSpec spec = ragged(3).splits(2).grid(10);
    Gemm gemm = new Gemm(spec, "g", 4).prepare(script);
    int stride = spec.cols + 5;
    long ownerBytes = 2L * gemm.rowsPerShard * stride;
    script.world("w", 0, PATIENCE).zeros("epoch", 8).zeros("clear", 64);
    for (int rank = 0; rank < 3; rank++) {
      script.filled("m" + rank, ownerBytes, Gemm.POISON).zeros("n" + rank, 64);
    }
    int[] posts = IntStream.range(0, gemm.tiles()).map(t -> t % 7 == 0 ? -1 : t % 4).toArray();
    script.table("origins", "m0", "m1", "m2").table("counters", "n0", "n1", "n2");
    script.uploadInts("posts", posts).uploadInts("clearIndex", 4, 2, 0);
    // Locally first, for the bits.
    gemm.launch(script, "0", gemm.parameters());
    script.add("devsync").download("gD").add("set 0 gD %d %d", Gemm.POISON, gemm.outputBytes());
    script.add("stream one").add("stream two").add("devsync");
    Parameters p = KernelScript.in("w", gemm.parameters()).set("owners", "origins");
    p.set("ownerStride", stride).set("postIndex", "posts").set("postWords", "counters");
    script.zeros("trace", 2L * gemm.tiles() * ParameterLayout.size("TileSpan"));
    p.set("trace", "trace");
    if (clearance) {
      p.set("clearanceWords", "clear").set("clearanceIndex", "clearIndex");
      p.target("clearanceTarget", "epoch", 1, -1);
    }
    for (int launch = 1; launch <= 2; launch++) {
      Parameters advance = new Parameters("EpochAdvanceParams").set("epoch", "epoch");
      script.companion("0", "epoch_advance", 1, KernelScript.in("w", advance)).add("devsync");
      for (int rank = 0; rank < 3; rank++) {
        script.add("set 0 m%d %d %d", rank, Gemm.POISON, ownerBytes);
      }
      script.add("set 0 trace 0 %d", 2L * gemm.tiles() * ParameterLayout.size("TileSpan"));
      script.add("devsync");
      gemm.launch(script, "one", p);
      if (clearance && launch == 2) {
        // Nobody has consumed launch 1 yet.
        script.add("query one");
        for (int word : new int[] {0, 2, 4}) {
          Parameters add = new Parameters("SignalAddParams").set("word", "clear+" + word * 8);
          script.companion("two", "signal_add", 1, KernelScript.in("w", add.set("delta", 1)));
        }
      }
      script.add("devsync");
    }
    for (int rank = 0; rank < 3; rank++) {
      script.download("m" + rank).download("n" + rank);
    }
    script.add("download gD %s", script.script.file("untouched")).download("wRecord");
    script.download("trace");
    script.script.run();
    List<String> errors = script.script.errors();
    if (clearance) {
      assertThat(errors).singleElement().asString().startsWith("error hipErrorNotReady");
    } else {
      assertThat(errors).isEmpty();
    }
    assertThat(script.fault("w", "state")).isZero();
    verifyPostTimes(gemm, posts, script.bytes("trace"));
    byte[] local = script.bytes("gD");
    gemm.verify(local);
    byte[] poison = new byte[local.length];
    Arrays.fill(poison, (byte) Gemm.POISON);
    assertThat(script.script.file("untouched")).hasBinaryContent(poison);
    for (int rank = 0; rank < 3; rank++) {
      byte[] wanted = new byte[(int) ownerBytes];
      Arrays.fill(wanted, (byte) Gemm.POISON);
      int start = Math.min(spec.rows, rank * gemm.rowsPerShard);
      int end = Math.min(spec.rows, start + gemm.rowsPerShard);
      for (int row = start; row < end; row++) {
        System.arraycopy(
            local, row * gemm.strideD * 2, wanted, (row - start) * stride * 2, spec.cols * 2);
      }
      assertThat(script.bytes("m" + rank)).as("owner %d", rank).isEqualTo(wanted);
      long[] counts = new long[8];
      for (int tile = 0; tile < gemm.tiles(); tile++) {
        boolean owned = tile / (gemm.tileRowsPerShard * gemm.tileColumns) == rank;
        if (owned && gemm.extent(tile).rows() > 0 && posts[tile] >= 0) {
          counts[posts[tile]] += 2;
        }
      }
      assertThat(script.longs("n" + rank)).as("posts at owner %d", rank).isEqualTo(counts);
    }
  }

  /** By one of the blocks that share a tile, once its stores are issued. */
  private static void verifyPostTimes(Gemm gemm, int[] posts, byte[] trace) {
    ByteBuffer spans = ByteBuffer.wrap(trace).order(ByteOrder.LITTLE_ENDIAN);
    int spanBytes = ParameterLayout.size("TileSpan");
    int[] times = new int[gemm.tiles()];
    for (int at = 0; at < trace.length; at += spanBytes) {
      long posted = spans.getLong(at + 32);
      if (posted != 0) {
        assertThat(posted).isGreaterThanOrEqualTo(spans.getLong(at + 24));
        times[spans.getInt(at + 40)]++;
      }
    }
    for (int tile = 0; tile < gemm.tiles(); tile++) {
      boolean told = gemm.extent(tile).rows() > 0 && posts[tile] >= 0;
      assertThat(times[tile]).as("times that tile %d was posted", tile).isEqualTo(told ? 1 : 0);
    }
  }

  /** Packed tiles have the bits of the local route, and unpacking restores them. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP32"})
  void packed(Element out) {
    KernelScript script = new KernelScript();
    GemmSpec spec = ragged(4).out(out);
    Gemm gemm = new Gemm(spec, "g", 5).prepare(script);
    gemm.launch(script, "0", gemm.parameters());
    int[] slots = shuffled(gemm.tiles(), 6);
    int blockBytes = spec.tile.rows() * spec.tile.cols() * out.bytes;
    long bytes = (long) gemm.tiles() * blockBytes;
    script.uploadInts("slots", slots).filled("blocks", bytes, Gemm.POISON);
    gemm.launch(script, "0", gemm.parameters().set("packedSlots", "slots").set("d", "blocks"));
    int pad = 3;
    long outputBytes = (long) spec.rows * (spec.cols + pad) * out.bytes;
    script.filled("flat", outputBytes, Gemm.POISON);
    Parameters unpack =
        new Parameters("UnpackParams").set("packed", "blocks").set("output", "flat");
    unpack.set("outputStride", spec.cols + pad).set("slots", "slots").set("rows", spec.rows);
    unpack.set("cols", spec.cols).set("elementBytes", out.bytes);
    unpack.set("tileRows", spec.tile.rows()).set("tileCols", spec.tile.cols());
    unpack.set("shards", spec.shards).set("rowsPerShard", gemm.rowsPerShard);
    unpack.set("tileRowsPerShard", gemm.tileRowsPerShard).set("tileColumns", gemm.tileColumns);
    script.companion("0", "unpack", 7, unpack).add("devsync");
    script.download("gD").download("blocks").download("flat").run();
    byte[] local = script.bytes("gD");
    gemm.verify(local);
    byte[] wanted = new byte[(int) bytes];
    Arrays.fill(wanted, (byte) Gemm.POISON);
    for (int tile = 0; tile < gemm.tiles(); tile++) {
      Gemm.Extent at = gemm.extent(tile);
      for (int row = 0; row < at.rows(); row++) {
        System.arraycopy(
            local,
            ((at.row() + row) * gemm.strideD + at.col()) * out.bytes,
            wanted,
            slots[tile] * blockBytes + row * spec.tile.cols() * out.bytes,
            at.cols() * out.bytes);
      }
    }
    assertThat(script.bytes("blocks")).isEqualTo(wanted);
    byte[] flat = new byte[(int) outputBytes];
    Arrays.fill(flat, (byte) Gemm.POISON);
    for (int row = 0; row < spec.rows; row++) {
      int width = spec.cols * out.bytes;
      System.arraycopy(
          local, row * gemm.strideD * out.bytes, flat, row * (spec.cols + pad) * out.bytes, width);
    }
    assertThat(script.bytes("flat")).isEqualTo(flat);
  }

  /** Blocks of one die do consecutive units, and every unit is done, whatever the grid. */
  @Test
  void everyGridDoesEveryTile() {
    KernelScript script = new KernelScript();
    List<Gemm> gemms = new ArrayList<>();
    for (int grid = 1; grid <= 19; grid += 3) {
      GemmSpec spec = new GemmSpec().tile(4).shape(100, 380, 40).grid(grid);
      Gemm gemm = new Gemm(spec, "g" + grid, 7).prepare(script);
      gemm.launch(script, "0", gemm.parameters());
      script.add("devsync").download(gemm.name + "D");
      gemms.add(gemm);
    }
    script.run();
    gemms.forEach(gemm -> gemm.verify(script.bytes(gemm.name + "D")));
  }
}
