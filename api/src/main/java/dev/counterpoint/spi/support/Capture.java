package dev.counterpoint.spi.support;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Stream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Who takes part in a capture, and what is known to come before what in it: one stream, and those
 * that join it by awaiting an event of the capture. Enough to name a stream that was not joined
 * back (rule GRAPH-6). Used by one thread at a time, as its streams are.
 *
 * @param <S> the backend's streams
 */
public final class Capture<S extends Stream> {
  private final List<Branch<S>> branches = new ArrayList<>();
  private final Consumer<S> leave;
  private boolean open = true;
  private int collectives;

  /**
   * A place in a branch.
   *
   * @param items how many items of the branch come before it
   * @param covered how many items of other branches are known to come before it
   */
  public record Point<S extends Stream>(
      Branch<S> branch, int items, Map<Branch<S>, Integer> covered) {
    /** Copies the map. */
    public Point {
      covered = Map.copyOf(covered);
    }
  }

  /**
   * Begins a capture.
   *
   * @param leave tells a stream that the capture it takes part in is over
   */
  public Capture(S origin, Consumer<S> leave) {
    this.leave = leave;
    branches.add(new Branch<>(this, origin));
  }

  /** Whether it still runs. */
  public boolean open() {
    return open;
  }

  /** Where it began. */
  public Branch<S> origin() {
    return branches.get(0);
  }

  /** All branches, the origin first. */
  public List<Branch<S>> branches() {
    return Collections.unmodifiableList(branches);
  }

  /** A stream joins. */
  public Branch<S> join(S stream) {
    S first = origin().stream;
    if (stream.rank() != first.rank()) {
      throw new InvalidArgumentException(
          "stream", stream, "belong to the rank of " + first + ", which captures");
    }
    Branch<S> branch = new Branch<>(this, stream);
    branches.add(branch);
    return branch;
  }

  /** Counts collective calls and returns how many came before. */
  public int takeCollectives(int count) {
    int before = collectives;
    collectives += count;
    return before;
  }

  /** How many collective calls were captured. */
  public int collectives() {
    return collectives;
  }

  /** Ends it for all its streams. */
  public void leave() {
    open = false;
    branches.forEach(branch -> leave.accept(branch.stream));
  }

  /**
   * Throws, naming the stream, when work of a joined stream is not known to come before the end.
   */
  public void requireJoined() {
    Branch<S> first = origin();
    for (Branch<S> branch : branches) {
      if (branch != first && first.covered.getOrDefault(branch, 0) < branch.items) {
        throw new CounterpointException(
            Failure.Category.USAGE,
            branch.stream
                + " joined the capture of "
                + first.stream
                + " and was not joined back: record an event on it after its last item and await"
                + " that on "
                + first.stream
                + " before endCapture");
      }
    }
  }

  /** What one stream contributes. */
  public static final class Branch<S extends Stream> {
    private final Capture<S> capture;
    private final S stream;
    private final Map<Branch<S>, Integer> covered = new HashMap<>();
    private int items;

    private Branch(Capture<S> capture, S stream) {
      this.capture = capture;
      this.stream = stream;
    }

    public Capture<S> capture() {
      return capture;
    }

    public S stream() {
      return stream;
    }

    /** Counts an item. */
    public void add() {
      items++;
    }

    /** The present place. */
    public Point<S> point() {
      return new Point<>(this, items, covered);
    }

    /**
     * What follows here comes after a place of the capture. False when it does so anyway, since the
     * place is in this branch.
     */
    public boolean await(Point<S> point) {
      if (point.branch().capture != capture) {
        throw new InvalidArgumentException(
            "event",
            "recorded in another capture",
            "be recorded in the capture of " + capture.origin().stream);
      }
      if (point.branch() == this) {
        return false;
      }
      covered.merge(point.branch(), point.items(), Math::max);
      point.covered().forEach((branch, count) -> covered.merge(branch, count, Math::max));
      return true;
    }
  }
}
