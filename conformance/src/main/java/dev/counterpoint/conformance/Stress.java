package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Strategy;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.World;
import dev.counterpoint.spi.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Launches planned operators very often without the host ever waiting, ranks late at random, and
 * looks at what is left: results, memory, threads. Rules OP-3, DET-1, DET-2 and OP-5 for as long as
 * one likes.
 *
 * <p>With beta = −1 and operands that are small integers every launch turns its output over, D ←
 * A·B − D, exactly: after any odd number of launches the output must be bitwise that of the first.
 * What went wrong in one launch stays in the output for ever, except in that of an all-reduce,
 * where the old output of one rank alone counts, and of an all-to-all, which has no beta, as
 * integers have none. Therefore results are also looked at on the way ({@link Snapshots}).
 */
public final class Stress {
  /** One launch in so many is looked at while launching. */
  private static final int ONE_IN = 5;

  private static final int SAMPLES = 10;
  private static final int FIRST_SAMPLE = 2;
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final StressOptions options;
  private final Listener listener;
  private final Desk desk;
  private final List<OperatorBench> benches = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final MemoryWatch memory = new MemoryWatch();
  private final List<Snapshots> snapshots = new ArrayList<>();
  private final List<String> problems = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong allocated = new AtomicLong();
  private final AtomicLongArray done;
  private final DType outputType;
  private @Nullable Delays delays;

  /** Hears how far a run is; called from the thread that runs it. */
  @FunctionalInterface
  public interface Listener {
    /** So many launches of all are enqueued on every rank. */
    void launched(long launches, long all);
  }

  private Stress(StressOptions options, Desk desk, Listener listener) {
    this.options = options;
    this.listener = listener;
    this.desk = desk;
    this.done = new AtomicLongArray(desk.ranks);
    this.outputType = outputType(options.size().type(), desk.world.backend());
  }

  /**
   * Runs it.
   *
   * @throws dev.counterpoint.BackendUnavailableException if the backend cannot run here
   * @throws InvalidArgumentException if the options do not fit together, or not the backend
   */
  public static StressReport run(StressOptions options, Listener listener) {
    return run(
        options, new Targets(options.backend(), options.properties()).all().get(0), listener);
  }

  static StressReport run(StressOptions options, ConformanceTarget target, Listener listener) {
    int ranks = ranks(options, target);
    int threads = Threads.settled();
    World world = target.openWorld(ranks, options.waitTimeout(), Map.of());
    Desk desk = new Desk(new Random(options.seed()), world, options.waitTimeout());
    Stress stress = new Stress(options, desk, listener);
    try {
      return stress.run(target.name(), threads);
    } finally {
      Watchdog.closeQuietly(world);
    }
  }

  private static int ranks(StressOptions options, ConformanceTarget target) {
    int most = target.mostRanks();
    int ranks = options.ranks() != 0 ? options.ranks() : most == Integer.MAX_VALUE ? 4 : most;
    Targets.requireRanks(target, ranks);
    Integer stop = options.stopRank();
    if (stop != null && (ranks < 2 || stop < 0 || stop >= ranks)) {
      throw new InvalidArgumentException(
          "stop-rank", stop, "be one of 0 to " + (ranks - 1) + ", and not the only one");
    }
    return ranks;
  }

