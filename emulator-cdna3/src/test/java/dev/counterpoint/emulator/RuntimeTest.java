package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Streams, events, graphs, peers, other processes and collectives of the emulated library. */
@OnEmulatedDevice
class RuntimeTest {
  private static Script signalScript() {
    return new Script()
        .add("module m %s", Llvm.compile("signal"))
        .zeros("flag", 256)
        .zeros("out", 256);
  }

  @Test
  void aWaitingKernelDoesNotKeepAnotherStreamFromRunning() {
    Script script = signalScript().add("stream a").add("stream b");
    script.add("launch a m hold 1 1 1 64 1 1 0 p:flag i:5 p:out").add("query a");
    script
        .add("launch b m raise 1 1 1 1 1 1 0 p:flag i:5")
        .add("sync b")
        .add("sync a")
        .download("out")
        .run();
    assertThat(script.errors()).singleElement().asString().startsWith("error hipErrorNotReady");
    assertThat(script.ints("out")[0]).isEqualTo(1);
  }

  @Test
  void streamsWaitForValuesAndWriteThem() {
    Script script = signalScript().add("stream a").add("stream b");
    script.add("waitvalue a flag 3").add("set a out 7 4").add("writevalue a flag+4 9");
    script
        .add("writevalue b flag 3")
        .add("sync a")
        .add("sync b")
        .download("out")
        .download("flag")
        .run()
        .mustSucceed();
    assertThat(script.ints("out")[0]).isEqualTo(0x07070707);
    assertThat(script.ints("flag")[1]).isEqualTo(9);
  }

  @Test
  void eventsOrderStreamsAndKeepThePointTheyWereRecordedAt() {
    Script script =
        signalScript().add("stream a").add("stream b").add("event e").add("event f").add("event g");
    script.add("record f a").add("waitvalue a flag 1").add("set a out 1 4").add("record e a");
    script.add("wait b e").add("copy b out+4 out 4").add("record g b").add("writevalue 0 flag 1");
    script.add("sync b").add("elapsed f g").download("out").run().mustSucceed();
    assertThat(script.ints("out")[1]).isEqualTo(0x01010101);
    String elapsed =
        script.lines().stream()
            .filter(line -> line.startsWith("elapsed"))
            .findFirst()
            .orElseThrow();
    assertThat(Double.parseDouble(elapsed.substring(8))).isPositive();
  }

  @Test
  void aGraphOfTwoStreamsIsReplayed() {
    int[] a = IntStream.range(0, 1000).map(k -> Float.floatToRawIntBits(k)).toArray();
    Script script =
        new Script()
            .add("module m %s", Llvm.compile("basic"))
            .upload("a", a)
            .upload("b", a)
            .zeros("c", 4000)
            .zeros("d", 4000);
    script.add("stream s").add("stream t").add("event fork").add("event join");
    script.add("capture s").add("record fork s").add("wait t fork");
    script.add("launch s m vectorAdd 4 1 1 256 1 1 0 p:a p:b p:c i:1000");
    script.add("copy t d a 4000").add("record join t").add("wait s join");
    script.add("launch s m vectorAdd 4 1 1 256 1 1 0 p:c p:d p:a i:1000").add("endcapture s g");
    script.add("download a %s", script.file("before"));
    script.add("replay g s").add("replay g s").add("sync s").download("a").run().mustSucceed();
    // a ← (a + b) + a, twice.
    float[] result = script.floats("a");
    for (int k = 0; k < result.length; k++) {
      assertThat(result[k]).isEqualTo(3f * (2f * k + k) - 2f * k);
    }
    assertThat(script.file("before")).hasBinaryContent(toBytes(a));
  }

  @Test
  void aReplayWaitsForEventsOfOthersAndRecordsItsOwn() {
    Script script = signalScript().add("stream a").add("stream b").add("stream c");
    script.add("event given").add("event made");
    script.add("capture b").add("waitexternal b given").add("copy b out+4 out 4");
    script.add("recordexternal made b").add("endcapture b g");
    script.add("waitvalue a flag 1").add("set a out 1 4").add("record given a");
    script.add("replay g b").add("query b").add("wait c made").add("copy c out+8 out+4 4");
    script.add("writevalue 0 flag 1").add("sync c").download("out").run();
    assertThat(script.errors()).singleElement().asString().startsWith("error hipErrorNotReady");
    assertThat(script.ints("out")).startsWith(0x01010101, 0x01010101, 0x01010101);
  }

