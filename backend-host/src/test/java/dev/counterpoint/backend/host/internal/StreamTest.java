package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transport;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamTest {
  private final HostFixture host = HostFixture.open(2);
  private final Signals signals = host.backend.signals();
  private final SignalArray words = host.own(signals.allocate("words", 4));
  private final Epoch epoch = host.own(signals.newEpoch(0));

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void workRunsInOrder() {
    DeviceMemory memory = host.allocate(0, 4096);
    for (int i = 0; i < 20_000; i++) {
      host.backend.transfers().fill(host.stream(0), memory, i % 4000, 96, (byte) i);
    }
    host.backend.transfers().fill(host.stream(0), memory, 0, 4096, (byte) 7);
    host.synchronize();
    assertThat(host.bytes(memory, 0, 4096)).containsOnly(7);
  }

  @Test
  void aWaitingStreamDoesNotKeepAnotherFromRunning() {
    Stream waiting = host.own(host.backend.device(0).newStream("waiting", 0));
    signals.await(waiting, words, 0, epoch, new Target(0, 1));
    signals.add(host.stream(0), words, 0, 0, 1);
    waiting.synchronize(HostFixture.DEADLINE);
    assertThat(signals.read(words, 0, 0)).isEqualTo(1);
  }

  @Test
  void anAwaitKeepsThePointThatItSaw() {
    Stream first = host.stream(0);
    Stream second = host.own(host.backend.device(0).newStream("second", 0));
    Event event = host.own(host.backend.device(0).newEvent(false));
    assertThat(event.isComplete()).isTrue();
    second.await(event); // never recorded: no effect
    signals.await(first, words, 0, epoch, new Target(0, 1));
    signals.add(first, words, 0, 1, 1);
    first.record(event);
    second.await(event);
    signals.add(second, words, 0, 2, 1);
    second.record(event); // moves it; the await above keeps the first stream's point
    assertThat(event.isComplete()).isFalse();
    assertThat(signals.read(words, 0, 2)).isZero();
    signals.addFromHost(words, 0, 0, 1);
    second.synchronize(HostFixture.DEADLINE);
    assertThat(signals.read(words, 0, 1)).isEqualTo(1);
    assertThat(event.isComplete()).isTrue();
  }

  @Test
  void timedEventsMeasure() {
    Event before = host.own(host.backend.device(0).newEvent(true));
    Event after = host.own(host.backend.device(0).newEvent(true));
    Event untimed = host.own(host.backend.device(0).newEvent(false));
    host.stream(0).record(before);
    host.backend.transfers().fill(host.stream(0), host.allocate(0, 1 << 20), 0, 1 << 20, (byte) 1);
    host.stream(0).record(after);
    host.stream(0).record(untimed);
    host.synchronize();
    assertThat(after.nanosSince(before)).isPositive();
    assertThatThrownBy(() -> untimed.nanosSince(before))
        .isInstanceOf(UnsupportedCapabilityException.class);
  }

  @Test
  void synchronizeGivesUpAtItsDeadlineAndTheWorldStaysUsable() {
    signals.await(host.stream(0), words, 0, epoch, new Target(0, 1));
    assertThatThrownBy(() -> host.stream(0).synchronize(Duration.ofMillis(20)))
        .isInstanceOf(DeadlineExceededException.class)
        .hasMessageContaining("stream 'main' of rank 0");
    signals.addFromHost(words, 0, 0, 1);
    host.stream(0).synchronize(HostFixture.DEADLINE);
  }

  @Test
  void aFullQueueBlocksUntilThereIsRoom() {
    signals.await(host.stream(0), words, 0, epoch, new Target(0, 1));
    Thread raiser =
        new Thread(
            () -> {
              while (Thread.currentThread().isAlive() && signals.read(words, 1, 0) == 0) {
                Thread.onSpinWait();
              }
              signals.addFromHost(words, 0, 0, 1);
            });
    raiser.start();
    for (int i = 0; i < 2 * CommandRing.CAPACITY; i++) {
      if (i == CommandRing.CAPACITY - 2) {
        signals.addFromHost(words, 1, 0, 1);
      }
      signals.add(host.stream(0), words, 0, 1, 1);
    }
    host.synchronize();
    assertThat(signals.read(words, 0, 1)).isEqualTo(2L * CommandRing.CAPACITY);
  }

  @Test
  void enqueuingAllocatesNothingInSteadyState() {
    DeviceMemory source = host.upload(0, DType.FP32, new float[64]);
    DeviceMemory target = host.allocate(1, 256);
    Event event = host.own(host.backend.device(0).newEvent(false));
    Stream side = host.own(host.backend.device(0).newStream("side", 0));
    Runnable launch =
        () -> {
          Stream stream = host.stream(0);
          stream.label("step");
          signals.advance(stream, epoch);
          host.backend
              .transfers()
              .putSignal(stream, source, 0, target, 0, 256, Transport.AUTO, words, 0, epoch);
          signals.add(stream, words, 0, 1, 1);
          signals.await(stream, words, 1, epoch, Target.THIS_LAUNCH);
          stream.record(event);
          side.await(event);
        };
    // As many commands as are ever in flight are kept: make that many first, behind a closed word.
    signals.await(host.stream(0), words, 0, epoch, new Target(0, 1));
    for (int i = 0; i < 200; i++) {
      launch.run();
    }
    signals.addFromHost(words, 0, 0, 1);
    for (int i = 0; i < 5000; i++) {
      launch.run();
    }
    host.synchronize();
    side.synchronize(HostFixture.DEADLINE);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 200; i++) {
      launch.run();
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    host.synchronize();
    assertThat(allocated).as("bytes for 1200 items").isLessThan(1200);
  }

  @Test
  void useAfterCloseNamesTheResource() {
    Stream stream = host.backend.device(1).newStream("gone", 0);
    stream.close();
    stream.close();
    assertThatThrownBy(() -> signals.add(stream, words, 0, 0, 1))
        .isInstanceOf(ResourceClosedException.class)
        .hasMessage("stream 'gone' of rank 1 is closed");
  }
}
