package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a model predicts of everything in a {@link SearchSpace}, and of free divisions into groups
 * of what it predicts to be the best signaled candidate: all compositions of its waves are
 * predicted, and the best few kept. After FlashOverlap (EuroSys '26), whose groups are of any
 * number of waves.
 */
final class Prospects {
  /** Waves beyond so many are taken together; n of them can be divided in 2ⁿ⁻¹ ways. */
  private static final int MOST_WAVES = 10;

  /** So many free divisions are kept: more would crowd out everything else. */
  private static final int KEPT = 3;

  private Prospects() {}

  /** Every candidate, the sequential one first; none is measured. */
  static List<Candidate> of(LatencyModel model, TuningKey key, Tuning forced) {
    SearchSpace space = new SearchSpace(key, model, forced);
    List<Candidate> all = new ArrayList<>();
    for (Tuning tuning : space.candidates()) {
      all.add(candidate(model, key, tuning));
    }
    Optional<Candidate> best =
        all.stream()
            .filter(c -> c.tuning().strategy() == Strategy.SIGNALED)
            .min(Comparator.comparingDouble(Candidate::predicted));
    if (best.isPresent() && space.groupsAreFree()) {
      Tuning base = best.get().tuning();
      compositions(space.waves(base, MOST_WAVES)).stream()
          .map(groups -> candidate(model, key, base.withChunks(0).withGroups(groups)))
          .sorted(Comparator.comparingDouble(Candidate::predicted))
          .limit(KEPT)
          .forEach(all::add);
    }
    return all;
  }

  private static Candidate candidate(LatencyModel model, TuningKey key, Tuning tuning) {
    return new Candidate(
        tuning, model.modelled(key, tuning), model.predict(key, tuning), Double.NaN);
  }

  /**
   * All ordered ways to write a number as a sum of positive ones; one bit for each place to cut.
   */
  static List<List<Integer>> compositions(int waves) {
    List<List<Integer>> all = new ArrayList<>();
    for (int cuts = 0; cuts < 1 << (waves - 1); cuts++) {
      List<Integer> groups = new ArrayList<>();
      int size = 1;
      for (int place = 0; place < waves - 1; place++) {
        if ((cuts >> place & 1) == 1) {
          groups.add(size);
          size = 0;
        }
        size++;
      }
      groups.add(size);
      all.add(groups);
    }
    return all;
  }
}
