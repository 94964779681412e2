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
 */
record Corrections(Map<String, Double> factors) {
  /** With fewer shapes a median means little. */
  private static final int LEAST_SHAPES = 4;

  static final Corrections NONE = new Corrections(Map.of());

  Corrections {
    factors = Map.copyOf(factors);
  }

  static Corrections from(List<TuningEntry> entries) {
    Map<String, Samples> ratios = new HashMap<>();
    for (TuningEntry entry : entries) {
      for (TuningEntry.Candidate candidate : entry.candidates()) {
        if (candidate.modelled() > 0 && candidate.measured() > 0) {
          ratios
              .computeIfAbsent(
                  name(entry.key().operator(), candidate.tuning().strategy()), n -> new Samples())
              .add(candidate.measured() / candidate.modelled());
        }
      }
    }
    Map<String, Double> factors = new HashMap<>();
    ratios.forEach(
        (name, samples) -> {
          if (samples.count() >= LEAST_SHAPES) {
            factors.put(name, samples.median());
          }
        });
    return new Corrections(factors);
  }

  double of(String operator, Strategy strategy) {
    return factors.getOrDefault(name(operator, strategy), 1.0);
  }

  private static String name(String operator, Strategy strategy) {
    return operator + "/" + strategy;
  }
}
