package dev.counterpoint.core.fake;

import dev.counterpoint.Splits;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Devices of known speeds without a device: executes what was enqueued in virtual time, tile by
 * tile, and gives events their times. The same work always takes the same time, so that what is
 * said of times, as by the tuner, can be tested. Knows nothing of strategies; what it is asked to
 * do decides what overlaps.
 */
final class SimulatedMachine {
  private final class Queue {
    private final Deque<Journal.Step> steps = new ArrayDeque<>();
    private boolean busy;

    /** Begins the next step if it can; whether anything changed. */
    boolean begin() {
      if (busy || steps.isEmpty() || !ready(steps.peek())) {
        return false;
      }
      Journal.Step step = steps.remove();
      busy = true;
      SimulatedMachine.this.begin(step, () -> busy = false);
      return true;
    }
  }

  /** Pieces of work that wait for signals of their own, and are asked again when any is raised. */
  interface Waiting {
    /** Begins what can begin; whether anything did. */
    boolean begin();
  }

  private record Word(SignalArray array, int rank, int word) {}

  private final Speeds speeds;
  private final int ranks;
  private final Activities activities;
  private final Map<String, Queue> queues = new LinkedHashMap<>();
  private final Map<Word, Long> words = new HashMap<>();
  private final Map<Epoch, Long> epochs = new HashMap<>();
  private final Map<RecordingStream.Point, Integer> marks = new HashMap<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final int[] calls;
  private final List<List<Runnable>> meetings = new ArrayList<>();

  SimulatedMachine(Speeds speeds, int ranks) {
    this.speeds = speeds;
    this.ranks = ranks;
    activities = new Activities(speeds, ranks);
    calls = new int[ranks];
  }

  Speeds speeds() {
    return speeds;
  }

  /** Executes everything that was enqueued; throws if something can never run. */
  void run(List<Journal.Step> steps) {
    for (Journal.Step step : steps) {
      if (!(step.work() instanceof Work.Label)) {
        String key = step.rank() + "/" + step.stream();
        queues.computeIfAbsent(key, k -> new Queue()).steps.add(step);
      }
    }
    while (true) {
      beginAll();
      if (activities.none()) {
        break;
      }
      activities.advance();
    }
    queues.forEach(
        (key, queue) -> {
          if (queue.busy || !queue.steps.isEmpty()) {
            throw new AssertionError("deadlock: " + key + " waits at " + queue.steps.peek());
          }
        });
    queues.clear();
  }

  private void beginAll() {
    boolean progress = true;
    while (progress) {
      progress = false;
      for (Queue queue : queues.values()) {
        while (queue.begin()) {
          progress = true;
        }
      }
      for (Waiting work : List.copyOf(waiting)) {
        progress |= work.begin();
      }
    }
  }

  private boolean ready(Journal.Step step) {
    if (step.work() instanceof Work.Follow follow) {
      return marks.getOrDefault(follow.event(), 0) >= follow.number();
    } else if (step.work() instanceof Work.Wait wait) {
      long wanted = wait.target().at(epoch(wait.epoch()));
      for (int word = wait.first(); word < wait.first() + wait.count(); word++) {
        if (!reached(wait.array(), step.rank(), word, wanted)) {
          return false;
        }
      }
    }
    return true;
  }

  boolean reached(SignalArray array, int rank, int word, long wanted) {
    return words.getOrDefault(new Word(array, rank, word), 0L) >= wanted;
  }

  long epoch(Epoch epoch) {
    return epochs.getOrDefault(epoch, 0L);
  }

  void begin(Activity activity) {
    activities.begin(activity);
  }

  private void begin(Journal.Step step, Runnable then) {
    int rank = step.rank();
    Work work = step.work();
    if (work instanceof Work.Mark mark) {
      after(
          rank,
          speeds.command(),
          () -> {
            marks.merge(mark.event(), mark.number(), Math::max);
            mark.event().reached(1e3 * activities.now());
            then.run();
          });
    } else if (work instanceof Work.Advance advance) {
      epochs.merge(advance.epoch(), 1L, Long::sum);
      after(rank, speeds.command(), then);
    } else if (work instanceof Work.Raise raise) {
      raise(rank, raise);
      after(rank, speeds.command(), then);
    } else if (work instanceof Work.Move move) {
      move(rank, move, then);
    } else if (work instanceof Work.Gemm gemm) {
      after(rank, speeds.launch(), () -> multiply(gemm.spec(), then));
    } else if (work instanceof Work.Reduce reduce) {
      after(rank, speeds.launch(), () -> reduce(rank, reduce.spec(), then));
    } else if (work instanceof Work.Collective collective) {
      meet(rank, collective, then);
    } else {
      double bytes = bytes(work);
      after(
          rank,
          bytes == 0 ? speeds.command() : speeds.launch(),
          () -> begin(Activity.memory(rank, Math.max(1, bytes), then)));
    }
  }

