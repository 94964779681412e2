package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.core.strategy.OutputPeerReduced;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce.PreparedReduce;
import dev.counterpoint.spi.Transport;
import dev.counterpoint.spi.support.AllReduceChecks;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Samples the curves of what moves and sums bytes, on all ranks at the same time. */
final class RouteSampler implements AutoCloseable {
  private static final int SIZES = 12;
  private static final int RUNS = 7;
  private static final long SMALLEST = 4 << 10;
  private static final long LARGEST = 64L << 20;
  private static final long LARGEST_EMULATED = 4L << 20;
  private static final int ROW = 256;

  /** After one this long the curve goes on as a straight line. */
  private static final double LONG_ENOUGH = 60_000;

  /** Of everything but pushes, so many that follow each other. */
  private static final int SEVERAL = 4;

  /** What a lone one takes besides does not matter in one this long. */
  private static final double LONG = 10_000;

  /** Pushes that follow each other, to all peers in turn. */
  private static final int STREAM = 8;

  private final World world;
  private final Backend backend;
  private final Stopwatch stopwatch;
  private final TuningProgress progress;
  private final int ranks;
  private final long largest;
  private boolean computePushes;

  /** What lone collectives took besides. */
  private final Samples late = new Samples();

  private final SymmetricBuffer source;
  private final SymmetricBuffer target;
  private final SignalArray arrived;
  private final List<Epoch> epochs = new ArrayList<>();
  private final List<Stream> sides = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();

  RouteSampler(World world, Stopwatch stopwatch, TuningProgress progress) {
    this.world = world;
    this.stopwatch = stopwatch;
    this.progress = progress;
    backend = world.backend();
    ranks = world.size();
    boolean emulated = world.localRanks().get(0).device().info().emulated();
    largest = emulated ? LARGEST_EMULATED : LARGEST;
    source = backend.heap().allocate("tuner/source", largest * ranks);
    target = backend.heap().allocate("tuner/target", largest * ranks);
    arrived = backend.signals().allocate("tuner/arrived", ranks);
    for (Rank rank : world.localRanks()) {
      epochs.add(backend.signals().newEpoch(rank.index()));
      sides.add(rank.device().newStream("side", 1));
      events.add(rank.device().newEvent(false));
      events.add(rank.device().newEvent(false));
    }
  }

  /** Whether pushes by compute units are a thing of their own. */
  RouteSampler withComputePushes(boolean sampled) {
    computePushes = sampled;
    return this;
  }

  /** All curves for what carries inputs and what carries outputs. */
  Map<Route, Curve> sample(DType input, DType output) {
    progress.begin("sampling transfers", (long) Route.values().length * SIZES);
    fill(output);
    Map<Route, Curve> curves = new EnumMap<>(Route.class);
    for (Route route : Route.values()) {
      if (!isSampled(route, output)) {
        continue;
      }
      boolean carriesInput = route == Route.ALL_GATHER || route == Route.EXCHANGE;
      curves.put(route, curve(route, carriesInput ? input : output));
    }
    double start = late.count() == 0 ? 0 : late.median(); // perhaps no collective was short enough
    curves.put(Route.START, new Curve(List.of(new Curve.Point(1, start))));
    return curves;
  }

  private boolean isSampled(Route route, DType output) {
    if (route == Route.PEER_ALL_REDUCE) {
      return OutputPeerReduced.mostBytes(backend) > 0 && AllReduceChecks.isSummed(output);
    }
    return route != Route.START && (computePushes || !route.isOptional());
  }

  private void fill(DType dtype) {
    RandomData data = new RandomData(dtype);
    world.onEachRank(rank -> data.fill(rank, source.at(rank.index())));
  }

  private Curve curve(Route route, DType dtype) {
    // No more bytes than a program asks for; their rank's share is what counts elsewhere.
    long most =
        route == Route.PEER_ALL_REDUCE
            ? Math.min(largest, OutputPeerReduced.mostBytes(backend))
            : largest;
    double ratio = Math.pow((double) most / SMALLEST, 1.0 / (SIZES - 1));
    int scale = route == Route.ALL_REDUCE ? ranks : 1;
    List<Curve.Point> points = new ArrayList<>();
    for (int i = 0; i < SIZES; i++) {
      long unit = (long) ROW * dtype.bytes();
      long bytes = Math.max(1, Math.round(SMALLEST * Math.pow(ratio, i) / unit)) * unit;
      double micros = median(route, Math.min(bytes, most / unit * unit) * scale, dtype);
      points.add(new Curve.Point((double) bytes * scale, micros));
      progress.step(route.name().toLowerCase(java.util.Locale.ROOT));
      if (micros > LONG_ENOUGH || route == Route.HANDOVER) {
        break;
      }
    }
    return Curve.through(points);
  }

