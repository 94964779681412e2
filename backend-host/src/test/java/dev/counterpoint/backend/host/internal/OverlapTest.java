package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce.PreparedReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transport;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A GEMM whose input is gathered and whose output is scattered while it runs, launched many times
 * without host synchronization: the way an operator uses the backend.
 */
class OverlapTest {
  private static final int RANKS = 3;
  private static final int SHARD = 10;
  private static final int ROWS = RANKS * SHARD;
  private static final int COLS = 18;
  private static final int K = 12;
  private static final int LAUNCHES = 12;

  /** One rank's part. */
  private static final class Part {
    private final HostFixture host;
    private final int rank;
    private final Stream main;
    private final Stream copies;
    private final Event fork;
    private final Event join;
    private final Epoch epoch;
    private final PreparedGemm gemm;
    private final PreparedReduce reduce;
    private final GemmArguments arguments = new GemmArguments();
    private final DeviceMemory shard;
    private final DeviceMemory output;
    private final Shared shared;

    Part(HostFixture host, int rank, Shared shared) {
      this.host = host;
      this.rank = rank;
      this.shared = shared;
      main = host.stream(rank);
      copies = host.own(host.backend.device(rank).newStream("copies", 0));
      fork = host.own(host.backend.device(rank).newEvent(false));
      join = host.own(host.backend.device(rank).newEvent(false));
      epoch = host.own(host.backend.signals().newEpoch(rank));
      shard = host.upload(rank, DType.FP32, HostFixture.random(DType.FP32, SHARD * K, rank));
      output = host.allocate(rank, 4L * SHARD * COLS);
      arguments
          .a(shared.gathered.at(rank), 0, K)
          .b(
              host.upload(rank, DType.FP32, HostFixture.random(DType.FP32, COLS * K, 50 + rank)),
              0,
              K);
      gemm = host.own(host.backend.gemm().prepare(gemmSpec()));
      reduce = host.own(host.backend.reduce().prepare(reduceSpec()));
      main.label("overlap");
      copies.label("overlap");
    }

    private Tiling tiling() {
      return new Tiling(new RowPartition(ROWS, RANKS), COLS, 5, 9);
    }

    private GemmSpec gemmSpec() {
      Tiling tiling = tiling();
      int perShard = tiling.tileRowsPerShard();
      int[] words = IntStream.range(0, tiling.tileRowCount()).map(row -> row / perShard).toArray();
      int[] ones = new int[words.length];
      Arrays.fill(ones, 1);
      int[] posts = new int[tiling.tiles()];
      Arrays.fill(posts, rank);
      int[] order = IntStream.range(0, RANKS).map(i -> (rank + i) % RANKS).toArray();
      return GemmSpec.plain(
              "gemm",
              rank,
              tiling,
              K,
              DType.FP32,
              DType.FP32,
              WeightLayout.NK,
              GemmEngine.TILE,
              Epilogue.plain(ROWS))
          .withHooks(
              new TileOrder.Shards(order),
              new TileGate.Words(shared.ready, words, ones, Target.THIS_LAUNCH),
              new TileRoute.Owners(
                  shared.partials,
                  rank * shared.slotBytes(),
                  COLS,
                  new TileRoute.Clearance(
                      shared.consumed,
                      IntStream.range(0, RANKS).toArray(),
                      Target.PREVIOUS_LAUNCH)),
              new TilePost.Counters(shared.stored, posts, TilePost.At.OWNER),
              epoch);
    }

    private ReduceSpec reduceSpec() {
      int perShard = tiling().tiles() / RANKS;
      int[] words = IntStream.range(0, RANKS).toArray();
      long[] perEpoch = new long[RANKS];
      Arrays.fill(perEpoch, perShard);
      return new ReduceSpec(
          "sum",
          rank,
          SHARD,
          COLS,
          RANKS,
          shared.partials(rank),
          shared.slotBytes(),
          COLS,
          DType.FP32,
          DType.FP32,
          SHARD,
          new ReduceSpec.Gate(shared.stored, words, perEpoch),
          new ReduceSpec.Local(),
          epoch);
    }

    void launch() {
      Signals signals = host.backend.signals();
      signals.advance(main, epoch);
      main.record(fork);
      copies.await(fork);
      for (int step = 0; step < RANKS; step++) {
        int peer = (rank + step) % RANKS;
        // The peer has read the previous launch's rows.
        signals.await(copies, shared.read, peer, epoch, Target.PREVIOUS_LAUNCH);
        host.backend
            .transfers()
            .putSignal(
                copies,
                shard,
                0,
                shared.gathered.at(peer),
                4L * rank * SHARD * K,
                4L * SHARD * K,
                Transport.AUTO,
                shared.ready,
                rank,
                epoch);
      }
      copies.record(join);
      gemm.launch(main, arguments);
      signals.setAll(main, shared.read, shared.everyone, rank, epoch);
      reduce.launch(main, output, 0, COLS);
      signals.setAll(main, shared.consumed, shared.everyone, rank, epoch);
      main.await(join);
    }
  }