  private void after(int rank, double micros, Runnable then) {
    activities.begin(Activity.fixed(rank, micros, then));
  }

  /** What a kernel reads and writes; 0 of what is no kernel. */
  private static double bytes(Work work) {
    if (work instanceof Work.Fill fill) {
      return fill.target().rowBytes();
    } else if (work instanceof Work.Unpack unpack) {
      return 2.0 * unpack.output().rows() * unpack.output().rowBytes();
    } else if (work instanceof Work.Norm norm) {
      double rows = (double) norm.output().rows() * norm.output().rowBytes();
      return rows * (2 + (norm.residual() == null ? 0 : 1) + (norm.sum() == null ? 0 : 1));
    }
    return 0;
  }

  /** Signals that are seen later. */
  void raise(int rank, Work.Raise raise) {
    boolean set = raise.epoch() != null;
    long value = set ? epoch(raise.epoch()) : raise.delta();
    after(
        rank,
        speeds.signal(),
        () -> {
          for (int owner : raise.owners()) {
            Word word = new Word(raise.array(), owner, raise.word());
            words.merge(word, value, set ? Math::max : Long::sum);
          }
        });
  }

  private void move(int rank, Work.Move move, Runnable then) {
    double bytes = (double) move.from().rows() * move.from().rowBytes();
    int from = move.from().memory().rank();
    int to = move.to().memory().rank();
    Runnable moved =
        () -> {
          if (move.signal() != null) {
            raise(rank, move.signal());
          }
          then.run();
        };
    after(
        rank,
        speeds.engine(),
        () ->
            begin(
                from == to
                    ? Activity.memory(rank, Math.max(1, 2 * bytes), moved)
                    : Activity.push(from, to, Math.max(1, bytes), moved)));
  }

  private void multiply(GemmSpec spec, Runnable then) {
    boolean hooked =
        !(spec.gate() instanceof TileGate.None)
            || !(spec.post() instanceof TilePost.None)
            || !(spec.route() instanceof TileRoute.Local);
    if (hooked) {
      waitFor(end -> new SimulatedTiles(this, spec, end), then);
      return;
    }
    int reserved = Math.max(0, spec.reservedUnits());
    double micros =
        spec.rows() == 0 || spec.cols() == 0
            ? 0.01
            : spec.engine() == GemmEngine.VENDOR
                ? speeds.vendor(spec.rows(), spec.cols(), spec.k())
                : Speeds.waves(spec.tiling(), speeds.units() - reserved)
                    * speeds.tile(spec.tiling().tileRows(), spec.tiling().tileCols(), spec.k());
    begin(Activity.products(spec.rank(), micros, reserved, then));
  }

  private void reduce(int rank, ReduceSpec spec, Runnable then) {
    if (spec.blocks() == 0) {
      after(rank, speeds.command(), then);
      return;
    }
    waitFor(end -> new SimulatedBlocks(this, spec, ranks, end), then);
  }

  /** Adds work that waits, and takes it out again when it says that it has ended. */
  private void waitFor(Function<Runnable, Waiting> maker, Runnable then) {
    Waiting[] work = new Waiting[1];
    work[0] =
        maker.apply(
            () -> {
              waiting.remove(work[0]);
              then.run();
            });
    waiting.add(work[0]);
  }

  /** Collectives meet in the order in which they were enqueued. */
  private void meet(int rank, Work.Collective collective, Runnable then) {
    int number = calls[rank]++;
    while (meetings.size() <= number) {
      meetings.add(new ArrayList<>());
    }
    double bytes = wire(collective);
    int steps =
        switch (collective.kind()) {
          case ALL_GATHER, REDUCE_SCATTER -> ranks - 1;
          case ALL_REDUCE -> 2 * (ranks - 1);
          case BROADCAST, ALL_TO_ALL, ALL_TO_ALL_V, SEND_RECEIVE -> 1;
        };
    List<Runnable> meeting = meetings.get(number);
    meeting.add(
        () ->
            after(
                rank,
                speeds.launch() + steps * speeds.library(),
                () -> begin(Activity.library(rank, Math.max(1, bytes), then))));
    if (meeting.size() == ranks) {
      meeting.forEach(Runnable::run);
      meeting.clear();
    }
  }

  /** What must leave or reach the busiest device. */
  private double wire(Work.Collective collective) {
    double bytes = (double) collective.count() * collective.elementBytes();
    return switch (collective.kind()) {
      case ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL -> (ranks - 1) * bytes;
      case ALL_REDUCE -> 2 * (ranks - 1.0) / ranks * bytes;
      case BROADCAST, SEND_RECEIVE -> bytes;
      case ALL_TO_ALL_V -> busiest(collective.counts()) * collective.elementBytes();
    };
  }

  private double busiest(Splits counts) {
    long most = 0;
    for (int rank = 0; rank < ranks; rank++) {
      long own = counts.count(rank, rank);
      most = Math.max(most, Math.max(counts.sent(rank), counts.received(rank)) - own);
    }
    return most;
  }
}
