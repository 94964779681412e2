package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GraphTest {
  private final HostFixture host = HostFixture.open(2);
  private final Signals signals = host.backend.signals();
  private final SignalArray words = host.own(signals.allocate("words", 4));
  private final Stream main = host.stream(0);
  private final Stream side = host.own(host.backend.device(0).newStream("side", 0));
  private final Event fork = host.own(host.backend.device(0).newEvent(false));
  private final Event join = host.own(host.backend.device(0).newEvent(false));

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void nothingRunsWhileCapturing() {
    main.beginCapture();
    signals.add(main, words, 0, 0, 1);
    Graph graph = host.own(main.endCapture());
    host.synchronize();
    assertThat(signals.read(words, 0, 0)).isZero();
    graph.launch(main);
    host.synchronize();
    assertThat(signals.read(words, 0, 0)).isEqualTo(1);
  }

  @Test
  void aThousandReplaysWithAJoinedStreamKeepTheirOrder() {
    Epoch epoch = host.own(signals.newEpoch(0));
    main.beginCapture();
    signals.advance(main, epoch);
    main.record(fork);
    side.await(fork);
    // Truly at the same time: each branch waits for the other.
    signals.set(side, words, 0, 0, epoch);
    signals.await(side, words, 1, epoch, Target.THIS_LAUNCH);
    side.record(join);
    signals.await(main, words, 0, epoch, Target.THIS_LAUNCH);
    signals.set(main, words, 0, 1, epoch);
    main.await(join);
    signals.add(main, words, 0, 2, 1);
    Graph graph = host.own(main.endCapture());
    for (int i = 0; i < 1000; i++) {
      graph.launch(main);
    }
    host.synchronize();
    assertThat(epoch.read()).isEqualTo(1000);
    assertThat(signals.read(words, 0, 0)).isEqualTo(1000);
    assertThat(signals.read(words, 0, 1)).isEqualTo(1000);
    assertThat(signals.read(words, 0, 2)).isEqualTo(1000);
    signals.add(side, words, 0, 3, 1); // the side stream is itself again
    side.synchronize(HostFixture.DEADLINE);
    assertThat(signals.read(words, 0, 3)).isEqualTo(1);
  }

  @Test
  void collectivesAndTransfersReplay() {
    DeviceMemory[] send = new DeviceMemory[2];
    DeviceMemory[] receive = new DeviceMemory[2];
    Graph[] graphs = new Graph[2];
    for (int rank = 0; rank < 2; rank++) {
      send[rank] = host.upload(rank, DType.FP32, new float[] {rank + 1, 10 * (rank + 1)});
      receive[rank] = host.allocate(rank, 8);
      Stream stream = host.stream(rank);
      stream.beginCapture();
      host.backend.collectives().allReduce(stream, send[rank], 0, receive[rank], 0, 2, DType.FP32);
      host.backend.transfers().put(stream, receive[rank], 0, send[rank], 0, 8, Transport.AUTO);
      graphs[rank] = host.own(stream.endCapture());
    }
    for (int i = 0; i < 10; i++) {
      for (int rank = 0; rank < 2; rank++) {
        graphs[rank].launch(host.stream(rank));
      }
    }
    host.synchronize();
    for (int rank = 0; rank < 2; rank++) {
      assertThat(host.read(receive[rank], 0, DType.FP32, 2)).containsExactly(3 * 512, 30 * 512);
    }
  }

  @Test
  void aStreamThatWasNotJoinedBackIsNamed() {
    main.beginCapture();
    main.record(fork);
    side.await(fork);
    signals.add(side, words, 0, 0, 1);
    assertThatThrownBy(main::endCapture)
        .isInstanceOf(CounterpointException.class)
        .hasMessageContaining("stream 'side' of rank 0");
    signals.add(side, words, 0, 0, 1);
    signals.add(main, words, 0, 1, 1);
    host.synchronize();
    side.synchronize(HostFixture.DEADLINE);
    assertThat(signals.read(words, 0, 0)).isEqualTo(1);
    assertThat(signals.read(words, 0, 1)).isEqualTo(1);
  }
}
