package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a backend does before anyone uses it. */
class OpeningTest {
  private static final List<String> COMPANIONS =
      List.of(
          "epoch_advance",
          "signal_set",
          "signal_add",
          "await_words",
          "put",
          "fill",
          "unpack",
          "tile_reduce",
          "row_norm",
          "all_reduce_one_shot",
          "all_reduce_two_shot",
          "all_reduce_bulk");

  @Test
  void everyCompanionHasRunOnceAndHasDoneNothing() {
    try (GpuFixture f = new GpuFixture()) {
      assertThat(f.driver.lastParameters.keySet()).containsAll(COMPANIONS);
      for (String entry : COMPANIONS) {
        long flag = f.driver.lastParameters.get(entry).getLong(OperationLayout.ABORT);
        assertThat(f.driver.memory.getInt(flag)).as(entry).isEqualTo(1);
      }
      assertThat(f.backend.fault()).isEmpty();
    }
  }

  @Test
  void streamsAreHeldInGraphsOnlyWhereThatWasSeenToWork() {
    assertThat(holdsInAReplay(new FakeDriver())).isTrue();
    for (String step : List.of("endCapture", "instantiate", "launchGraph")) {
      FakeDriver driver = new FakeDriver();
      driver.failures.put(step, 801);
      try (GpuFixture f = new GpuFixture(driver)) {
        driver.failures.clear();
        assertThat(holdsInACapture(f)).as(step).isFalse();
      }
    }
  }

  @Test
  void faultsAreToldAfterTheEnd() {
    GpuFixture sound = new GpuFixture();
    sound.close();
    assertThat(sound.backend.fault()).isEmpty();
    GpuFixture failed = new GpuFixture();
    failed.backend.abort("because of a test");
    failed.close();
    assertThat(failed.backend.fault().orElseThrow().detail()).isEqualTo("because of a test");
  }

  private static boolean holdsInAReplay(FakeDriver driver) {
    try (GpuFixture f = new GpuFixture(driver)) {
      return holdsInACapture(f);
    }
  }

  private static boolean holdsInACapture(GpuFixture f) {
    Stream stream = f.stream(0);
    f.driver.take();
    stream.beginCapture();
    f.backend.transfers().fill(stream, f.memory(0, 16), 0, 16, (byte) 1);
    try (Graph graph = stream.endCapture()) {
      return f.driver.take().contains("holdWhileSet");
    }
  }
}
