package dev.counterpoint.core.fake;

import java.util.ArrayList;
import java.util.List;

/** What goes on at the moment, and how fast: devices' units, memories and links are shared. */
final class Activities {
  private static final double NEARLY = 1e-9;

  private final Speeds speeds;
  private final int ranks;
  private List<Activity> all = new ArrayList<>();
  private double now;

  Activities(Speeds speeds, int ranks) {
    this.speeds = speeds;
    this.ranks = ranks;
  }

  double now() {
    return now;
  }

  boolean none() {
    return all.isEmpty();
  }

  void begin(Activity activity) {
    all.add(activity);
  }

  /** Lets time pass until something ends, and says so to whoever began it. */
  void advance() {
    setRates();
    double step = Double.POSITIVE_INFINITY;
    for (Activity activity : all) {
      step = Math.min(step, activity.left / activity.rate);
    }
    now += step;
    List<Activity> ended = new ArrayList<>();
    List<Activity> others = new ArrayList<>(all.size());
    for (Activity activity : all) {
      double left = activity.left - step * activity.rate;
      activity.left = left;
      (left <= NEARLY * activity.rate * (1 + now) ? ended : others).add(activity);
    }
    all = others;
    ended.forEach(activity -> activity.then.run());
  }

  private void setRates() {
    int[] memory = new int[ranks];
    int[] leaving = new int[ranks];
    int[] coming = new int[ranks];
    int[] stores = new int[ranks];
    int[] stored = new int[ranks];
    int[] library = new int[ranks];
    int[] products = new int[ranks];
    int[] reserved = new int[ranks];
    for (Activity activity : all) {
      switch (activity.kind) {
        case FIXED -> {}
        case PRODUCTS -> {
          products[activity.rank]++;
          reserved[activity.rank] = activity.reserved;
        }
        case MEMORY -> memory[activity.rank]++;
        case PUSH -> {
          leaving[activity.rank]++;
          coming[activity.peer]++;
        }
        case STORE -> {
          stores[activity.rank]++;
          stored[activity.peer]++;
        }
        case LIBRARY -> library[activity.rank]++;
      }
    }
    for (int rank = 0; rank < ranks; rank++) {
      leaving[rank] += library[rank] + Math.min(1, stores[rank]);
      coming[rank] += library[rank] + Math.min(1, stored[rank]);
    }
    for (Activity activity : all) {
      int rank = activity.rank;
      boolean crowded =
          library[rank] > 0 && products[rank] > 0 && reserved[rank] < speeds.libraryUnits();
      activity.rate =
          switch (activity.kind) {
            case FIXED -> 1;
            case PRODUCTS ->
                1
                    / (1
                        + (memory[rank] > 0 ? speeds.slowedByMemory() : 0)
                        + (leaving[rank] + coming[rank] > library[rank] * 2
                            ? speeds.slowedByPushes()
                            : 0)
                        + (crowded ? speeds.slowedByLibrary() : 0));
            case MEMORY ->
                speeds.memory()
                    / memory[rank]
                    / (1 + (products[rank] > 0 ? speeds.slowedByMemory() : 0));
            case PUSH -> speeds.link() / Math.max(leaving[rank], coming[activity.peer]);
            case STORE ->
                speeds.link()
                    / Math.max(
                        leaving[rank] * stores[rank],
                        coming[activity.peer] * stored[activity.peer]);
            case LIBRARY ->
                speeds.link()
                    * speeds.libraryShare()
                    / Math.max(leaving[rank], coming[rank])
                    / (1 + (crowded ? speeds.librarySlowed() : 0));
          };
    }
  }
}
