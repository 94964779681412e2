package dev.counterpoint.core.fake;

import dev.counterpoint.core.fake.Work.Rows;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Executes what was recorded, in one of the many orders that the rules of the SPI allow, with exact
 * integers for elements. Finds deadlocks, races ({@link RaceMemory}) and wrong results, however far
 * ranks drift apart: different seeds give different schedules.
 *
 * <p>Deliberately the worst device that the specification allows: a collective waits for all ranks,
 * and, for half of the seeds, a GEMM has one tile in flight, which waits in order; for the others
 * the tiles of a GEMM run in any order.
 */
public final class Replay {
  /** One thing that runs at once: a tile, a block, or a whole operation. */
  interface Task {
    /** What happens before it beyond its stream's past, or null while it has to wait. */
    @Nullable BitSet acquire();

    /** Does it; {@code action} is its place among all that happens. */
    void run(int action);
  }

  private final class Queue {
    private final List<Journal.Step> steps = new ArrayList<>();
    private int next;
    private BitSet past = new BitSet();
    private List<Task> tasks = List.of();
    private BitSet done = new BitSet();
    private boolean begun;

    boolean advance() {
      if (next == steps.size()) {
        return false;
      }
      Journal.Step step = steps.get(next);
      if (!begun) {
        tasks = new ArrayList<>(tasks(step));
        done = (BitSet) past.clone();
        begun = true;
        if (!inOrder) {
          Collections.shuffle(tasks, random);
        }
      }
      boolean progress = tasks.isEmpty();
      int tries = inOrder ? Math.min(1, tasks.size()) : tasks.size();
      for (int i = 0; i < tries && !progress; i++) {
        Task task = tasks.get(i);
        BitSet acquired = task.acquire();
        if (acquired != null) {
          acquired.or(past);
          int action =
              memory.action(step.rank() + "/" + step.stream() + " " + step.text(), acquired);
          task.run(action);
          done.or(memory.upTo(action));
          tasks.remove(i);
          progress = true;
        }
      }
      if (tasks.isEmpty()) {
        past = done;
        begun = false;
        next++;
      }
      return progress;
    }
  }

  private record Word(SignalArray array, int rank, int word) {}

  private record Raised(boolean set, long value, BitSet past) {}

  private record Point(Object event, int number) {}

  private final Random random;
  private final boolean inOrder;
  final RaceMemory memory;
  final int ranks;
  private final Map<String, Queue> queues = new LinkedHashMap<>();
  private final Map<Word, List<Raised>> words = new HashMap<>();
  private final Map<Point, BitSet> marks = new HashMap<>();
  private final ReplayCollectives collectives;
  private final ReplayAllReduces allReduces;
  private final ReplayKernels kernels = new ReplayKernels(this);

  /** Prepares to execute everything in a journal. */
  public Replay(Journal journal, int ranks, long seed) {
    random = new Random(seed);
    inOrder = seed % 2 == 0;
    memory = new RaceMemory(journal.end());
    this.ranks = ranks;
    collectives = new ReplayCollectives(memory, ranks);
    allReduces = new ReplayAllReduces(memory, ranks);
    for (Journal.Step step : journal.steps()) {
      if (!(step.work() instanceof Work.Label)) {
        queues.computeIfAbsent(key(step), key -> new Queue()).steps.add(step);
      }
      if (step.work() instanceof Work.Collective) {
        collectives.number(step);
      } else if (step.work() instanceof Work.AllReduce) {
        allReduces.number(step);
      }
    }
  }

  private static String key(Journal.Step step) {
    return step.rank() + "/" + step.stream();
  }

  /** Executes everything; throws if something can never run. */
  public void run() {
    List<Queue> order = new ArrayList<>(queues.values());
    boolean progress = true;
    while (progress) {
      progress = false;
      Collections.shuffle(order, random);
      for (Queue queue : order) {
        int burst = random.nextInt(8); // lets one stream run ahead of the others
        while (burst-- >= 0 && queue.advance()) {
          progress = true;
        }
      }
      // A burst of nothing but waiting is no deadlock yet: only a pass without any progress is.
    }
    queues.forEach(
        (key, queue) -> {
          if (queue.next < queue.steps.size()) {
            throw new AssertionError(
                "deadlock: " + key + " waits at <" + queue.steps.get(queue.next).text() + ">");
          }
        });
  }

  /** Puts a value into an element before everything runs. */
  public void put(DeviceMemory target, int index, long value) {
    memory.poke(target.address() + 4L * index, value);
  }