  private StressReport run(String name, int threads) {
    Backend backend = desk.world.backend();
    String description = backend.description();
    plan();
    long[] launches = new long[benches.size()];
    byte[][][] initial = new byte[benches.size()][][];
    byte[][][] first = new byte[benches.size()][][];
    for (int i = 0; i < first.length; i++) {
      OperatorBench bench = benches.get(i);
      initial[i] = bench.outputs();
      bench.run();
      bench.check("first launch");
      first[i] = bench.outputs();
      launches[i] = 1;
    }
    int[] sequence = sequence(launches);
    for (int i = 0; i < first.length; i++) {
      if (benches.get(i).shape.beta == 0 && launches[i] > 1) {
        benches.get(i).clear();
      }
    }
    long begin = System.nanoTime();
    if (options.delays()) {
      delays = new Delays(options.seed(), desk.rig);
    }
    for (int rank = 0; rank < desk.ranks; rank++) {
      snapshots.add(new Snapshots(desk, rank, benches, initial, first, problems::add));
    }
    boolean launched = launchAll(sequence);
    long millis = (System.nanoTime() - begin) / 1_000_000;
    List<StressReport.Plan> plans = new ArrayList<>();
    for (int i = 0; i < first.length; i++) {
      plans.add(judged(benches.get(i), launches[i], first[i], launched));
    }
    problems.addAll(memory.growth(desk.ranks));
    StressReport.Stop stop = null;
    Integer stopRank = options.stopRank();
    if (stopRank != null && problems.isEmpty()) {
      stop =
          new StoppedRank(desk, benches.get(sequence[sequence.length - 1]), stopRank, problems)
              .stop();
    } else {
      closeAll();
    }
    int left = Math.max(0, Threads.settledAtMost(threads) - threads);
    if (left > 0) {
      problems.add(left + " threads are left after the world was closed");
    }
    Delays late = delays;
    return new StressReport(
        name,
        description,
        desk.ranks,
        options.seed(),
        problem(),
        sequence.length,
        millis,
        late == null ? 0 : late.count(),
        late == null ? 0 : late.millis(),
        snapshots.stream().mapToLong(Snapshots::compared).sum(),
        allocated.get() / (double) ((sequence.length - sequence.length / 2L) * desk.ranks),
        plans,
        refused,
        memory.samples(),
        stop,
        left,
        problems);
  }

  private static DType outputType(DType in, Backend backend) {
    if (!in.isFloating()) {
      return DType.INT32;
    }
    return backend.gemm().supports(in, DType.FP32) ? DType.FP32 : in;
  }

  private String problem() {
    StressOptions.Size size = options.size();
    return String.format(
        Locale.ROOT,
        "M %d · N %d · K %d · %s → %s",
        size.m(),
        size.n(),
        size.k(),
        size.type().name().toLowerCase(Locale.ROOT),
        outputType.name().toLowerCase(Locale.ROOT));
  }

  private void plan() {
    StressOptions.Size size = options.size();
    UnsupportedCapabilityException lacking = null;
    for (OperatorCase.Kind kind : OperatorCase.Kind.values()) {
      for (Strategy strategy : options.strategies()) {
        OperatorCase shape =
            OperatorCase.of(kind, size.m(), size.n(), size.k())
                .types(size.type(), outputType)
                .strategy(strategy)
                .factors(1f, size.type().isFloating() ? -1f : 0f)
                .tile(size.tile(), size.tile());
        String operator = shape.spec().operator();
        if (!options.operators().isEmpty() && !options.operators().contains(operator)) {
          continue;
        }
        try {
          OperatorBench bench = shape.on(desk);
          requireExact(bench);
          benches.add(bench);
        } catch (UnsupportedCapabilityException e) {
          lacking = e;
          refused.add(
              operator + " by " + strategy.name().toLowerCase(Locale.ROOT) + ": " + e.getMessage());
        }
      }
    }
    if (lacking != null && benches.isEmpty()) {
      throw lacking;
    }
    if (benches.isEmpty()) {
      throw new InvalidArgumentException(
          "operators", options.operators(), "name one of ag-gemm, gemm-rs, gemm-ar, gemm-a2a");
    }
  }

  private void requireExact(OperatorBench bench) {
    if (!Arrays.stream(bench.expected).allMatch(one -> one.allExact(bench.shape.out))) {
      throw new InvalidArgumentException(
          "k",
          options.size().k(),
          "be smaller: sums of so many small integers are not exact in " + bench.shape.out);
    }
  }

  /** Which plan is launched when; each in all an odd number of times. */
  private int[] sequence(long[] launches) {
    int plans = benches.size();
    int[] sequence = new int[Math.toIntExact(options.launches()) + plans];
    int length = Math.toIntExact(options.launches());
    for (int i = 0; i < length; i++) {
      sequence[i] = (int) Long.remainderUnsigned(Delays.mix(options.seed(), i, 0), plans);
      launches[sequence[i]]++;
    }
    for (int i = 0; i < plans; i++) {
      if (launches[i] % 2 == 0) {
        launches[i]++;
        sequence[length++] = i;
      }
    }
    return Arrays.copyOf(sequence, length);
  }

