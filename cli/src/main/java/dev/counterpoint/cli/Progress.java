package dev.counterpoint.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far a long task has come: as a bar where a person watches, otherwise not at all. */
public interface Progress extends AutoCloseable {
  /** Says what is done next, and by how many steps. */
  void begin(String task, long steps);

  /** One step is done. */
  void step(String what);

  /** So many steps of all are done. */
  void reach(long steps, long all);

  @Override
  void close();

  /** For this process's standard error. */
  static Progress onTerminal() {
    return Terminal.isInteractive() ? new Bar() : new Silent();
  }

  /** Shows nothing. */
  final class Silent implements Progress {
    @Override
    public void begin(String task, long steps) {}

    @Override
    public void step(String what) {}

    @Override
    public void reach(long steps, long all) {}

    @Override
    public void close() {}
  }

  /** A bar on standard error that is cleared at the end. */
  final class Bar implements Progress {
    private ProgressBar bar = start("", -1);

    private static ProgressBar start(String task, long steps) {
      return new ProgressBarBuilder()
          .setTaskName(task)
          .setInitialMax(steps)
          .setStyle(ProgressBarStyle.UNICODE_BLOCK)
          .setUpdateIntervalMillis(100)
          .hideEta()
          .clearDisplayOnFinish()
          .build();
    }

    @Override
    public void begin(String task, long steps) {
      bar.close();
      bar = start(task, steps);
    }

    @Override
    public void step(String what) {
      bar.setExtraMessage(what);
      bar.step();
    }

    @Override
    public void reach(long steps, long all) {
      bar.maxHint(all);
      bar.stepTo(steps);
    }

    @Override
    public void close() {
      bar.close();
    }
  }
}
