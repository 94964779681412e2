package dev.counterpoint.core.tuner;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import java.util.List;
import java.util.Optional;

/**
 * What tuning found for one key.
 *
 * @param key for which problem
 * @param chosen the fastest measured candidate's tuning, its strategy included
 * @param predicted what the model chose before anything was measured
 * @param shortlisted the fastest of the few that are measured where not everything is
 * @param candidates all that were measured, the sequential one among them
 * @param exhaustive whether everything that can be searched was measured
 * @param iterations timed runs of each
 * @param time when, in ISO 8601
 */
public record TuningEntry(
    TuningKey key,
    Tuning chosen,
    Tuning predicted,
    Tuning shortlisted,
    List<Candidate> candidates,
    boolean exhaustive,
    int iterations,
    String time) {
  /**
   * One way to run it. Times are microseconds of device time on the slowest rank.
   *
   * @param tuning how
   * @param modelled by the model alone
   * @param predicted by the model with what earlier measurements taught
   * @param measured the median
   */
  public record Candidate(Tuning tuning, double modelled, double predicted, double measured) {
    /** (predicted − measured) / measured. */
    @JsonIgnore
    public double error() {
      return (predicted - measured) / measured;
    }
  }

  /** Checks that the choice was measured. */
  public TuningEntry {
    candidates = List.copyOf(candidates);
    for (Tuning tuning : List.of(chosen, predicted, shortlisted)) {
      if (find(candidates, tuning).isEmpty() || tuning.strategy() == Strategy.AUTO) {
        throw new IllegalArgumentException("a chosen tuning was not measured: " + tuning);
      }
    }
  }

  private static Optional<Candidate> find(List<Candidate> candidates, Tuning tuning) {
    return candidates.stream().filter(c -> c.tuning().equals(tuning)).findFirst();
  }

  /** The chosen one's times. */
  @JsonIgnore
  public Candidate best() {
    return find(candidates, chosen).orElseThrow();
  }

  /** What the model chose. */
  @JsonIgnore
  public Candidate predictedBest() {
    return find(candidates, predicted).orElseThrow();
  }

  /** What tuning takes if it measures only a few. */
  @JsonIgnore
  public Candidate shortlistedBest() {
    return find(candidates, shortlisted).orElseThrow();
  }

  /** The sequential strategy's times, if it was measured. */
  @JsonIgnore
  public Optional<Candidate> sequential() {
    return candidates.stream()
        .filter(c -> c.tuning().strategy() == Strategy.SEQUENTIAL)
        .findFirst();
  }
}