  private double median(Route route, long bytes, DType dtype) {
    if (route == Route.PEER_ALL_REDUCE) {
      return allReduceMedian(bytes, dtype);
    }
    if (route != Route.REDUCE) {
      return median(
          route, (rank, times) -> enqueue(route, rank, rank.stream(), bytes, dtype, times));
    }
    try (Reduces reduces = new Reduces(bytes, dtype)) {
      return median(
          route,
          (rank, times) -> {
            for (int i = 0; i < times; i++) {
              reduces.launch(rank, rank.stream());
            }
          });
    }
  }

  /** Enqueues something so many times. */
  private interface Repeated {
    void enqueue(Rank rank, int times);
  }

  /**
   * What each of several takes that follow each other: a lone one also takes what a device needs to
   * begin and to note its time, and if it is one of all ranks it waits for the one that started
   * last.
   */
  private double median(Route route, Repeated work) {
    double one = median(rank -> work.enqueue(rank, 1));
    if (isPush(route)) {
      return isStream(route) ? one / STREAM : one;
    }
    if (one > LONG) {
      return one;
    }
    double all = median(rank -> work.enqueue(rank, SEVERAL));
    double each = Repeats.each(one, all, SEVERAL);
    if (waitsForRanks(route)) {
      late.add(Math.max(0, one - each));
    }
    return each;
  }

  private static boolean isPush(Route route) {
    return isStream(route) || route == Route.PUSH || route == Route.COMPUTE_PUSH;
  }

  /** Reductions of all ranks, ready. */
  final class Reduces implements AutoCloseable {
    private final List<PreparedReduce> reduces = new ArrayList<>();

    Reduces(long bytes, DType dtype) {
      for (Rank rank : world.localRanks()) {
        reduces.add(backend.reduce().prepare(reduction(rank, bytes, dtype)));
      }
    }

    void launch(Rank rank, Stream stream) {
      reduces.get(rank.index()).launch(stream, target.at(rank.index()), 0, ROW);
    }

    @Override
    public void close() {
      reduces.forEach(PreparedReduce::close);
    }
  }

  private double allReduceMedian(long bytes, DType dtype) {
    int rows = (int) (bytes / ((long) ROW * dtype.bytes()));
    AllReduceSpec spec =
        new AllReduceSpec("tuner/all-reduce", rows, ROW, dtype, PeerAllReduce.Algorithm.AUTO);
    try (PreparedAllReduce allReduce = backend.allReduce().prepare(spec)) {
      return median(
          Route.PEER_ALL_REDUCE,
          (rank, times) -> {
            DeviceMemory from = source.at(rank.index());
            DeviceMemory to = target.at(rank.index());
            for (int i = 0; i < times; i++) {
              allReduce.launch(rank.stream(), from, 0, ROW, to, 0, ROW);
            }
          });
    }
  }

  /** A stream of a rank beside its own. */
  Stream side(Rank rank) {
    return sides.get(rank.index());
  }

  /** Memory of every rank that everybody may write to. */
  SymmetricBuffer target() {
    return target;
  }

  /** The size at which routes are slowed and slow others. */
  long usualBytes() {
    return largest / 8;
  }

  private static boolean waitsForRanks(Route route) {
    return switch (route) {
      case ALL_GATHER, REDUCE_SCATTER, ALL_REDUCE, ALL_TO_ALL, EXCHANGE, PEER_ALL_REDUCE -> true;
      case PUSH,
          STREAMED_PUSH,
          COMPUTE_PUSH,
          STREAMED_COMPUTE_PUSH,
          REDUCE,
          COPY,
          HANDOVER,
          START ->
          false;
    };
  }

  private static boolean isStream(Route route) {
    return route == Route.STREAMED_PUSH || route == Route.STREAMED_COMPUTE_PUSH;
  }

