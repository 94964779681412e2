package dev.counterpoint.cli.tune;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.counterpoint.Tuning;
import dev.counterpoint.cli.report.Figures;
import dev.counterpoint.cli.report.Table;
import dev.counterpoint.core.tuner.TuningEntry;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What tuning found for several shapes, and how good the model was.
 *
 * @param machine the fingerprint of what it ran on
 * @param caveats what is emulated or simulated
 * @param validated whether what the model chose was only checked, and nothing kept
 * @param entries by shape
 */
record TuneReport(
    Map<String, String> machine,
    List<String> caveats,
    boolean validated,
    List<TuningEntry> entries) {
  /** As near to the best as a prediction should come. */
  private static final double NEAR = 1.03;

  TuneReport {
    entries = List.copyOf(entries);
    caveats = List.copyOf(caveats);
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (!caveats.isEmpty()) {
      lines.add("[" + String.join(", ", caveats) + "]");
    }
    lines.addAll(table().lines());
    lines.add("");
    lines.addAll(summary().lines());
    return lines;
  }

  private Table table() {
    Table table =
        new Table(
            "<operator",
            "M",
            "N",
            "K",
            "<" + (validated ? "the model's choice" : "chosen"),
            "predicted µs",
            "measured µs",
            "error",
            "sequential µs",
            "gain",
            "of best");
    for (TuningEntry entry : entries) {
      Candidate shown = shown(entry);
      table.row(
          List.of(
              entry.key().title(),
              Integer.toString(entry.key().m()),
              Integer.toString(entry.key().n()),
              Integer.toString(entry.key().k()),
              describe(shown.tuning()),
              Figures.micros(shown.predicted()),
              Figures.micros(shown.measured()),
              percent(shown.error()),
              Figures.micros(sequential(entry)),
              Figures.times(sequential(entry) / shown.measured()),
              entry.exhaustive() ? Figures.times(toBest(entry)) : Figures.NONE));
    }
    return table;
  }

  private Candidate shown(TuningEntry entry) {
    return validated ? entry.predictedBest() : entry.best();
  }

  private static double sequential(TuningEntry entry) {
    return entry.sequential().map(Candidate::measured).orElse(Double.NaN);
  }

  /** The model's choice over the fastest that was measured. */
  private static double toBest(TuningEntry entry) {
    return entry.predictedBest().measured() / fastest(entry);
  }

  /** What tuning takes, which measures few, over the fastest that was measured. */
  private static double tunedToBest(TuningEntry entry) {
    return entry.shortlistedBest().measured() / fastest(entry);
  }

  private static double fastest(TuningEntry entry) {
    return entry.candidates().stream().mapToDouble(Candidate::measured).min().orElse(Double.NaN);
  }

  static String describe(Tuning tuning) {
    StringBuilder text = new StringBuilder(tuning.strategy().name().toLowerCase(Locale.ROOT));
    if (tuning.chunks() > 0) {
      text.append(" ×").append(tuning.chunks());
    }
    if (tuning.tileRows() > 0) {
      text.append(", ").append(tuning.tileRows()).append(" rows");
    }
    if (tuning.reservedUnits() >= 0) {
      text.append(", ").append(tuning.reservedUnits()).append(" units free");
    }
    if (!tuning.groups().isEmpty()) {
      text.append(", groups ")
          .append(tuning.groups().stream().map(String::valueOf).collect(Collectors.joining("·")));
    }
    if (tuning.transport() != Transport.AUTO) {
      text.append(", by ")
          .append(tuning.transport() == Transport.COMPUTE ? "compute units" : "copy engine");
    }
    return text.toString();
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%+.1f %%", 100 * part);
  }

  /** Figures over all shapes. */
  Summary summary() {
    List<Double> errors = new ArrayList<>();
    for (TuningEntry entry : entries) {
      entry.candidates().forEach(candidate -> errors.add(Math.abs(candidate.error())));
    }
    return new Summary(
        entries.size(),
        median(errors.stream().mapToDouble(Double::doubleValue).toArray()),
        median(each(entry -> Math.abs(entry.predictedBest().error()))),
        geometricMean(each(entry -> sequential(entry) / shown(entry).measured())),
        count(entry -> sequential(entry) / entry.predictedBest().measured(), 0.98),
        minimum(each(entry -> sequential(entry) / entry.predictedBest().measured())),
        (int) entries.stream().filter(TuningEntry::exhaustive).count(),
        near(TuneReport::toBest),
        median(exhaustive(TuneReport::toBest)),
        near(TuneReport::tunedToBest),
        median(exhaustive(TuneReport::tunedToBest)));
  }

  private double[] exhaustive(ToDoubleFunction<TuningEntry> figure) {
    return entries.stream().filter(TuningEntry::exhaustive).mapToDouble(figure).toArray();
  }

  private int near(ToDoubleFunction<TuningEntry> overBest) {
    return (int) Arrays.stream(exhaustive(overBest)).filter(value -> value <= NEAR).count();
  }

  private double[] each(ToDoubleFunction<TuningEntry> figure) {
    return entries.stream().mapToDouble(figure).toArray();
  }

  private int count(ToDoubleFunction<TuningEntry> figure, double least) {
    return (int) Arrays.stream(each(figure)).filter(value -> value >= least).count();
  }

  private static double minimum(double[] values) {
    return Arrays.stream(values).min().orElse(Double.NaN);
  }

  private static double geometricMean(double[] values) {
    return Math.exp(Arrays.stream(values).map(Math::log).average().orElse(Double.NaN));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length == 0
        ? Double.NaN
        : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /**
   * Figures over all shapes.
   *
   * @param shapes how many
   * @param candidateError median of |predicted − measured| / measured over everything measured
   * @param choiceError the same over what the model chose
   * @param gain geometric mean of sequential time over the shown choice's
   * @param notSlower shapes where the model's choice is at most 2 % slower than sequential
   * @param worstGain smallest sequential time over that of the model's choice
   * @param exhaustive shapes of which everything was measured
   * @param near of those: where the model's choice is within 3 % of the fastest
   * @param toBest of those: median of the model's choice over the fastest
   * @param tunedNear of those: where the fastest of the few that tuning measures is that near
   * @param tunedToBest of those: median of the fastest of the few over the fastest
   */
  record Summary(
      int shapes,
      double candidateError,
      double choiceError,
      double gain,
      @JsonProperty("notSlowerThanSequential") int notSlower,
      double worstGain,
      int exhaustive,
      int near,
      double toBest,
      int tunedNear,
      double tunedToBest) {
    List<String> lines() {
      List<String> lines = new ArrayList<>();
      lines.add(
          String.format(
              Locale.ROOT,
              "%d shapes; prediction error, median: %.1f %% of all that was measured, %.1f %% of"
                  + " the model's choices",
              shapes,
              100 * candidateError,
              100 * choiceError));
      lines.add(
          String.format(
              Locale.ROOT,
              "gain over sequential, geometric mean: %.2f×; the model's choice, which is what auto"
                  + " takes for a shape that was never tuned, is more than 2 %% slower than"
                  + " sequential on %d of %d shapes (%.1f %%), worst %.2f×",
              gain,
              shapes - notSlower,
              shapes,
              shapes == 0 ? 0 : 100.0 * (shapes - notSlower) / shapes,
              worstGain));
      if (exhaustive > 0) {
        lines.add(
            String.format(
                Locale.ROOT,
                "within 3 %% of the fastest of everything: the model's choice on %d of %d shapes,"
                    + " median %.2f× of it; the fastest of the few that tuning measures on %d,"
                    + " median %.2f×",
                near,
                exhaustive,
                toBest,
                tunedNear,
                tunedToBest));
      }
      return lines;
    }
  }
}
