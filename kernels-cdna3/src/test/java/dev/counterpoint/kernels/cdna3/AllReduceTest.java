package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import dev.counterpoint.kernels.cdna3.AllReduces.Shape;
import dev.counterpoint.kernels.cdna3.AllReduces.Way;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** All-reduces over peers' memory between emulated devices, bit for bit against Java. */
@OnEmulatedDevice
class AllReduceTest {
  private static final long PATIENCE = 30_000_000_000L;
  private static final int LAUNCHES = 4;

  private static void sums(Way way, int chaos, Shape shape, int ranks, boolean inPlace) {
    new AllReduces(way, shape, ranks, LAUNCHES, inPlace)
        .prepare(chaos, PATIENCE)
        .launchAll()
        .verify();
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void sumsOfAwkwardShapes(Way way) {
    for (Element type : new Element[] {Element.BF16, Element.FP16, Element.FP32}) {
      sums(way, 1, new Shape(type, 1, 1, 0, 0), 3, false);
      sums(way, 2, new Shape(type, 5, 40, 8, 0), 2, false);
      sums(way, 3, new Shape(type, 3, 53, 1, 3), 4, false);
    }
    sums(way, 4, new Shape(Element.BF16, 2, 16, 0, 0), 1, false);
    sums(way, 5, new Shape(Element.BF16, 7, 24, 0, 0), 8, false);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void sumsInPlace(Way way) {
    sums(way, 1, new Shape(Element.BF16, 5, 40, 8, 0), 3, true);
    sums(way, 2, new Shape(Element.FP32, 2, 21, 2, 1), 3, true);
  }

  /** Several blocks, and more groups than they have threads. */
  @ParameterizedTest
  @CsvSource({"ONE_SHOT, 1", "ONE_SHOT, 99", "TWO_SHOT, 1", "TWO_SHOT, 99", "BULK, 1", "BULK, 99"})
  void sumsBySeveralBlocks(Way way, int chaos) {
    sums(way, chaos, new Shape(Element.FP16, 33, 385, 0, 0), 2, false);
  }

  private static void assertUntouched(KernelScript script, String name) {
    byte[] bytes = script.bytes(name);
    byte[] poison = new byte[bytes.length];
    Arrays.fill(poison, (byte) Gemm.POISON);
    assertThat(bytes).as(name).isEqualTo(poison);
  }

  /** One good launch, one to which the last rank never comes, and one behind it. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void aRankThatNeverComes(Way way) {
    long timeout = 2_000_000_000L; // the good launch must not expire
    AllReduces all = new AllReduces(way, new Shape(Element.BF16, 3, 40, 0, 0), 2, 3, false);
    KernelScript script = all.prepare(1, timeout).script;
    all.launch(0, 1);
    all.launch(0, 0);
    script.add("sync s0").add("sync s1");
    all.launch(1, 0);
    script.add("sync s0");
    all.launch(2, 0);
    script.add("sync s0").download("out1of0").download("out2of0");
    script.download("w0Record").download("w0HostAbort").run();
    assertThat(script.fault("w0", "state")).isEqualTo(1);
    assertThat(script.fault("w0", "kind")).isEqualTo(1);
    assertThat(script.fault("w0", "rank")).isZero();
    assertThat(script.fault("w0", "operation")).isEqualTo(77);
    assertThat(script.fault("w0", "site")).isEqualTo(6);
    assertThat(script.fault("w0", "array")).isEqualTo(21);
    assertThat(script.fault("w0", "word")).isEqualTo(1);
    assertThat(script.fault("w0", "seen")).isLessThan(2);
    assertThat(script.fault("w0", "wanted")).isEqualTo(2);
    assertThat(script.fault("w0", "elapsedNanos")).isGreaterThanOrEqualTo(timeout);
    assertThat(script.bytes("w0HostAbort")[0]).isEqualTo((byte) 1);
    assertUntouched(script, "out1of0");
    assertUntouched(script, "out2of0");
  }
}
