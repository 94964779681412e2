package dev.counterpoint.backend.host.internal;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.InvalidArgumentException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Work that is being recorded on one stream and on those that join it by awaiting an event of the
 * capture. Each stream is a branch; a branch waits for a number of commands of another.
 */
final class Capture {
  static final Operation AWAIT_BRANCH =
      (command, execution) -> ((GraphRun.Reached) command.first).await(execution);

  private final List<Branch> branches = new ArrayList<>();
  private boolean open = true;
  private int calls;

  /**
   * A place in a branch, and what is known to be complete there: how many commands of each branch.
   */
  record Point(Branch branch, int commands, Map<Branch, Integer> covered) {}

  Capture(HostStream origin) {
    branches.add(new Branch(this, origin));
  }

  /** Whether it still runs. */
  boolean open() {
    return open;
  }

  Branch origin() {
    return branches.get(0);
  }

  /** A stream joins. */
  Branch join(HostStream stream) {
    if (stream.rank() != origin().stream.rank()) {
      throw new InvalidArgumentException(
          "stream", stream, "belong to the rank of " + origin().stream + ", which captures");
    }
    Branch branch = new Branch(this, stream);
    branches.add(branch);
    return branch;
  }

  long takeCalls(int count) {
    long first = calls;
    calls += count;
    return first;
  }

  /** Ends the capture for all its streams and makes the graph. */
  HostGraph end(HostContext context) {
    abandon();
    Map<Branch, Integer> covered = origin().covered;
    for (Branch branch : branches) {
      if (branch != origin() && covered.getOrDefault(branch, 0) < branch.commands.size()) {
        throw new CounterpointException(
            Failure.Category.USAGE,
            branch.stream
                + " joined the capture of "
                + origin().stream
                + " and was not joined back: record an event on it after its last"
                + " command and await that on "
                + origin().stream
                + " before endCapture");
      }
    }
    GraphRun run = new GraphRun(context, origin().stream.rank(), branches);
    return new HostGraph(context, origin().stream.rank(), run, calls).start();
  }

  /** Ends the capture for all its streams. */
  void abandon() {
    open = false;
    branches.forEach(branch -> branch.stream.leaveCapture());
  }

  /** What one stream contributes. */
  static final class Branch {
    private final Capture capture;
    private final HostStream stream;
    private final List<Command> commands = new ArrayList<>();
    private final Map<Branch, Integer> covered = new HashMap<>();
    private final GraphRun.Progress progress = new GraphRun.Progress();

    Branch(Capture capture, HostStream stream) {
      this.capture = capture;
      this.stream = stream;
    }

    Capture capture() {
      return capture;
    }

    HostStream stream() {
      return stream;
    }

    List<Command> commands() {
      return commands;
    }

    GraphRun.Progress progress() {
      return progress;
    }

    void add(Command command) {
      commands.add(command);
    }

    /** The present place. */
    Point point() {
      return new Point(this, commands.size(), Map.copyOf(covered));
    }

    /** What follows here waits for a place in another branch. */
    void await(Point point, String label) {
      if (point.branch().capture != capture) {
        throw new InvalidArgumentException(
            "event",
            "recorded in another capture",
            "be recorded in the capture of " + capture.origin().stream);
      }
      if (point.branch() == this) {
        return;
      }
      Command command = new Command();
      command.operation = AWAIT_BRANCH;
      command.label = label;
      command.first = new GraphRun.Reached(point.branch().progress, point.commands());
      commands.add(command);
      covered.merge(point.branch(), point.commands(), Math::max);
      point.covered().forEach((branch, count) -> covered.merge(branch, count, Math::max));
    }
  }
}
