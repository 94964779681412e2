package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.core.measure.Samples;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What measurements taught about the model: by operator and strategy, the median of measured over
 * modelled time of everything in the cache. A model of schedules does not know what sharing memory
 * and power costs; a factor per schedule takes in most of it.
 *
 * @param factors by operator and strategy
 * @param doubts by operator and strategy: how far four of five corrected predictions were off at
 *     most, as a part of their median
 */
record Corrections(Map<String, Double> factors, Map<String, Double> doubts) {
  /** How far a prediction is taken to be off where nothing was measured. */
  private static final double UNKNOWN = 0.05;

  /** Everything measured, whatever the operator and strategy. */
  private static final String ANY = "*";

  /** With fewer shapes a median means little. */
  private static final int LEAST_SHAPES = 4;

  static final Corrections NONE = new Corrections(Map.of(), Map.of());

  Corrections {
    factors = Map.copyOf(factors);
    doubts = Map.copyOf(doubts);
  }

  static Corrections from(List<TuningEntry> entries) {
    Map<String, Samples> ratios = new HashMap<>();
    Samples all = new Samples();
    for (TuningEntry entry : entries) {
      for (TuningEntry.Candidate candidate : entry.candidates()) {
        if (candidate.modelled() > 0 && candidate.measured() > 0) {
          double ratio = candidate.measured() / candidate.modelled();
          all.add(ratio);
          ratios
              .computeIfAbsent(
                  name(entry.key().operator(), candidate.tuning().strategy()), n -> new Samples())
              .add(ratio);
        }
      }
    }
    Map<String, Double> factors = new HashMap<>();
    Map<String, Double> doubts = new HashMap<>();
    ratios.put(ANY, all); // a strategy that was hardly measured is trusted no more than the rest
    ratios.forEach(
        (name, samples) -> {
          if (samples.count() >= LEAST_SHAPES) {
            factors.put(name, samples.median());
            doubts.put(name, spread(samples));
          }
        });
    return new Corrections(factors, doubts);
  }

  /** Four of five samples lie nearer to the median than this, as a part of it. */
  private static double spread(Samples samples) {
    double median = samples.median();
    return Math.max(samples.quantile(0.9) - median, median - samples.quantile(0.1)) / median;
  }

  double doubt(String operator, Strategy strategy) {
    return doubts.getOrDefault(name(operator, strategy), doubts.getOrDefault(ANY, UNKNOWN));
  }

  double of(String operator, Strategy strategy) {
    return factors.getOrDefault(name(operator, strategy), factors.getOrDefault(ANY, 1.0));
  }

  private static String name(String operator, Strategy strategy) {
    return operator + "/" + strategy;
  }
}
