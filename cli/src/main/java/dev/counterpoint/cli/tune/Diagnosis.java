package dev.counterpoint.cli.tune;

import dev.counterpoint.cli.report.BenchReport.Baseline;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Says in words what a strategy's time consists of, and what bounds it. */
final class Diagnosis {
  /** What a shape can be bound by. */
  enum Bound {
    /** The multiplication takes all the time. */
    GEMM,
    /** The link is busy all the time. */
    WIRE,
    /** Waiting for what comes before the first tile. */
    FIRST_CHUNK,
    /** Tiles wait for data in between. */
    ARRIVAL,
    /** What the last tiles leave idle. */
    TAIL_WAVE,
    /** What comes after the last tile. */
    LAST_CHUNK
  }

  /** So much of the time makes a bound. */
  private static final double NEARLY_ALL = 0.85;

  /** A link that is held so many times longer than its bytes need is not short of bandwidth. */
  private static final double FAR_ABOVE = 1.5;

  private Diagnosis() {}

  /**
   * What bounds a rank: what is busy nearly all the time, else what the mean lane waits for most.
   */
  static Bound bound(RankProfile p) {
    if (p.busy() >= NEARLY_ALL * p.total()) {
      return Bound.GEMM;
    }
    if (p.moving() >= NEARLY_ALL * p.total()) {
      return Bound.WIRE;
    }
    Map<Double, Bound> costs = new TreeMap<>();
    costs.put(p.after(), Bound.LAST_CHUNK);
    costs.put(p.tailWave(), Bound.TAIL_WAVE);
    costs.put(p.gaps(), Bound.ARRIVAL);
    costs.put(p.head(), Bound.FIRST_CHUNK);
    return ((TreeMap<Double, Bound>) costs).lastEntry().getValue();
  }

  /** A paragraph about the slowest rank. */
  static String paragraph(String strategy, RankProfile p, Baseline baseline) {
    if (p.computing() == 0) {
      return String.format(
          Locale.ROOT,
          "%s: rank %d took %.0f µs and had nothing to compute.",
          strategy,
          p.rank(),
          p.total());
    }
    double hidden = p.moving() > 0 ? p.both() / p.moving() : 0;
    return String.format(
        Locale.ROOT,
        "%s: rank %d took %.0f µs. It computed during %.0f %% of that%s and had data on the link"
            + " during %.0f %%; %.0f %% of the communication was hidden behind tiles. %s",
        strategy,
        p.rank(),
        p.total(),
        percent(p.computing(), p.total()),
        lanes(p),
        percent(p.moving(), p.total()),
        100 * hidden,
        p.both() == 0 && p.moving() > 0
            ? String.format(
                Locale.ROOT,
                "Nothing was overlapped: %.0f µs are exposed.",
                p.total() - p.computing())
            : verdict(p, baseline));
  }

  /** How busy the lanes were, where that is not said by whether any was; and what stores took. */
  private static String lanes(RankProfile p) {
    StringBuilder text = new StringBuilder();
    if (p.busy() < 0.995 * p.computing()) {
      text.append(
          String.format(
              Locale.ROOT, ", the mean compute lane during %.0f %%", percent(p.busy(), p.total())));
    }
    if (p.storing() > 0) {
      text.append(
          String.format(Locale.ROOT, " (storing tiles: %.0f %%)", percent(p.storing(), p.total())));
    }
    return text.toString();
  }

  private static String verdict(RankProfile p, Baseline baseline) {
    return switch (bound(p)) {
      case GEMM ->
          String.format(
              Locale.ROOT,
              "It is bound by the GEMM: %.0f µs of multiplication, %.0f µs unsplit. Only a faster"
                  + " GEMM, or larger chunks where it is cut, would help.",
              p.busy(),
              baseline.gemm());
      case WIRE ->
          String.format(
              Locale.ROOT,
              "It is bound by the wire, which is busy for %.0f µs and needs %.0f µs at its"
                  + " bandwidth. %s",
              p.moving(),
              baseline.wire(),
              p.moving() > FAR_ABOVE * baseline.wire()
                  ? "Transfers take far longer than their bytes need: look for latency, small"
                      + " chunks, collisions or slow senders."
                  : "Only fewer bytes or a faster link would help.");
      case FIRST_CHUNK ->
          String.format(
              Locale.ROOT,
              "It is bound by what comes before the first tile: %.0f µs. Smaller first chunks would"
                  + " help, or own rows first.",
              p.head());
      case ARRIVAL ->
          String.format(
              Locale.ROOT,
              "It is bound by arrivals: between the first and its last tile a compute lane had"
                  + " nothing for %.0f µs on average. More chunks, or another order of tiles, would"
                  + " help.",
              p.gaps());
      case TAIL_WAVE ->
          String.format(
              Locale.ROOT,
              "It is bound by the tail wave: a compute lane had no tile any more for the last %.0f"
                  + " µs of the GEMM on average. Smaller tiles would help.",
              p.tailWave());
      case LAST_CHUNK ->
          String.format(
              Locale.ROOT,
              "It is bound by what follows the last tile: %.0f µs. More, or smaller last, chunks"
                  + " would help.",
              p.after());
    };
  }

  /** What tiles waited for, all together and at the longest; empty if they did not. */
  static String waits(Delays delays) {
    if (delays.waits().isEmpty()) {
      return "";
    }
    Delays.Delay longest = delays.waits().get(0);
    StringBuilder text = new StringBuilder(" Waiting of all compute lanes:");
    delays
        .bySource()
        .forEach(
            (source, micros) ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        " %.0f µs for %s,",
                        micros,
                        source < 0 ? "anything else" : "rank " + source)));
    text.setLength(text.length() - 1);
    return text.append(
            String.format(
                Locale.ROOT, "; longest, %.0f µs: %s.", longest.micros(), longest.describe()))
        .toString();
  }

  private static double percent(double part, double whole) {
    return whole > 0 ? 100 * part / whole : 0;
  }
}
