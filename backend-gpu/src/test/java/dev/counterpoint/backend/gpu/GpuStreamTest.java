package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GpuStreamTest {
  @Test
  void anExpiredWaitFailsTheWorldAndNamesWhatWasMissing() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(1);
      Epoch epoch = f.backend.signals().newEpoch(1);
      SignalArray words = f.backend.signals().allocate("arrived", 8);
      main.label("ag-gemm#7");
      f.backend.signals().advance(main, epoch);
      f.backend.signals().awaitAll(main, words, 3, 2, epoch, Target.THIS_LAUNCH);
      assertThatThrownBy(() -> main.synchronize(GpuFixture.PATIENCE))
          .isInstanceOf(DeviceFaultException.class)
          .hasMessageContaining("ag-gemm#7")
          .hasMessageContaining("signal 'arrived' word 3")
          .hasMessageContaining("was 0, wanted 1");
      FaultRecord fault = f.backend.fault().orElseThrow();
      assertThat(fault.kind()).isEqualTo(FaultRecord.Kind.WAIT_EXPIRED);
      assertThat(fault.rank()).isEqualTo(1);
      assertThatThrownBy(() -> f.backend.signals().advance(main, epoch))
          .isInstanceOf(DeviceFaultException.class);
      // Nobody else acts any more: the flag has reached the other rank's memory.
      assertThatThrownBy(() -> f.stream(0).record(f.backend.device(0).newEvent(false)))
          .isInstanceOf(DeviceFaultException.class);
    }
  }

  @Test
  void whatFollowsAnExpiredWaitIsNotDone() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Stream side = f.stream(0);
      Event event = f.backend.device(0).newEvent(false);
      var source = f.memory(0, 4);
      var target = f.backend.heap().allocate("box", 4).at(1);
      f.write(source, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("w", 2);
      f.backend.signals().advance(main, epoch);
      f.driver.take();
      // Enqueued before the world is known to have failed, as it is on a device.
      f.driver.faultsAreSeenLate = true;
      f.backend.signals().await(main, words, 0, epoch, Target.THIS_LAUNCH);
      f.backend
          .transfers()
          .putSignal(main, source, 0, target, 0, 4, Transport.AUTO, words, 1, epoch);
      main.record(event);
      side.await(event);
      f.backend.transfers().put(side, source, 0, target, 0, 4, Transport.AUTO);
      assertThat(f.driver.take())
          .containsExactly(
              "await_words",
              "holdWhileSet",
              "copy",
              "copy",
              "record",
              "await",
              "holdWhileSet",
              "copy");
      f.driver.showFaults();
      assertThat(f.read(target)).containsExactly(0, 0, 0, 0);
      assertThat(f.backend.signals().read(words, 1, 1)).isZero();
      assertThatThrownBy(() -> main.synchronize(GpuFixture.PATIENCE))
          .isInstanceOf(DeviceFaultException.class);
      // Held streams are let go although the copy engine stands at what they have enqueued.
      assertThat(f.driver.copyEngineStands()).isTrue();
      main.close();
      side.close();
      assertThat(f.driver.copyEngineStands()).isFalse();
    }
  }

  @Test
  void abortRaisesTheFlagOfEveryDevice() {
    try (GpuFixture f = new GpuFixture()) {
      f.backend.abort("because of a test");
      assertThat(f.driver.take()).containsExactly("write", "write");
      assertThat(f.backend.fault().orElseThrow().detail()).isEqualTo("because of a test");
      f.backend.abort("again");
      assertThat(f.backend.fault().orElseThrow().detail()).isEqualTo("because of a test");
    }
  }

  @Test
  void theFirstNativeErrorIsTheFaultOfTheWorld() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      main.label("op");
      var memory = f.memory(0, 64);
      f.driver.failures.put("fill", 700);
      assertThatThrownBy(() -> f.backend.transfers().fill(main, memory, 0, 64, (byte) 1))
          .isInstanceOf(DeviceFaultException.class)
          .hasMessageContaining("fill failed: 700 ERROR_OF_A_TEST")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
      f.driver.failures.clear();
      f.driver.failures.put("copy", 719);
      assertThatThrownBy(() -> main.synchronize(GpuFixture.PATIENCE)).hasMessageContaining("700");
      f.driver.failures.clear();
    }
  }

  @Test
  void synchronizeKeepsItsDeadlineAndTheWorldStaysUsable() {
    try (GpuFixture f = new GpuFixture()) {
      GpuStream main = (GpuStream) f.stream(0);
      f.driver.held.add(main.handle());
      assertThatThrownBy(() -> main.synchronize(Duration.ofMillis(5)))
          .isInstanceOf(DeadlineExceededException.class);
      f.driver.held.clear();
      main.synchronize(GpuFixture.PATIENCE);
      assertThat(f.backend.fault()).isEmpty();
    }
  }

  @Test
  void memoryGivenUpWhileTheDeviceWorksIsFreedLater() {
    try (GpuFixture f = new GpuFixture()) {
      GpuStream main = (GpuStream) f.stream(0);
      var buffer = f.backend.device(0).allocate(100);
      f.driver.held.add(main.handle());
      f.driver.take();
      buffer.close();
      assertThat(f.driver.take()).isEmpty();
      f.driver.held.clear();
      f.backend.device(0).allocate(10).close();
      assertThat(f.driver.take()).containsSubsequence("free", "allocate", "free");
    }
  }

  @Test
  void closedAndForeignThingsAreRefused() {
    try (GpuFixture f = new GpuFixture();
        GpuFixture other = new GpuFixture()) {
      Stream main = f.stream(0);
      Event event = f.backend.device(0).newEvent(false);
      event.close();
      event.close();
      assertThatThrownBy(() -> main.record(event)).isInstanceOf(ResourceClosedException.class);
      assertThatThrownBy(() -> other.stream(0).record(f.backend.device(0).newEvent(false)))
          .isInstanceOf(InvalidArgumentException.class);
      assertThatThrownBy(() -> main.record(f.backend.device(1).newEvent(false)))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("rank 0");
    }
  }

  @Test
  void closingReleasesEverything() {
    FakeDriver driver = new FakeDriver();
    GpuFixture f = new GpuFixture(driver);
    f.memory(0, 100);
    f.stream(1);
    f.backend.device(0).newEvent(true);
    Stream capturing = f.stream(0);
    capturing.beginCapture();
    f.close();
    f.close();
    assertThat(driver.streams).isEmpty();
    assertThat(driver.events).isEmpty();
    assertThat(driver.contexts.values()).containsOnly(0);
    assertThatThrownBy(() -> f.backend.device(0)).isInstanceOf(ResourceClosedException.class);
  }

  @Test
  void aPutRaisesItsSignalByCopyingTheEpochBehindTheData() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      var source = f.memory(0, 4);
      var target = f.memory(1, 4);
      f.write(source, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("w", 1);
      f.backend.signals().advance(main, epoch);
      f.driver.take();
      f.backend
          .transfers()
          .putSignal(main, source, 0, target, 0, 4, Transport.AUTO, words, 0, epoch);
      assertThat(f.driver.take()).containsExactly("copy", "copy");
      assertThat(f.read(target)).containsExactly(1, 2, 3, 4);
      assertThat(f.backend.signals().read(words, 1, 0)).isEqualTo(1);
      f.driver.take();
      f.backend
          .transfers()
          .putSignal(main, source, 0, target, 0, 4, Transport.COMPUTE, words, 0, epoch);
      assertThat(f.driver.take()).containsExactly("put", "signal_set");
    }
  }

  @Test
  void aWordThatOthersRaiseTooIsNeverLowered() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      var source = f.memory(0, 4);
      var target = f.memory(1, 4);
      Epoch early = f.backend.signals().newEpoch(0);
      Epoch late = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("w", 2);
      f.backend.signals().advance(main, early);
      f.backend.signals().advance(main, early);
      f.backend.signals().advance(main, late);
      f.backend.signals().set(main, words, 1, 0, early);
      f.backend
          .transfers()
          .putSignal(main, source, 0, target, 0, 4, Transport.COPY_ENGINE, words, 0, late);
      assertThat(f.backend.signals().read(words, 1, 0)).isEqualTo(2);
      f.backend.signals().addFromHost(words, 1, 1, 5);
      f.backend
          .transfers()
          .putSignal(main, source, 0, target, 0, 4, Transport.COPY_ENGINE, words, 1, late);
      assertThat(f.backend.signals().read(words, 1, 1)).isEqualTo(5);
    }
  }

  @Test
  void everyoneIsToldByOneKernel() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      Epoch epoch = f.backend.signals().newEpoch(0);
      SignalArray words = f.backend.signals().allocate("w", 3);
      f.backend.signals().advance(main, epoch);
      f.driver.take();
      f.backend.signals().setAll(main, words, new int[] {0, 1}, 2, epoch);
      assertThat(f.driver.take()).containsExactly("signal_set");
      assertThat(f.backend.signals().read(words, 0, 2)).isEqualTo(1);
      assertThat(f.backend.signals().read(words, 1, 2)).isEqualTo(1);
      assertThat(f.backend.signals().read(words, 1, 1)).isZero();
      f.driver.take();
      f.backend.signals().setAll(main, words, new int[] {1}, 0, epoch);
      assertThat(f.backend.signals().read(words, 0, 0)).isZero();
    }
  }

  @Test
  void rowsAreCopiedInOneGoWhereTheyCanBe() {
    try (GpuFixture f = new GpuFixture()) {
      Stream main = f.stream(0);
      var source = f.memory(0, 16);
      var target = f.memory(0, 16);
      f.write(source, new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
      f.write(target, new byte[16]);
      f.driver.take();
      f.backend.transfers().put2d(main, source, 0, 4, target, 0, 4, 4, 4, Transport.AUTO);
      f.backend.transfers().put2d(main, source, 0, 4, target, 8, 4, 2, 2, Transport.AUTO);
      assertThat(f.driver.take()).containsExactly("copy", "copyRows");
      assertThat(f.read(target))
          .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 4, 5, 14, 15);
      assertThatThrownBy(
              () -> f.backend.transfers().put(main, source, 0, target, 9, 8, Transport.AUTO))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("target");
    }
  }

  @Test
  void aCallerWaitsForRoomUntilTheBoundAndGoesOnWhenThereIsSome() {
    try (GpuFixture f = new GpuFixture()) {
      GpuStream main = (GpuStream) f.stream(0);
      Epoch epoch = f.backend.signals().newEpoch(0);
      f.driver.held.add(main.handle());
      for (int i = 0; i < 256; i++) {
        f.backend.signals().advance(main, epoch);
      }
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  f.backend.signals().advance(main, epoch);
                }
              })
          .isInstanceOf(DeadlineExceededException.class)
          .hasMessageContaining("room in stream");
      f.driver.held.clear();
      for (int i = 0; i < 2000; i++) {
        f.backend.signals().advance(main, epoch);
      }
    }
  }

  @Test
  void aFaultEndsTheWaitForRoom() {
    try (GpuFixture f = new GpuFixture()) {
      GpuStream main = (GpuStream) f.stream(0);
      Epoch epoch = f.backend.signals().newEpoch(0);
      f.driver.held.add(main.handle());
      CompletableFuture<Void> failing =
          CompletableFuture.runAsync(
              () -> f.backend.abort("a test"),
              CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  f.backend.signals().advance(main, epoch);
                }
              })
          .isInstanceOf(DeviceFaultException.class);
      failing.join();
      f.driver.held.clear();
    }
  }
}
