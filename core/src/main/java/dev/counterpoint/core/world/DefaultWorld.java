package dev.counterpoint.core.world;

import com.google.inject.Inject;
import com.google.inject.Singleton;
import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.CounterpointException;
import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.GemmAllReduce;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAll;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmReduceScatter;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.operator.PlanOwner;
import dev.counterpoint.core.operator.Planner;
import dev.counterpoint.core.telemetry.WorldEvents;
import dev.counterpoint.spi.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A world whose ranks are all in this JVM. */
@Singleton
final class DefaultWorld implements World, PlanOwner {
  private static final Logger log = LoggerFactory.getLogger(DefaultWorld.class);

  private final WorldOptions options;
  private final Backend backend;
  private final Planner planner;
  private final List<Rank> ranks;
  private final LaunchOrder order;
  private final Set<DefaultRank.Allocation> tensors =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
  private final List<OperatorPlan> plans = new ArrayList<>();
  private final ExecutorService threads;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicInteger nextPlan = new AtomicInteger(1);

  @Inject
  DefaultWorld(WorldOptions options, Backend backend, Planner planner) {
    this.options = options;
    this.backend = backend;
    this.planner = planner;
    AtomicInteger threadNumber = new AtomicInteger();
    threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread =
                  new Thread(task, "counterpoint-rank-caller-" + threadNumber.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    List<Rank> all = new ArrayList<>();
    try {
      for (int index : backend.localRanks()) {
        all.add(new DefaultRank(this, index, backend.device(index)));
      }
    } catch (RuntimeException e) {
      backend.close();
      throw e;
    }
    ranks = List.copyOf(all);
    order = new LaunchOrder(backend.size());
    WorldEvents.opened(backend.name(), backend.size(), backend.description());
    log.debug("opened {}: {}", this, backend.description());
  }

  @Override
  public int size() {
    return backend.size();
  }

  @Override
  public List<Rank> localRanks() {
    return ranks;
  }

  @Override
  public Rank rank(int index) {
    // By number, not by iterator: called at every launch, which must allocate nothing.
    for (int i = 0; i < ranks.size(); i++) {
      if (ranks.get(i).index() == index) {
        return ranks.get(i);
      }
    }
    throw new InvalidArgumentException(
        "index", index, "be the index of a local rank, 0 … " + (size() - 1));
  }

  @Override
  public Backend backend() {
    return backend;
  }

  @Override
  public AllGatherGemm plan(AllGatherGemmSpec spec) {
    return (AllGatherGemm) plan((OperatorSpec) spec);
  }

  @Override
  public GemmReduceScatter plan(GemmReduceScatterSpec spec) {
    return (GemmReduceScatter) plan((OperatorSpec) spec);
  }

  @Override
  public GemmAllReduce plan(GemmAllReduceSpec spec) {
    return (GemmAllReduce) plan((OperatorSpec) spec);
  }

  @Override
  public GemmAllToAll plan(GemmAllToAllSpec spec) {
    return (GemmAllToAll) plan((OperatorSpec) spec);
  }

  @Override
  public OperatorPlan plan(OperatorSpec spec) {
    requireOpen();
    OperatorPlan plan = planner.plan(this, spec, nextPlan.getAndIncrement());
    synchronized (plans) {
      plans.add(plan);
    }
    if (closed.get()) { // the world was closed meanwhile and has not seen this plan
      plan.close();
      requireOpen();
    }
    return plan;
  }

  @Override
  public void planClosed(OperatorPlan plan) {
    synchronized (plans) {
      plans.remove(plan);
    }
  }

  @Override
  public void launching(int rank, int planNumber, String label) {
    requireOpen();
    order.launching(rank, planNumber, label);
  }

  @Override
  public void onEachRank(Consumer<Rank> action) {
    requireOpen();
    List<Future<?>> running = new ArrayList<>();
    Throwable first = null;
    for (Rank rank : ranks) {
      try {
        running.add(threads.submit(() -> action.accept(rank)));
      } catch (RejectedExecutionException e) { // closed meanwhile; wait for those already running
        first = new ResourceClosedException(toString());
      }
    }
    boolean interrupted = false;
    for (Future<?> future : running) {
      while (true) {
        try {
          future.get();
        } catch (ExecutionException e) {
          Throwable cause = e.getCause() == null ? e : e.getCause();
          if (first == null) {
            first = cause;
          } else if (first != cause) {
            first.addSuppressed(cause);
          }
        } catch (InterruptedException e) {
          interrupted = true;
          continue; // the actions still use what the caller owns, so wait for them
        }
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (first instanceof RuntimeException e) {
      throw e;
    }
    if (first instanceof Error e) {
      throw e;
    }
    if (first != null) { // a checked exception that an action threw without declaring it
      throw new IllegalStateException("an action on a rank failed: " + first, first);
    }
  }

  @Override
  public void synchronize(Duration deadline) {
    requireOpen();
    long start = System.nanoTime();
    for (Rank rank : ranks) {
      Duration left = deadline.minusNanos(System.nanoTime() - start);
      try {
        rank.device().synchronize(left.isNegative() ? Duration.ZERO : left);
      } catch (DeadlineExceededException e) {
        throw new DeadlineExceededException(
            "work of rank " + rank.index() + " of " + this, deadline);
      }
    }
  }

  /**
   * Bound for host-side waits that have no deadline of their own: whatever waits on a device has
   * given up by then.
   */
  @Override
  public Duration patience() {
    return options.waitTimeout().plusSeconds(60);
  }

  boolean isClosed() {
    return closed.get();
  }

  @Override
  public void requireOpen() {
    if (closed.get()) {
      throw new ResourceClosedException(toString());
    }
  }

  Set<DefaultRank.Allocation> tensors() {
    return tensors;
  }

  /**
   * Waits for a rank's stream so that memory can be freed; a failed world has drained its streams
   * by itself.
   */
  void settleQuietly(DefaultRank rank) {
    try {
      rank.stream().synchronize(patience());
    } catch (CounterpointException | ResourceClosedException e) {
      log.debug("freeing memory of {} in a failed world", rank, e);
    }
  }

  @Override
  public String toString() {
    return "world '" + backend.name() + "' of " + backend.size() + " ranks";
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List<OperatorPlan> open;
    synchronized (plans) {
      open = new ArrayList<>(plans);
    }
    Collections.reverse(open);
    RuntimeException failure = null;
    for (OperatorPlan plan : open) {
      log.warn("{} was not closed before its {}", plan.label(), this);
      failure = closing(plan::close, failure);
    }
    failure = closing(this::releaseTensors, failure);
    threads.shutdownNow();
    for (Rank rank : ranks) {
      failure = closing(rank.stream()::close, failure);
    }
    failure = closing(backend::close, failure);
    if (failure != null) {
      throw failure;
    }
  }

  /** What does not close must not keep the rest open; the first failure carries the others. */
  private static @Nullable RuntimeException closing(
      Runnable close, @Nullable RuntimeException failure) {
    try {
      close.run();
    } catch (RuntimeException e) {
      if (failure == null) {
        return e;
      }
      failure.addSuppressed(e);
    }
    return failure;
  }

  private void releaseTensors() {
    List<DefaultRank.Allocation> left;
    synchronized (tensors) {
      left = List.copyOf(tensors);
      tensors.clear();
    }
    if (!left.isEmpty()) {
      log.warn("{} tensors were not closed before their {}", left.size(), this);
    }
    for (Rank rank : ranks) {
      settleQuietly((DefaultRank) rank);
    }
    left.forEach(DefaultRank.Allocation::close);
  }
}
