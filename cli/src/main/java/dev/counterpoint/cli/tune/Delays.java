package dev.counterpoint.cli.tune;

import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which tile waited for whom in one traced run: every wait on a lane that computes, with the tile
 * that came after it, and with the transfer or collective that ended while it waited, as late as
 * any.
 *
 * @param waits the longest first
 */
record Delays(List<Delay> waits) {
  /** A signal is seen a little after its transfer, and devices' clocks differ a little. */
  private static final long TOLERANCE_NANOS = 10_000;

  private static final Pattern TARGET = Pattern.compile("→ ([0-9]{1,6})");

  /**
   * A wait.
   *
   * @param rank which waited
   * @param lane stream or compute unit that it held
   * @param tile what was computed after it; empty if nothing was
   * @param source rank that sent what it waited for; −1 if no transfer of a peer ended it
   * @param cause the transfer or collective; empty if none is known
   * @param micros how long
   */
  record Delay(int rank, String lane, String tile, int source, String cause, double micros) {
    /** For people. */
    String describe() {
      String what = tile.isEmpty() ? lane : tile + " on " + lane;
      String why =
          source >= 0
              ? "for rank " + source + " (" + cause + ")"
              : cause.isEmpty() ? "for what was not traced" : "for " + cause;
      return what + " of rank " + rank + " waited " + why;
    }
  }

  Delays {
    waits = List.copyOf(waits);
  }

  /** All waits among the events of a run. */
  static Delays of(List<TraceEvent> events) {
    Run run = new Run(events);
    return new Delays(
        events.stream()
            .filter(run::delays)
            .map(run::delay)
            .sorted(Comparator.comparingDouble(Delay::micros).reversed())
            .toList());
  }

  /** The same events, with waits that say what they were for. */
  static List<TraceEvent> annotated(List<TraceEvent> events) {
    Run run = new Run(events);
    return events.stream().map(run::annotated).toList();
  }

  /** Microseconds of waiting by source; −1 stands for everything that is not a peer's transfer. */
  Map<Integer, Double> bySource() {
    Map<Integer, Double> sums = new TreeMap<>();
    waits.forEach(wait -> sums.merge(wait.source(), wait.micros(), Double::sum));
    return sums;
  }

  /** The events of one run, by what is looked for among them. */
  private static final class Run {
    /** What can end a wait. */
    private final List<TraceEvent> causes;

    /** By rank and lane. */
    private final Map<String, List<TraceEvent>> computing = new HashMap<>();

    Run(List<TraceEvent> events) {
      causes =
          events.stream()
              .filter(
                  event ->
                      event.kind() == Kind.TRANSFER
                          || event.kind() == Kind.COLLECTIVE
                          || event.kind() == Kind.REDUCE)
              .toList();
      for (TraceEvent event : events) {
        if (event.kind() == Kind.COMPUTE) {
          String lane = lane(event);
          computing.computeIfAbsent(lane, l -> new ArrayList<>()).add(event);
          // What holds a stream holds its units, whose lanes are named "stream/unit".
          int unit = event.lane().lastIndexOf('/');
          if (unit > 0) {
            String stream = event.rank() + "/" + event.lane().substring(0, unit);
            computing.computeIfAbsent(stream, l -> new ArrayList<>()).add(event);
          }
        }
      }
    }

    private static String lane(TraceEvent event) {
      return event.rank() + "/" + event.lane();
    }

    /** Whether it is a wait that held something that computes. */
    boolean delays(TraceEvent event) {
      return event.kind() == Kind.WAIT && computing.containsKey(lane(event));
    }

    Delay delay(TraceEvent wait) {
      Optional<TraceEvent> cause =
          causes.stream()
              .filter(event -> ends(event, wait))
              .max(Comparator.comparingLong(TraceEvent::endNanos));
      return new Delay(
          wait.rank(),
          wait.lane(),
          next(wait),
          cause.filter(event -> event.kind() == Kind.TRANSFER).map(TraceEvent::rank).orElse(-1),
          cause.map(TraceEvent::name).orElse(""),
          (wait.endNanos() - wait.startNanos()) / 1e3);
    }

    /** Whether the end of an event can be what a wait waited for. */
    private static boolean ends(TraceEvent event, TraceEvent wait) {
      boolean inTime =
          event.endNanos() >= wait.startNanos()
              && event.endNanos() <= wait.endNanos() + TOLERANCE_NANOS;
      return inTime
          && (event.kind() == Kind.TRANSFER
              ? event.rank() != wait.rank() && target(event) == wait.rank()
              : event.rank() == wait.rank());
    }

    /** The rank that a transfer such as {@code "put → 3"} goes to; −1 if it does not say. */
    private static int target(TraceEvent event) {
      Matcher matcher = TARGET.matcher(event.name());
      return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private String next(TraceEvent wait) {
      return computing.getOrDefault(lane(wait), List.of()).stream()
          .filter(event -> event.startNanos() >= wait.endNanos())
          .min(Comparator.comparingLong(TraceEvent::startNanos))
          .map(TraceEvent::name)
          .orElse("");
    }

    TraceEvent annotated(TraceEvent event) {
      return delays(event)
          ? new TraceEvent(
              event.rank(),
              event.lane(),
              event.kind(),
              event.name() + ": " + delay(event).describe(),
              event.operation(),
              event.startNanos(),
              event.endNanos())
          : event;
    }
  }
}
