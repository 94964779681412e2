package dev.counterpoint.backend.host.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Executes captured branches: the first on the thread of the stream that replays, each other on a
 * helper thread of its own, so that they run truly at the same time.
 */
final class GraphRun {
  private final HostContext context;
  private final List<Part> parts = new ArrayList<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final Bell free;

  /** How far a branch has come in the present replay. */
  static final class Progress {
    private final Bell bell = new Bell();
    private volatile int done;

    private void set(int commands) {
      done = commands;
      bell.ring();
    }
  }

  /** A branch's wait for so many commands of another. */
  record Reached(Progress of, int commands) implements Bell.Condition {
    @Override
    public boolean met() {
      return of.done >= commands;
    }

    void await(Execution execution) {
      if (!met()) {
        of.bell.await(this, Long.MAX_VALUE, execution.context.faults);
      }
    }
  }

  GraphRun(HostContext context, int rank, List<Recording> branches) {
    this.context = context;
    this.free = context.faults.register(new Bell());
    for (Recording branch : branches) {
      context.faults.register(branch.progress().bell);
      parts.add(new Part(context, rank, branch, !parts.isEmpty()));
    }
  }

  /** Starts the helpers. */
  void start() {
    parts.forEach(Part::start);
  }

  /** Runs all branches once; returns when all are complete. */
  void replay(Execution execution, long callBase) {
    if (!busy.compareAndSet(false, true)) {
      free.await(() -> busy.compareAndSet(false, true), Long.MAX_VALUE, context.faults);
    }
    String operation = execution.operation;
    long outerBase = execution.callBase;
    try {
      parts.forEach(part -> part.progress.done = 0);
      for (int i = 1; i < parts.size(); i++) {
        parts.get(i).post(outerBase + callBase);
      }
      execution.callBase = outerBase + callBase;
      parts.get(0).run(execution);
    } finally {
      for (int i = 1; i < parts.size(); i++) {
        parts.get(i).awaitRest();
      }
      execution.callBase = outerBase;
      execution.operation = operation;
      busy.set(false);
      free.ring();
    }
  }

  /** Ends the helpers; nothing may be replaying. */
  void stop() {
    for (Part part : parts) {
      part.stop();
      context.faults.unregister(part.progress.bell);
    }
    context.faults.unregister(free);
  }

  private static final class Part {
    private final Command[] commands;
    private final Progress progress;
    private final Execution execution;
    private final boolean helped;
    private final Bell bell = new Bell();
    private final Bell.Condition posted = this::hasWork;
    private final Bell.Condition resting = this::rests;
    private final Thread thread;
    private volatile long wanted;
    private volatile long finished;
    private volatile boolean stopped;

    Part(HostContext context, int rank, Recording recording, boolean helped) {
      this.commands = recording.commands().toArray(new Command[0]);
      this.progress = recording.progress();
      String name = recording.branch().stream().name();
      this.execution = new Execution(context, rank, name);
      this.helped = helped;
      this.thread = new Thread(this::work, "counterpoint-host-" + rank + "-" + name + "-graph");
      thread.setDaemon(true);
    }

    void start() {
      if (helped) {
        thread.start();
      }
    }

    void post(long callBase) {
      execution.callBase = callBase;
      long next = wanted + 1; // only the replaying thread writes it
      wanted = next;
      bell.ring();
    }

    void awaitRest() {
      bell.await(resting, Long.MAX_VALUE, null);
    }

    void run(Execution by) {
      for (int i = 0; i < commands.length; i++) {
        by.run(commands[i]);
        progress.set(i + 1);
      }
    }

    void stop() {
      stopped = true;
      bell.ring();
    }

    private void work() {
      while (true) {
        bell.await(posted, Long.MAX_VALUE, null);
        if (wanted == finished) {
          return;
        }
        run(execution);
        long next = finished + 1; // only this thread writes it
        finished = next;
        bell.ring();
      }
    }

    private boolean hasWork() {
      return wanted != finished || stopped;
    }

    private boolean rests() {
      return wanted == finished;
    }
  }
}