  /** The value of an element. */
  public long get(DeviceMemory source, int index) {
    return memory.peek(source.address() + 4L * index);
  }

  /** Whether nothing has written to an element. */
  public boolean untouched(DeviceMemory source, int index) {
    return memory.untouched(source.address() + 4L * index);
  }

  private List<Task> tasks(Journal.Step step) {
    Work work = step.work();
    if (work instanceof Work.Gemm gemm) {
      return kernels.tiles(gemm);
    } else if (work instanceof Work.Reduce reduce) {
      return kernels.blocks(reduce.spec(), reduce.output());
    } else if (work instanceof Work.Collective) {
      return List.of(collectives.task(step, queues.get(key(step)).past));
    } else if (work instanceof Work.AllReduce) {
      return List.of(allReduces.task(step, queues.get(key(step)).past));
    }
    return List.of(
        new Task() {
          @Override
          public @Nullable BitSet acquire() {
            return Replay.this.acquire(step, work);
          }

          @Override
          public void run(int action) {
            Replay.this.perform(work, action);
          }
        });
  }

  private @Nullable BitSet acquire(Journal.Step step, Work work) {
    if (work instanceof Work.Follow follow && follow.number() > 0) {
      BitSet mark = marks.get(new Point(follow.event(), follow.number()));
      return mark == null ? null : (BitSet) mark.clone();
    } else if (work instanceof Work.Wait wait) {
      BitSet all = new BitSet();
      long wanted = wait.target().at(epoch(wait.epoch()));
      for (int word = wait.first(); word < wait.first() + wait.count(); word++) {
        if (!acquire(all, wait.array(), step.rank(), word, wanted)) {
          return null;
        }
      }
      return all;
    }
    return new BitSet();
  }

  private void perform(Work work, int action) {
    if (work instanceof Work.Mark mark) {
      marks.put(new Point(mark.event(), mark.number()), memory.upTo(action));
    } else if (work instanceof Work.Advance advance) {
      memory.store(address(advance.epoch()), epoch(advance.epoch()) + 1, action);
    } else if (work instanceof Work.Raise raise) {
      raise(raise, action);
    } else if (work instanceof Work.Wait wait) {
      memory.load(address(wait.epoch()), action);
    } else if (work instanceof Work.Move move) {
      copy(move.from(), move.to(), action);
      if (move.signal() != null) {
        raise(move.signal(), action);
      }
    } else if (work instanceof Work.Fill fill) {
      for (long at = 0; at < fill.target().rowBytes(); at += 4) {
        memory.store(fill.target().address(0, at), 0, action);
      }
    } else if (work instanceof Work.Unpack unpack) {
      kernels.unpack(unpack, action);
    } else if (work instanceof Work.Norm norm) {
      kernels.norm(norm, action);
    }
  }

  private void copy(Rows from, Rows to, int action) {
    for (long row = 0; row < from.rows(); row++) {
      for (long at = 0; at < from.rowBytes(); at += 4) {
        memory.store(to.address(row, at), memory.load(from.address(row, at), action), action);
      }
    }
  }

  private void raise(Work.Raise raise, int action) {
    boolean set = raise.epoch() != null;
    long value = set ? memory.load(address(raise.epoch()), action) : raise.delta();
    for (int owner : raise.owners()) {
      raise(raise.array(), owner, raise.word(), set, value, action);
    }
  }

  void raise(SignalArray array, int owner, int word, boolean set, long value, int action) {
    words
        .computeIfAbsent(new Word(array, owner, word), key -> new ArrayList<>())
        .add(new Raised(set, value, memory.upTo(action)));
  }

  /**
   * Adds to {@code past} what is known once a word has reached a value, and no more: later raises
   * that happen to be there already prove nothing.
   */
  boolean acquire(BitSet past, SignalArray array, int rank, int word, long wanted) {
    if (wanted <= 0) {
      return true;
    }
    long sum = 0;
    BitSet adds = new BitSet();
    for (Raised raised : words.getOrDefault(new Word(array, rank, word), List.of())) {
      if (raised.set()) {
        if (raised.value() >= wanted) {
          past.or(raised.past());
          return true;
        }
      } else {
        sum += raised.value();
        adds.or(raised.past());
        if (sum >= wanted) {
          past.or(adds);
          return true;
        }
      }
    }
    return false;
  }

  long epoch(Epoch epoch) {
    return memory.peek(address(epoch));
  }

  static long address(Epoch epoch) {
    return ((RecordingSignals.Counter) epoch).memory.address();
  }
}