  /** What the ranks share. */
  private static final class Shared {
    private final SymmetricBuffer gathered;
    private final SymmetricBuffer partials;
    private final SignalArray ready;
    private final SignalArray read;
    private final SignalArray stored;
    private final SignalArray consumed;
    private final int[] everyone = IntStream.range(0, RANKS).toArray();

    Shared(HostFixture host) {
      gathered = host.own(host.backend.heap().allocate("gathered", 4L * ROWS * K));
      partials = host.own(host.backend.heap().allocate("partials", slotBytes() * RANKS));
      ready = host.own(host.backend.signals().allocate("ready", RANKS));
      read = host.own(host.backend.signals().allocate("read", RANKS));
      stored = host.own(host.backend.signals().allocate("stored", RANKS));
      consumed = host.own(host.backend.signals().allocate("consumed", RANKS));
    }

    long slotBytes() {
      return 4L * SHARD * COLS;
    }

    DeviceMemory partials(int rank) {
      return partials.at(rank);
    }
  }

  private static List<double[]> run(boolean captured, String... properties) {
    try (HostFixture host = HostFixture.open(RANKS, properties)) {
      Shared shared = new Shared(host);
      List<Part> parts =
          IntStream.range(0, RANKS).mapToObj(rank -> new Part(host, rank, shared)).toList();
      for (Part part : parts) {
        Graph graph = null;
        if (captured) {
          part.main.beginCapture();
          part.launch();
          graph = host.own(part.main.endCapture());
        }
        for (int i = 0; i < LAUNCHES; i++) {
          if (graph == null) {
            part.launch();
          } else {
            graph.launch(part.main);
          }
        }
      }
      host.synchronize();
      return parts.stream()
          .map(part -> host.read(part.output, 0, DType.FP32, SHARD * COLS))
          .collect(Collectors.toList());
    }
  }

  @Test
  void launchesOverlapWithoutHostSynchronization() {
    List<double[]> expected = run(false);
    assertThat(expected.get(0)).isNotEqualTo(expected.get(1));
    assertThat(run(true)).usingRecursiveComparison().isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void chaosAndLinksNeverChangeAResult(long seed) {
    List<double[]> expected = run(false);
    String chaos = String.valueOf(seed);
    boolean captured = seed % 2 == 0;
    assertThat(run(captured, "host.chaos", chaos)).usingRecursiveComparison().isEqualTo(expected);
    assertThat(
            run(
                captured,
                "host.chaos",
                chaos,
                "host.link",
                "1GB/s",
                "host.latency",
                "20us",
                "host.threads",
                "2"))
        .usingRecursiveComparison()
        .isEqualTo(expected);
  }

  @Test
  void launchingAllocatesNothingInSteadyState() {
    try (HostFixture host = HostFixture.open(RANKS)) {
      Shared shared = new Shared(host);
      List<Part> parts =
          IntStream.range(0, RANKS).mapToObj(rank -> new Part(host, rank, shared)).toList();
      for (int i = 0; i < 300; i++) {
        parts.forEach(Part::launch);
      }
      host.synchronize();
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 30; i++) {
        for (int rank = 0; rank < RANKS; rank++) {
          parts.get(rank).launch();
        }
      }
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      host.synchronize();
      assertThat(allocated).as("bytes for 90 launches").isLessThan(90 * 8);
    }
  }

  @Test
  void aTraceShowsTilesTransfersWaitsAndReductions() {
    try (HostFixture host = HostFixture.open(RANKS, "host.link", "1GB/s")) {
      Shared shared = new Shared(host);
      List<Part> parts =
          IntStream.range(0, RANKS).mapToObj(rank -> new Part(host, rank, shared)).toList();
      host.backend.startTrace();
      parts.forEach(Part::launch);
      List<TraceEvent> events = host.backend.stopTrace();
      assertThat(events).extracting(TraceEvent::operation).containsOnly("overlap");
      assertThat(events)
          .extracting(TraceEvent::kind)
          .contains(
              TraceEvent.Kind.COMPUTE,
              TraceEvent.Kind.TRANSFER,
              TraceEvent.Kind.WAIT,
              TraceEvent.Kind.REDUCE);
      assertThat(events)
          .filteredOn(event -> event.kind() == TraceEvent.Kind.COMPUTE)
          .hasSize(RANKS * parts.get(0).tiling().tiles());
      assertThat(events).allMatch(event -> event.endNanos() >= event.startNanos());
      assertThat(events).extracting(TraceEvent::startNanos).isSorted();
      assertThat(host.backend.stopTrace()).isEmpty();
    }
  }
}
