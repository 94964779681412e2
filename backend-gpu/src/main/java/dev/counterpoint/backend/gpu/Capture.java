package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.InvalidArgumentException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who takes part in a capture, and what has been joined back. The driver captures the work itself;
 * this keeps enough to say which stream is missing (rule GRAPH-6), where the driver only says that
 * one is.
 */
final class Capture {
  private final List<Branch> branches = new ArrayList<>();
  private boolean open = true;
  private int collectives;

  /** A place in a branch, and how many items of each branch are known to come before it. */
  record Point(Branch branch, int items, Map<Branch, Integer> covered) {
    Point {
      covered = Map.copyOf(covered);
    }
  }

  Capture(GpuStream origin) {
    branches.add(new Branch(this, origin));
  }

  /** Whether it still runs. */
  boolean open() {
    return open;
  }

  Branch origin() {
    return branches.get(0);
  }

  GpuStream originStream() {
    return origin().stream;
  }

  /** A stream joins. */
  Branch join(GpuStream stream) {
    if (stream.rank() != origin().stream.rank()) {
      throw new InvalidArgumentException(
          "stream", stream, "belong to the rank of " + origin().stream + ", which captures");
    }
    Branch branch = new Branch(this, stream);
    branches.add(branch);
    return branch;
  }

  void countCollective() {
    collectives++;
  }

  /** How many library collectives were captured. */
  int collectives() {
    return collectives;
  }

  /** Ends it for all its streams. */
  void leave() {
    open = false;
    branches.forEach(branch -> branch.stream.leaveCapture());
  }

  /**
   * Throws, naming the stream, when work of a joined stream is not known to come before the end.
   */
  void requireJoined() {
    for (Branch branch : branches) {
      int covered = origin().covered.getOrDefault(branch, 0);
      if (branch != origin() && covered < branch.items) {
        throw new CounterpointException(
            Failure.Category.USAGE,
            branch.stream
                + " joined the capture of "
                + origin().stream
                + " and was not joined back: record an event on it after its last item and await"
                + " that on "
                + origin().stream
                + " before endCapture");
      }
    }
  }

  /** What one stream contributes. */
  static final class Branch {
    private final Capture capture;
    private final GpuStream stream;
    private final Map<Branch, Integer> covered = new HashMap<>();
    private int items;

    Branch(Capture capture, GpuStream stream) {
      this.capture = capture;
      this.stream = stream;
    }

    Capture capture() {
      return capture;
    }

    /** Counts an item. */
    void add() {
      items++;
    }

    /** The present place. */
    Point point() {
      return new Point(this, items, covered);
    }

    /** What follows here comes after a place in another branch. */
    void await(Point point) {
      if (point.branch().capture != capture) {
        throw new InvalidArgumentException(
            "event",
            "recorded in another capture",
            "be recorded in the capture of " + capture.origin().stream);
      }
      if (point.branch() != this) {
        covered.merge(point.branch(), point.items(), Math::max);
        point.covered().forEach((branch, count) -> covered.merge(branch, count, Math::max));
      }
    }
  }
}
