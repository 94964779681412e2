package dev.counterpoint.backend.host.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The helper threads of one rank. Work that can be shared is offered here and begun at once by the
 * stream's own thread, so it never needs a helper to make progress: a helper that waits at a gate
 * holds back nobody.
 */
final class WorkCrew {
  private final HostContext context;
  private final int rank;
  private final int helpers;
  private final List<Thread> threads = new ArrayList<>();
  private final ArrayDeque<Shared> offers = new ArrayDeque<>();
  private boolean stopped;

  /** Work in which several threads can take part. */
  abstract static class Shared {
    private int places;
    private int active;
    private int next;

    /**
     * Takes part until nothing is left to begin. {@code worker} is 0 for the stream's thread, then
     * 1, 2, …
     */
    abstract void work(int worker, Execution execution);

    /** Label of the operation it belongs to. */
    abstract String operation();
  }

  WorkCrew(HostContext context, int rank, int helpers) {
    this.context = context;
    this.rank = rank;
    this.helpers = helpers;
  }

  /**
   * Works with up to {@code workers} threads, the caller's included; returns when none is at it any
   * more.
   */
  void share(Shared work, int workers, Execution execution) {
    int wanted = Math.min(workers - 1, helpers);
    if (wanted > 0) {
      offer(work, wanted);
    }
    try {
      work.work(0, execution);
    } finally {
      if (wanted > 0) {
        withdraw(work);
      }
    }
  }

  private synchronized void offer(Shared work, int wanted) {
    while (threads.size() < helpers) {
      int number = threads.size() + 1;
      Thread thread = new Thread(() -> help(number), "counterpoint-host-" + rank + "-cu" + number);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    work.places = wanted;
    work.next = 1;
    offers.add(work);
    notifyAll();
  }

  private synchronized void withdraw(Shared work) {
    offers.remove(work);
    boolean interrupted = false;
    while (work.active > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void help(int number) {
    Execution execution = new Execution(context, rank, "cu" + number);
    while (true) {
      Shared work;
      int worker;
      synchronized (this) {
        while (offers.isEmpty() && !stopped) {
          try {
            wait();
          } catch (InterruptedException e) {
            return;
          }
        }
        if (stopped) {
          return;
        }
        work = offers.getFirst();
        worker = work.next++;
        work.active++;
        if (--work.places == 0) {
          offers.removeFirst();
        }
      }
      run(work, worker, execution);
      synchronized (this) {
        work.active--;
        notifyAll();
      }
    }
  }

  private void run(Shared work, int worker, Execution execution) {
    execution.operation = work.operation();
    try {
      work.work(worker, execution);
    } catch (WorldFailed e) {
      // the fault is on the board already
    } catch (Throwable e) {
      context.faults.raise(rank, work.operation(), "a helper of rank " + rank, e);
    }
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** The threads, for waiting for their end. */
  synchronized List<Thread> threads() {
    return new ArrayList<>(threads);
  }
}
