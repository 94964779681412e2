package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import org.junit.jupiter.api.Test;

/** Captures, and what is made of them. */
class GpuGraphTest {
  @Test
  void capturedWorkRunsAtEachReplayWithTheEpochOfTheReplay() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("w", 4);
      main.beginCapture();
      f.backend.signals().advance(main, epoch);
      f.backend.signals().set(main, words, 1, 2, epoch);
      Graph graph = main.endCapture();
      assertThat(epoch.read()).isZero();
      graph.launch(main);
      graph.launch(main);
      assertThat(epoch.read()).isEqualTo(2);
      assertThat(f.backend.signals().read(words, 1, 2)).isEqualTo(2);
      assertThat(f.driver.take()).contains("uploadGraph");
    }
  }

  @Test
  void aStreamThatWasNotJoinedBackIsNamedAndBothStayUsable() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Stream side = f.backend.device(0).newStream("side", 1);
      Event fork = f.backend.device(0).newEvent(false);
      Epoch epoch = f.backend.signals().newEpoch(0);
      main.beginCapture();
      main.record(fork);
      side.await(fork);
      f.backend.signals().advance(side, epoch);
      assertThatThrownBy(main::endCapture)
          .isInstanceOf(CounterpointException.class)
          .hasMessageContaining("stream 'side' of rank 0")
          .hasMessageContaining("was not joined back");
      f.backend.signals().advance(side, epoch);
      f.backend.signals().advance(main, epoch);
      assertThat(epoch.read()).isEqualTo(2);
    }
  }

  @Test
  void aJoinThroughAThirdStreamCounts() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Stream second = f.stream(0);
      Stream third = f.stream(0);
      Event fork = f.backend.device(0).newEvent(false);
      Event hand = f.backend.device(0).newEvent(false);
      Event join = f.backend.device(0).newEvent(false);
      Epoch epoch = f.backend.signals().newEpoch(0);
      main.beginCapture();
      main.record(fork);
      second.await(fork);
      f.backend.signals().advance(second, epoch);
      second.record(hand);
      third.await(hand);
      f.backend.signals().advance(third, epoch);
      third.record(join);
      main.await(join);
      try (Graph graph = main.endCapture()) {
        graph.launch(main);
      }
      assertThat(epoch.read()).isEqualTo(2);
    }
  }

  @Test
  void anEventOfAnEndedCaptureIsAsIfNeverRecorded() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Event event = f.backend.device(0).newEvent(false);
      main.beginCapture();
      main.record(event);
      assertThat(event.isComplete()).isFalse();
      main.endCapture();
      assertThat(event.isComplete()).isTrue();
      f.driver.take();
      f.stream(0).await(event);
      assertThat(f.driver.take()).isEmpty();
    }
  }

  @Test
  void timedEventsOfACaptureAreRecordedByEachReplay() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Event event = f.backend.device(0).newEvent(true);
      main.beginCapture();
      main.record(event);
      main.endCapture();
      assertThat(f.driver.take()).containsSubsequence("record", "recordExternal");
    }
  }

  @Test
  void waitingInACaptureForWorkOutsideIsANodeOfItsOwn() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Stream other = f.stream(0);
      Event event = f.backend.device(0).newEvent(false);
      other.record(event);
      main.beginCapture();
      main.await(event);
      main.endCapture();
      assertThat(f.driver.take()).contains("awaitExternal");
    }
  }

  @Test
  void aRefusalBecauseOfACaptureDoesNotFailTheWorld() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      var memory = f.memory(0, 64);
      f.driver.failures.put("fill", 900);
      assertThatThrownBy(() -> f.backend.transfers().fill(main, memory, 0, 64, (byte) 1))
          .isInstanceOf(CounterpointException.class)
          .hasMessageContaining("captures");
      f.driver.failures.clear();
      assertThat(f.backend.fault()).isEmpty();
    }
  }

  @Test
  void aGraphThatDoesNotEndIsNotDestroyedAndClosingItReturns() {
    try (GpuFixture f = new GpuFixture()) {
      GpuStream main = (GpuStream) f.stream(0);
      Epoch epoch = f.backend.signals().newEpoch(0);
      main.beginCapture();
      f.backend.signals().advance(main, epoch);
      Graph stuck = main.endCapture();
      f.driver.held.add(main.handle());
      stuck.launch(main);
      int before = f.driver.executables.size();
      stuck.close();
      assertThat(f.driver.executables).hasSize(before);
      f.driver.held.clear();

      main.beginCapture();
      f.backend.signals().advance(main, epoch);
      Graph done = main.endCapture();
      done.launch(main);
      done.close();
      assertThat(f.driver.executables).hasSize(before);
    }
  }
}
