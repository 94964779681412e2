package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.counterpoint.DType;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultTest {
  private final HostFixture host = HostFixture.open(3, Duration.ofMillis(300));
  private final SignalArray words = host.own(host.backend.signals().allocate("never", 8));
  private final Epoch[] epochs = new Epoch[3];

  FaultTest() {
    for (int rank = 0; rank < 3; rank++) {
      epochs[rank] = host.own(host.backend.signals().newEpoch(rank));
    }
  }

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void anExpiredWaitSaysWhatItWaitedFor() {
    host.stream(1).label("ag-gemm#3");
    host.backend.signals().addFromHost(words, 1, 4, 2);
    host.backend.signals().awaitAll(host.stream(1), words, 3, 3, epochs[1], new Target(0, 2));
    host.backend.signals().addFromHost(words, 1, 3, 2);
    host.backend.signals().add(host.stream(1), words, 0, 0, 1);
    DeviceFaultException e =
        catchThrowableOfType(
            DeviceFaultException.class, () -> host.stream(1).synchronize(HostFixture.DEADLINE));
    FaultRecord fault = e.fault();
    assertThat(fault.kind()).isEqualTo(FaultRecord.Kind.WAIT_EXPIRED);
    assertThat(fault.rank()).isEqualTo(1);
    assertThat(fault.operation()).isEqualTo("ag-gemm#3");
    assertThat(fault.waitedFor()).isEqualTo("signal 'never' word 5");
    assertThat(fault.seen()).isZero();
    assertThat(fault.wanted()).isEqualTo(2);
    assertThat(fault.elapsedMillis()).isBetween(300L, 5000L);
    assertThatThrownBy(() -> host.backend.signals().advance(host.stream(0), epochs[0]))
        .isInstanceOf(DeviceFaultException.class)
        .hasMessage(e.getMessage());
    assertThat(host.backend.signals().read(words, 0, 0)).as("what followed the wait").isZero();
  }

  @Test
  void anAbortFreesEveryWaitAtOnce() {
    for (int rank = 0; rank < 3; rank++) {
      host.backend.signals().await(host.stream(rank), words, 0, epochs[rank], new Target(0, 1));
    }
    host.backend.abort("enough");
    for (int rank = 0; rank < 3; rank++) {
      int r = rank;
      assertThatThrownBy(() -> host.stream(r).synchronize(HostFixture.DEADLINE))
          .isInstanceOf(DeviceFaultException.class)
          .hasMessageContaining("enough");
    }
    assertThat(host.backend.fault()).map(FaultRecord::kind).contains(FaultRecord.Kind.ABORTED);
  }

  @Test
  void aCollectiveNamesTheRanksThatDidNotArrive() {
    for (int rank : new int[] {0, 2}) {
      DeviceMemory memory = host.allocate(rank, 64);
      host.backend.collectives().allReduce(host.stream(rank), memory, 0, memory, 0, 16, DType.FP32);
    }
    assertThatThrownBy(() -> host.stream(0).synchronize(HostFixture.DEADLINE))
        .isInstanceOf(DeviceFaultException.class)
        .hasMessageContaining("allReduce of 16 FP32")
        .hasMessageContaining("did not arrive: {1}");
  }

  @Test
  void collectivesThatDoNotMatchNameBoth() {
    DeviceMemory[] memory = new DeviceMemory[3];
    for (int rank = 0; rank < 3; rank++) {
      memory[rank] = host.allocate(rank, 64);
    }
    assertThatThrownBy(
            () -> {
              for (int rank = 0; rank < 3; rank++) { // the fault may come before the last call
                host.backend
                    .collectives()
                    .allReduce(
                        host.stream(rank),
                        memory[rank],
                        0,
                        memory[rank],
                        0,
                        rank == 1 ? 8 : 16,
                        DType.FP32);
              }
              host.stream(0).synchronize(HostFixture.DEADLINE);
            })
        .isInstanceOf(DeviceFaultException.class)
        .hasMessageContaining("of 16 FP32")
        .hasMessageContaining("of 8 FP32");
  }

  @Test
  void aFailingCommandIsAFault() {
    HostStream stream = (HostStream) host.stream(0);
    stream.commit(
        stream.begin(
            (command, execution) -> {
              throw new UnsupportedOperationException("bug");
            }));
    assertThatThrownBy(() -> stream.synchronize(HostFixture.DEADLINE))
        .isInstanceOf(DeviceFaultException.class)
        .hasMessageContaining("bug");
    assertThat(host.backend.fault()).map(FaultRecord::kind).contains(FaultRecord.Kind.NATIVE_ERROR);
  }

  @Test
  void badArgumentsLeaveTheWorldAsItWas() {
    var signals = host.backend.signals();
    assertThatThrownBy(() -> signals.set(host.stream(0), words, 3, 0, epochs[0]))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> signals.set(host.stream(0), words, 0, 8, epochs[0]))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> signals.add(host.stream(0), words, 0, 0, -1))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> signals.await(host.stream(0), words, 0, epochs[1], Target.THIS_LAUNCH))
        .isInstanceOf(InvalidArgumentException.class);
    host.synchronize();
  }

  @Test
  void closeWithStuckWaitsIsBounded() {
    HostFixture stuck = HostFixture.open(2, Duration.ofMillis(300));
    SignalArray never = stuck.backend.signals().allocate("stuck", 1);
    Epoch epoch = stuck.backend.signals().newEpoch(0);
    for (int i = 0; i < 10; i++) {
      stuck.backend.signals().await(stuck.stream(0), never, 0, epoch, new Target(0, 1));
    }
    long start = System.nanoTime();
    stuck.backend.close();
    stuck.backend.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThatThrownBy(() -> stuck.backend.heap())
        .isInstanceOf(ResourceClosedException.class)
        .hasMessageContaining("backend 'host' of 2 ranks");
    assertThatThrownBy(epoch::read).isInstanceOf(ResourceClosedException.class);
    stuck.close();
  }
}
