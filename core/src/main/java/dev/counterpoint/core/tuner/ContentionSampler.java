package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Samples how much products and what moves or sums bytes slow each other: each for as long as the
 * other goes on beside it, and then alone.
 */
final class ContentionSampler implements AutoCloseable {
  private static final int RUNS = 5;

  /** So much longer does the other go on, so that it is there all the time. */
  private static final double BESIDE = 3;

  /** More of the same at once would take too long where one is very short. */
  private static final int MOST = 64;

  private static final int[] RESERVED = {0, 2, 4, 8, 16};

  private final World world;
  private final Stopwatch stopwatch;
  private final TuningProgress progress;
  private final RouteSampler routes;
  private final GemmSampler gemms;
  private final Map<Route, Curve> curves;
  private final DType dtype;
  private final List<Event> forks = new ArrayList<>();
  private final List<Event> mainEnds = new ArrayList<>();
  private final List<Event> sideEnds = new ArrayList<>();

  ContentionSampler(
      World world,
      Stopwatch stopwatch,
      TuningProgress progress,
      RouteSampler routes,
      GemmSampler gemms,
      Map<Route, Curve> curves,
      DType dtype) {
    this.world = world;
    this.stopwatch = stopwatch;
    this.progress = progress;
    this.routes = routes;
    this.gemms = gemms;
    this.curves = curves;
    this.dtype = dtype;
    for (Rank rank : world.localRanks()) {
      forks.add(rank.device().newEvent(false));
      mainEnds.add(rank.device().newEvent(true));
      sideEnds.add(rank.device().newEvent(true));
    }
  }

  /** Every route beside every kind of product that strategies have it beside. */
  List<Contention.Sample> sample() {
    List<Contention.Sample> samples = new ArrayList<>();
    List<Route> sampled = new ArrayList<>(curves.keySet());
    sampled.removeIf(
        route ->
            route == Route.HANDOVER
                || route == Route.START
                || route == Route.PEER_ALL_REDUCE // begins when the product has ended
                || route == Route.STREAMED_PUSH
                || route == Route.STREAMED_COMPUTE_PUSH);
    sampled.sort(null);
    boolean waves = gemms.machine().hasWaves();
    int[] reserved = waves ? RESERVED : new int[] {0};
    progress.begin("sampling contention", (1L + reserved.length) * sampled.size());
    for (Route route : sampled) {
      if (gemms.hasVendor()) {
        samples.add(sample(route, GemmEngine.VENDOR, 0));
      }
      progress.step(route.name());
      for (int free : reserved) {
        samples.add(sample(route, GemmEngine.TILE, free));
        progress.step(route.name());
      }
    }
    return samples;
  }

  private Contention.Sample sample(Route route, GemmEngine engine, int reserved) {
    int size = gemms.reference();
    long unit = 256L * dtype.bytes();
    int scale = route == Route.ALL_REDUCE ? world.size() : 1;
    long many = routes.usualBytes() / unit * unit * scale;
    long few = unit * scale;
    try (GemmSampler.Gemms products =
            gemms.new Gemms(engine, gemms.machine().natural(size, size, size), size, reserved);
        Work brief = new Work(route, few, products);
        Work lasting = new Work(route, many, products)) {
      double product = gemms.median(products);
      double moving =
          Math.max(1e-3, Objects.requireNonNull(curves.get(route)).micros((double) many));
      int some = times(product / 2, moving);
      int beside = times(BESIDE * some * moving, product);
      double start = brief.routes(some, 0) / some;
      double lateStart = brief.routes(some, beside) / some;
      double bytes = Math.max(1e-3, lasting.routes(some, 0) / some - start);
      double slowBytes = Math.max(bytes, lasting.routes(some, beside) / some - lateStart);
      double productRate =
          lasting.products(0, 1) / lasting.products(times(BESIDE * product, moving), 1);
      return new Contention.Sample(
          route, engine, reserved, productRate, lateStart - start, bytes / slowBytes);
    }
  }

  private static int times(double wanted, double each) {
    return (int) Math.max(1, Math.min(MOST, Math.ceil(wanted / each)));
  }

  /** A route and a product, any number of times beside each other. */
  private final class Work implements AutoCloseable {
    private final Route route;
    private final long bytes;
    private final GemmSampler.Gemms products;
    private final RouteSampler.@Nullable Reduces reduces;

    Work(Route route, long bytes, GemmSampler.Gemms products) {
      this.route = route;
      this.bytes = bytes;
      this.products = products;
      reduces = route == Route.REDUCE ? routes.new Reduces(bytes, dtype) : null;
    }

    /** Until the routes have ended. */
    double routes(int moves, int multiplications) {
      return median(moves, multiplications, sideEnds);
    }

    /** Until the products have ended. */
    double products(int moves, int multiplications) {
      return median(moves, multiplications, mainEnds);
    }

    private double median(int moves, int multiplications, List<Event> ends) {
      Samples samples = new Samples();
      for (int run = -1; run < RUNS; run++) {
        stopwatch.micros(rank -> enqueue(rank, moves, multiplications));
        if (run >= 0) {
          samples.add(Math.max(1e-3, stopwatch.microsTo(ends)));
        }
      }
      return samples.median();
    }

    private void enqueue(Rank rank, int moves, int multiplications) {
      int me = rank.index();
      Stream side = routes.side(rank);
      rank.stream().record(forks.get(me));
      side.await(forks.get(me));
      for (int i = 0; i < multiplications; i++) {
        products.launch(rank, rank.stream());
      }
      rank.stream().record(mainEnds.get(me));
      if (reduces == null && moves > 0) {
        routes.enqueue(route, rank, side, bytes, dtype, moves);
      }
      for (int i = 0; reduces != null && i < moves; i++) {
        reduces.launch(rank, side);
      }
      side.record(sideEnds.get(me));
      rank.stream().await(sideEnds.get(me));
    }

    @Override
    public void close() {
      if (reduces != null) {
        reduces.close();
      }
    }
  }

  @Override
  public void close() {
    sideEnds.forEach(Event::close);
    mainEnds.forEach(Event::close);
    forks.forEach(Event::close);
  }
}