  /** Whether all of them were launched and ended. */
  private boolean launchAll(int[] sequence) {
    List<CompletableFuture<Void>> futures = new ArrayList<>();
    for (int rank = 0; rank < desk.ranks; rank++) {
      int mine = rank;
      CompletableFuture<Void> future = new CompletableFuture<>();
      Watchdog.start("conformance-rank-" + rank, () -> launch(mine, sequence), future);
      futures.add(future);
    }
    boolean good =
        watch(CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)), sequence.length);
    if (good) {
      try {
        desk.world.synchronize(options.waitTimeout().plus(GRACE).multipliedBy(4));
        snapshots.forEach(Snapshots::finish);
        memory.sample(sequence.length);
      } catch (RuntimeException e) {
        problems.add("the launches did not end well: " + e.getMessage());
        good = false;
      }
    }
    Delays late = delays;
    if (late != null) {
      late.close();
    }
    return good;
  }

  private void launch(int rank, int[] sequence) {
    Delays late = delays;
    long bytes = 0;
    long[] counts = new long[benches.size()];
    Arrays.fill(counts, 1);
    for (int i = 0; i < sequence.length; i++) {
      if (i == sequence.length / 2) {
        bytes = HeapUse.ofThisThread();
      }
      if (late != null) {
        long before = HeapUse.ofThisThread();
        late.before(i, rank, desk.rank(rank).stream());
        bytes += HeapUse.ofThisThread() - before;
      }
      benches.get(sequence[i]).launch(rank);
      counts[sequence[i]]++;
      if (Long.remainderUnsigned(Delays.mix(options.seed(), i, -1), ONE_IN) == 0) {
        long before = HeapUse.ofThisThread();
        snapshots.get(rank).take(sequence[i], counts[sequence[i]]);
        bytes += HeapUse.ofThisThread() - before;
      }
      done.lazySet(rank, i + 1);
    }
    allocated.addAndGet(HeapUse.ofThisThread() - bytes);
  }

  private long slowest() {
    long slowest = Long.MAX_VALUE;
    for (int rank = 0; rank < desk.ranks; rank++) {
      slowest = Math.min(slowest, done.get(rank));
    }
    return slowest;
  }

  /**
   * Waits for the launching threads, which never wait for more than the bound of a wait; whether
   * all is well.
   */
  private boolean watch(CompletableFuture<Void> all, int launches) {
    Duration patience = options.waitTimeout().plus(GRACE);
    long last = -1;
    long since = System.nanoTime();
    int samples = FIRST_SAMPLE;
    while (true) {
      try {
        all.get(50, TimeUnit.MILLISECONDS);
        listener.launched(launches, launches);
        return true;
      } catch (TimeoutException e) {
        long now = slowest();
        listener.launched(now, launches);
        if (now != last) {
          last = now;
          since = System.nanoTime();
        } else if (System.nanoTime() - since > patience.toNanos()) {
          problems.add(
              "no rank launched anything for " + patience.toSeconds() + " s after launch " + now);
          desk.world.backend().abort("a stress run that no longer moves");
          return false;
        }
        if (now * SAMPLES >= (long) samples * launches && now < launches) {
          samples = (int) (now * SAMPLES / launches) + 1;
          memory.sample(now);
        }
      } catch (ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        problems.add("after " + slowest() + " launches: " + cause.getMessage());
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  private StressReport.Plan judged(
      OperatorBench bench, long launches, byte[][] first, boolean launched) {
    boolean equal = false;
    if (launched) {
      byte[][] last = bench.outputs();
      equal = true;
      for (int rank = 0; rank < desk.ranks; rank++) {
        int at = Arrays.mismatch(first[rank], last[rank]);
        equal &= at < 0;
        if (at >= 0) {
          problems.add(
              String.format(
                  Locale.ROOT,
                  "%s: the result of launch %,d differs from that of the first on rank %d, byte %d",
                  bench.plan.label(),
                  launches,
                  rank,
                  at));
        }
      }
    }
    return new StressReport.Plan(
        bench.plan.label(), bench.plan.strategy().name().toLowerCase(Locale.ROOT), launches, equal);
  }

  private void closeAll() {
    try {
      Watchdog.within(
          "close of the world",
          options.waitTimeout().plus(GRACE),
          () -> {
            desk.close();
            desk.world.close();
          });
    } catch (RuntimeException | AssertionError e) {
      problems.add("closing the world: " + e.getMessage());
    }
  }
}
