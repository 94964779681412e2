package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.support.Capture;
import java.util.ArrayList;
import java.util.List;

/** The commands that one stream contributes to a capture; its branch waits for those of others. */
final class Recording {
  static final Operation AWAIT_BRANCH =
      (command, execution) -> ((GraphRun.Reached) command.first).await(execution);

  private final Capture.Branch<HostStream> branch;
  private final List<Command> commands = new ArrayList<>();
  private final GraphRun.Progress progress = new GraphRun.Progress();

  Recording(Capture.Branch<HostStream> branch) {
    this.branch = branch;
  }

  Capture.Branch<HostStream> branch() {
    return branch;
  }

  List<Command> commands() {
    return commands;
  }

  GraphRun.Progress progress() {
    return progress;
  }

  /** Ends a capture for all its streams and makes the graph. */
  static HostGraph end(HostContext context, Capture<HostStream> capture) {
    List<Recording> all = new ArrayList<>();
    capture.branches().forEach(branch -> all.add(branch.stream().recording()));
    capture.leave();
    capture.requireJoined();
    int rank = capture.origin().stream().rank();
    GraphRun run = new GraphRun(context, rank, all);
    return new HostGraph(context, rank, run, capture.collectives()).start();
  }

  void add(Command command) {
    commands.add(command);
    branch.add();
  }

  /** What follows here waits for a place in another branch. */
  void await(Capture.Point<HostStream> point, String label) {
    if (branch.await(point)) {
      Command command = new Command();
      command.operation = AWAIT_BRANCH;
      command.label = label;
      command.first =
          new GraphRun.Reached(point.branch().stream().recording().progress, point.items());
      add(command);
    }
  }
}
