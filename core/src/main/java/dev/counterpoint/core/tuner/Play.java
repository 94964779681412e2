package dev.counterpoint.core.tuner;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The schedule of a strategy, to be played once: tasks on streams, each of which begins when the
 * task before it on its stream has ended and those that it waits for are seen to have ended.
 * Transfers that go on at the same time share their rank's link, kernels that copy or sum share its
 * memory, and products and everything else slow each other as {@link Contention} says.
 */
final class Play {
  /** The streams of a rank. */
  enum Stream {
    MAIN,
    SEND,
    RECEIVE
  }

  private static final double NEARLY = 1e-9;

  private static final class Task {
    final int rank;

    /** What it is besides a product; null for products. */
    final @Nullable Route route;

    /** Until others see that it has ended. */
    final double later;

    final int[] after;

    /** Which part of its time a product has the link, since its tiles are stored elsewhere. */
    double linked;

    /** What is left of its beginning, in which no bytes move; a product has none. */
    double start;

    /** What is left of the rest, at full speed. */
    double left;

    double rate;
    double end = Double.POSITIVE_INFINITY;

    Task(int rank, @Nullable Route route, Work work, double later, int[] after) {
      this.rank = rank;
      this.route = route;
      this.start = work.start();
      this.left = work.rest();
      this.later = later;
      this.after = after;
    }

    boolean isProduct() {
      return route == null;
    }

    boolean moves() {
      return route != null && start <= 0;
    }
  }

  /**
   * How long something takes alone, in microseconds.
   *
   * @param start whatever its size
   * @param rest while bytes are read, moved and written
   */
  record Work(double start, double rest) {
    /** So many of it, one after the other. */
    Work times(int count) {
      return new Work(start * count, rest * count);
    }

    double micros() {
      return start + rest;
    }
  }

  private final Contention contention;
  private final int ranks;
  private final List<Task> tasks = new ArrayList<>();
  private final List<Map<Stream, Deque<Task>>> lanes = new ArrayList<>();
  private final List<Task> active = new ArrayList<>();
  private double now;

  /** A schedule of one rank, which stands for all. */
  Play(Contention contention) {
    this(contention, 1);
  }

  /** A schedule of several ranks that are not alike. */
  Play(Contention contention, int ranks) {
    this.contention = contention;
    this.ranks = ranks;
    for (int rank = 0; rank < ranks; rank++) {
      Map<Stream, Deque<Task>> streams = new EnumMap<>(Stream.class);
      for (Stream stream : Stream.values()) {
        streams.put(stream, new ArrayDeque<>());
      }
      lanes.add(streams);
    }
  }

  /** Adds a product to the main stream, seen by others {@code later}; its number. */
  int product(double micros, double later, int... after) {
    return product(0, micros, later, after);
  }

  int product(int rank, double micros, double later, int... after) {
    return add(rank, Stream.MAIN, null, new Work(0, micros), later, after);
  }

  /** Adds a product that has the link for a part of its time; its number. */
  int storedProduct(double micros, double linked, double later) {
    int number = product(micros, later);
    tasks.get(number).linked = Math.max(0, Math.min(1, linked));
    return number;
  }

  /** Adds something else; its number. */
  int add(Stream stream, Route route, Work work, double later, int... after) {
    return add(0, stream, route, work, later, after);
  }

  int add(int rank, Stream stream, @Nullable Route route, Work work, double later, int... after) {
    Task task = new Task(rank, route, work, later, after);
    tasks.add(task);
    Objects.requireNonNull(lanes.get(rank).get(stream)).add(task);
    return tasks.size() - 1;
  }

  /** When others see that a task has ended; infinite before it was played. */
  double seen(int task) {
    return tasks.get(task).end + tasks.get(task).later;
  }

  /** Plays everything; when the last task ends, in microseconds. */
  double run() {
    while (true) {
      double next = begin();
      if (active.isEmpty()) {
        if (next == Double.POSITIVE_INFINITY) {
          return finished();
        }
        now = next;
        continue;
      }
      setRates();
      double step = next - now;
      for (Task task : active) {
        step = Math.min(step, task.start > 0 ? task.start : task.left / task.rate);
      }
      now += step;
      double nearly = NEARLY * (1 + now);
      for (int i = active.size() - 1; i >= 0; i--) {
        Task task = active.get(i);
        if (task.start > 0) {
          task.start = task.start - step <= nearly ? 0 : task.start - step;
        } else {
          task.left -= step * task.rate;
        }
        if (task.start <= 0 && task.left <= nearly) {
          task.end = now;
          active.remove(i);
        }
      }
    }
  }

  private double finished() {
    if (tasks.stream().anyMatch(task -> task.end == Double.POSITIVE_INFINITY)) {
      throw new AssertionError("a task waits for one that comes after it");
    }
    return now;
  }

  /** Begins what can begin now; when the next task can. */
  private double begin() {
    double next = Double.POSITIVE_INFINITY;
    for (Map<Stream, Deque<Task>> streams : lanes) {
      for (Deque<Task> lane : streams.values()) {
        next = Math.min(next, begin(lane));
      }
    }
    return next;
  }

  /** Begins a stream's first task if it can begin now; when it can if that is later. */
  private double begin(Deque<Task> lane) {
    Task first = lane.peek();
    while (first != null && first.end < Double.POSITIVE_INFINITY) {
      lane.remove();
      first = lane.peek();
    }
    if (first == null || active.contains(first)) {
      return Double.POSITIVE_INFINITY;
    }
    double ready = now;
    for (int earlier : first.after) {
      ready = Math.max(ready, seen(earlier));
    }
    if (ready > now) {
      return ready;
    }
    if (first.route != null && computes(first.rank)) {
      first.start += contention.delay(first.route);
    }
    active.add(first);
    return Double.POSITIVE_INFINITY;
  }

  private boolean computes(int rank) {
    for (Task task : active) {
      if (task.rank == rank && task.isProduct()) {
        return true;
      }
    }
    return false;
  }

  private void setRates() {
    for (int rank = 0; rank < ranks; rank++) {
      int linked = 0;
      int copying = 0;
      double products = 1;
      double stored = 0;
      boolean computes = false;
      for (Task task : active) {
        if (task.rank == rank) {
          computes |= task.isProduct();
          stored += task.linked;
          linked += task.moves() && usesLink(task) ? 1 : 0;
          copying += task.moves() && !usesLink(task) ? 1 : 0;
        }
      }
      for (Task task : active) {
        if (task.rank == rank && task.route != null && task.moves()) {
          int sharers = usesLink(task) ? linked : copying;
          // What tiles are stored over goes halves with everything else.
          double rest = usesLink(task) ? Math.max(0.5, 1 - stored) : 1;
          task.rate = (computes ? contention.ofRoute(task.route) : 1) * rest / sharers;
          products *= Math.pow(contention.ofProducts(task.route), 1.0 / sharers);
        }
      }
      for (Task task : active) {
        if (task.rank == rank && task.isProduct()) {
          boolean shared = linked > 0 && task.linked > 0.5;
          task.rate = products * (shared ? 0.5 / task.linked : 1);
        }
      }
    }
  }

  private static boolean usesLink(Task task) {
    return task.route != null && task.route.usesLink();
  }
}