  private double median(Consumer<Rank> work) {
    Samples samples = new Samples();
    stopwatch.micros(work);
    for (int run = 0; run < RUNS; run++) {
      samples.add(stopwatch.micros(work));
    }
    return samples.median();
  }

  private ReduceSpec reduction(Rank rank, long bytes, DType dtype) {
    return new ReduceSpec(
        "tuner/reduce",
        rank.index(),
        (int) (bytes / ((long) ROW * dtype.bytes())),
        ROW,
        ranks,
        source.at(rank.index()),
        bytes,
        ROW,
        dtype,
        dtype,
        64,
        null,
        new ReduceSpec.Local(),
        null);
  }

  /** Enqueues what a route is so many times; several pushes are one stream of them. */
  void enqueue(Route route, Rank rank, Stream stream, long bytes, DType dtype, int times) {
    switch (route) {
      case PUSH -> push(rank, stream, bytes, times, Transport.COPY_ENGINE);
      case STREAMED_PUSH -> push(rank, stream, bytes, STREAM, Transport.COPY_ENGINE);
      case COMPUTE_PUSH -> push(rank, stream, bytes, times, Transport.COMPUTE);
      case STREAMED_COMPUTE_PUSH -> push(rank, stream, bytes, STREAM, Transport.COMPUTE);
      case ALL_GATHER, REDUCE_SCATTER, ALL_REDUCE, ALL_TO_ALL, EXCHANGE, COPY, HANDOVER -> {
        for (int i = 0; i < times; i++) {
          enqueueOne(route, rank, stream, bytes, dtype);
        }
      }
      case REDUCE, PEER_ALL_REDUCE, START ->
          throw new AssertionError("prepared beforehand, or not enqueued");
    }
  }

  private void enqueueOne(Route route, Rank rank, Stream stream, long bytes, DType dtype) {
    Collectives collectives = backend.collectives();
    int me = rank.index();
    DeviceMemory from = source.at(me);
    DeviceMemory to = target.at(me);
    long count = bytes / dtype.bytes();
    switch (route) {
      case ALL_GATHER -> collectives.allGather(stream, from, 0, to, 0, count, dtype);
      case REDUCE_SCATTER -> collectives.reduceScatter(stream, from, 0, to, 0, count, dtype);
      case ALL_REDUCE -> collectives.allReduce(stream, from, 0, to, 0, count, dtype);
      case ALL_TO_ALL -> collectives.allToAll(stream, from, 0, to, 0, count, dtype);
      case EXCHANGE ->
          collectives.sendReceive(
              stream, (me + 1) % ranks, from, 0, (me - 1 + ranks) % ranks, to, 0, count, dtype);
      case COPY -> backend.transfers().put(stream, from, 0, to, 0, bytes, Transport.AUTO);
      case HANDOVER -> handOver(rank);
      case PUSH,
          STREAMED_PUSH,
          COMPUTE_PUSH,
          STREAMED_COMPUTE_PUSH,
          PEER_ALL_REDUCE,
          REDUCE,
          START ->
          throw new AssertionError(route);
    }
  }

  private void handOver(Rank rank) {
    Stream side = sides.get(rank.index());
    Event there = events.get(2 * rank.index());
    Event back = events.get(2 * rank.index() + 1);
    rank.stream().record(there);
    side.await(there);
    side.record(back);
    rank.stream().await(back);
  }

  /** Pushes to all peers in turn, and waits for the last of as many as come from each. */
  private void push(Rank rank, Stream stream, long bytes, int times, Transport transport) {
    int me = rank.index();
    Epoch epoch = epochs.get(me);
    backend.signals().advance(stream, epoch);
    for (int i = 0; i < times; i++) {
      int peer = (me + 1 + i % Math.max(1, ranks - 1)) % ranks;
      backend
          .transfers()
          .putSignal(
              stream,
              source.at(me),
              0,
              target.at(peer),
              me * largest,
              bytes,
              transport,
              arrived,
              me,
              epoch);
    }
    int last = 1 + (times - 1) % Math.max(1, ranks - 1);
    int sender = (me - last + ranks) % ranks;
    backend.signals().await(stream, arrived, sender, epoch, Target.THIS_LAUNCH);
  }

  @Override
  public void close() {
    events.forEach(Event::close);
    sides.forEach(Stream::close);
    epochs.forEach(Epoch::close);
    arrived.close();
    target.close();
    source.close();
  }
}
