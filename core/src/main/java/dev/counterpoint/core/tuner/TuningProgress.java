package dev.counterpoint.core.tuner;

/** Is told how far sampling or tuning has come. */
public interface TuningProgress {
  /** Tells nobody. */
  TuningProgress NONE =
      new TuningProgress() {
        @Override
        public void begin(String task, long steps) {}

        @Override
        public void step(String what) {}
      };

  /** Says what is done next, and by how many steps. */
  void begin(String task, long steps);

  /** One step is done. */
  void step(String what);
}
