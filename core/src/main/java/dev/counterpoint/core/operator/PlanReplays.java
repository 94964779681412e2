package dev.counterpoint.core.operator;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Rank;
import dev.counterpoint.Strategy;
import dev.counterpoint.core.strategy.Operands;
import dev.counterpoint.core.strategy.Program;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Launches that are replays: what a plan enqueues for operands that come again is captured once,
 * and from then on is one item of the rank's stream, which costs the host a few microseconds
 * instead of tens.
 *
 * <p>The first launch with some operands (the same {@link dev.counterpoint.Tensor} objects) is
 * direct, the second is captured, later ones are replays. Each rank decides for itself, since
 * direct and replayed launches go together (rule OP-4), except where a library's collectives are
 * captured, which libraries may want all ranks to do at the same time: such strategies always
 * launch directly. So does a launch that the caller captures, or traces. Used by one thread at a
 * time for each rank, as launches are.
 */
final class PlanReplays {
  /** The world's property: {@code on}, or {@code off}, which is what it is by itself. */
  static final String PROPERTY = "plans.replay";

  /** Combinations of operands that are kept for each rank; what comes then is launched directly. */
  private static final int MOST = 8;

  private final Backend backend;
  private final Program program;
  private final Entry[][] entries;
  private final int[] counts;

  /** What is known of some operands. */
  private static final class Entry {
    private final Operands operands;
    private @Nullable Graph graph;

    Entry(Operands operands) {
      this.operands = operands;
    }
  }

  private PlanReplays(Backend backend, Program program) {
    this.backend = backend;
    this.program = program;
    entries = new Entry[backend.size()][MOST];
    counts = new int[backend.size()];
  }

  /** For a plan, or null where its launches are direct. */
  static @Nullable PlanReplays of(
      Map<String, String> properties, Backend backend, Strategy strategy, Program program) {
    String wanted = properties.getOrDefault(PROPERTY, "off");
    if (!wanted.equals("on") && !wanted.equals("off")) {
      throw new InvalidArgumentException("property " + PROPERTY, wanted, "be on or off");
    }
    boolean byItself =
        switch (strategy) {
          case FUSED, DECOMPOSED, RING -> true;
          case SEQUENTIAL, PIPELINED, SIGNALED, AUTO -> false; // with collectives of a library
        };
    return wanted.equals("on") && byItself && backend.capabilities().contains(Capability.GRAPHS)
        ? new PlanReplays(backend, program)
        : null;
  }

  /** (hot) Enqueues a launch as a replay; false when it has to be enqueued directly. */
  boolean launch(Rank rank, Operands operands) {
    int r = rank.index();
    Entry[] mine = entries[r];
    for (int i = 0; i < counts[r]; i++) {
      if (mine[i].operands.areThoseOf(operands)) {
        return launch(rank, mine[i], operands);
      }
    }
    if (counts[r] < MOST) {
      mine[counts[r]++] = new Entry(operands.copy());
    }
    return false;
  }

  private boolean launch(Rank rank, Entry entry, Operands operands) {
    Stream stream = rank.stream();
    if (stream.capturing() || backend.tracing()) {
      return false;
    }
    Graph graph = entry.graph;
    if (graph == null) {
      stream.beginCapture();
      graph = capture(stream, rank.index(), operands);
      entry.graph = graph;
    }
    graph.launch(stream);
    return true;
  }

  private Graph capture(Stream stream, int rank, Operands operands) {
    try {
      program.enqueue(rank, operands);
    } catch (RuntimeException | Error e) {
      try {
        stream.endCapture().close();
      } catch (CounterpointException more) {
        e.addSuppressed(more);
      }
      throw e;
    }
    return stream.endCapture();
  }

  /** Closes the graphs; their streams must be idle. */
  void close() {
    for (Entry[] ofRank : entries) {
      for (Entry entry : ofRank) {
        if (entry != null && entry.graph != null) {
          entry.graph.close();
        }
      }
    }
  }
}