  private static byte[] toBytes(int[] values) {
    java.nio.ByteBuffer b =
        java.nio.ByteBuffer.allocate(values.length * 4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    b.asIntBuffer().put(values);
    return b.array();
  }

  @Test
  void aForkThatIsNotJoinedIsRefusedAndLeavesTheStreamsUsable() {
    Script script = signalScript().add("stream s").add("stream t").add("event fork");
    script
        .add("capture s")
        .add("record fork s")
        .add("wait t fork")
        .add("set t out 1 4")
        .add("endcapture s g");
    script
        .add("set t out 2 4")
        .add("sync t")
        .add("set s out+4 3 4")
        .add("sync s")
        .download("out")
        .run();
    assertThat(script.errors())
        .singleElement()
        .asString()
        .startsWith("error hipErrorStreamCaptureUnjoined");
    assertThat(script.ints("out")).startsWith(0x02020202, 0x03030303);
  }

  @Test
  void pitchedCopiesMoveNothingElse() {
    int[] from = IntStream.range(0, 64).toArray();
    Script script = new Script().upload("from", from).zeros("to", 256);
    script.add("copy2d 0 to+4 32 from+8 64 12 4").add("devsync").download("to").run().mustSucceed();
    int[] to = script.ints("to");
    for (int k = 0; k < to.length; k++) {
      int row = k / 8;
      int column = k % 8 - 1;
      boolean copied = row < 4 && column >= 0 && column < 3;
      assertThat(to[k]).isEqualTo(copied ? from[16 * row + 2 + column] : 0);
    }
  }

  @Test
  void memoryOfAnotherProcessIsShared() throws Exception {
    Path handle = Files.createTempFile("emulator", ".handle");
    Files.delete(handle);
    Script owner =
        signalScript()
            .add("export flag %s", handle)
            .add("waitvalue 0 flag 8")
            .add("devsync")
            .download("flag");
    CompletableFuture<Script> running = CompletableFuture.supplyAsync(owner::run);
    while (!Files.exists(handle) || Files.size(handle) < 64) {
      Thread.onSpinWait();
    }
    Script other =
        new Script().add("module m %s", Llvm.compile("signal")).add("import flag %s", handle);
    other
        .add("set 0 flag+64 5 4")
        .add("launch 0 m raise 1 1 1 1 1 1 0 p:flag i:8")
        .add("devsync")
        .run()
        .mustSucceed();
    assertThat(running.get().mustSucceed().ints("flag")[16]).isEqualTo(0x05050505);
    Files.delete(handle);
  }

  @Test
  void collectivesAcrossThreeDevices() {
    int ranks = 3;
    int count = 100;
    Script script = new Script().add("comm %d", ranks);
    for (int r = 0; r < ranks; r++) {
      int rank = r;
      script.add("device %d", r).add("stream s%d", r);
      script.upload(
          "in" + r, IntStream.range(0, ranks * count).map(k -> 1000 * (rank + 1) + k).toArray());
      script.zeros("sum" + r, ranks * count * 4L).zeros("all" + r, ranks * count * 4L);
      script.zeros("part" + r, count * 4L).zeros("got" + r, count * 4L);
    }
    for (int r = 0; r < ranks; r++) {
      script.add("collective allreduce s%1$d %1$d in%1$d sum%1$d %2$d 2 0", r, ranks * count);
      script.add("collective allgather s%1$d %1$d in%1$d all%1$d %2$d 2 0", r, count);
      script.add("collective reducescatter s%1$d %1$d in%1$d part%1$d %2$d 2 0", r, count);
      script.add("group");
      script.add("send s%1$d %1$d in%1$d %2$d 2 %3$d", r, count, (r + 1) % ranks);
      script.add("receive s%1$d %1$d got%1$d %2$d 2 %3$d", r, count, (r + ranks - 1) % ranks);
      script
          .add("endgroup")
          .add("collective broadcast s%1$d %1$d in%1$d in%1$d %2$d 2 1", r, count);
    }
    for (int r = 0; r < ranks; r++) {
      script.add("sync s%d", r);
    }
    for (int r = 0; r < ranks; r++) {
      script
          .download("sum" + r)
          .download("all" + r)
          .download("part" + r)
          .download("got" + r)
          .download("in" + r);
    }
    script.run().mustSucceed();
    for (int r = 0; r < ranks; r++) {
      for (int k = 0; k < count; k++) {
        assertThat(script.ints("sum" + r)[k]).isEqualTo(6000 + 3 * k);
        assertThat(script.ints("all" + r)[count + k]).isEqualTo(2000 + k);
        assertThat(script.ints("part" + r)[k]).isEqualTo(6000 + 3 * (r * count + k));
        assertThat(script.ints("got" + r)[k]).isEqualTo(1000 * ((r + ranks - 1) % ranks + 1) + k);
        assertThat(script.ints("in" + r)[k]).isEqualTo(2000 + k);
      }
    }
  }
}
