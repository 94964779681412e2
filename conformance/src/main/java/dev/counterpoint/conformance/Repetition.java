package dev.counterpoint.conformance;

import dev.counterpoint.core.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same run several times with one seed after the other, whatever each run says, to find tests
 * that fail now and then.
 *
 * @param runs in their order
 */
public record Repetition(List<Run> runs) {
  /** Copies the list. */
  public Repetition {
    runs = List.copyOf(runs);
  }

  /**
   * One run.
   *
   * @param seed its seed
   * @param summary what came of it
   * @param millis how long it took
   */
  public record Run(long seed, ConformanceRunner.Summary summary, long millis) {}

  /**
   * A test that failed in some runs.
   *
   * @param backend on which target
   * @param test chapter, sentence and size of world
   * @param name the test method's, by which it can be run alone
   * @param rules what it tests
   * @param seeds of the runs in which it failed
   * @param always whether these are all runs, so that it does not fail by chance
   * @param detail what the first failure said
   */
  public record Flake(
      String backend,
      String test,
      String name,
      List<String> rules,
      List<Long> seeds,
      boolean always,
      String detail) {}

  /**
   * Runs the kit so many times, with the seed of the options and those that follow it. More than
   * once, reports go into a folder for each seed.
   */
  public static Repetition run(
      ConformanceRunner.Options options,
      int times,
      ConformanceRunner.Kit kit,
      ConformanceRunner.ProgressListener listener) {
    List<Run> runs = new ArrayList<>();
    Path directory = options.reportDirectory();
    for (int i = 0; i < times; i++) {
      long seed = options.seed() + i;
      long begin = System.nanoTime();
      ConformanceRunner.Options one =
          options
              .withSeed(seed)
              .withReport(
                  directory == null || times == 1 ? directory : directory.resolve("seed-" + seed));
      ConformanceRunner.Summary summary = kit.run(one, listener);
      runs.add(new Run(seed, summary, (System.nanoTime() - begin) / 1_000_000));
    }
    Repetition repetition = new Repetition(runs);
    if (directory != null && times > 1) {
      repetition.write(directory.resolve("repetition.json"));
    }
    return repetition;
  }

  /** Everything that failed at least once. */
  public List<Flake> flakes() {
    Map<String, Flake> flakes = new LinkedHashMap<>();
    for (Run run : runs) {
      for (TestResult result : run.summary().results()) {
        if (result.outcome() == Outcome.FAILED) {
          flakes.merge(
              result.backend() + " " + result.title(), flake(result, run.seed()), this::both);
        }
      }
    }
    return List.copyOf(flakes.values());
  }

  private Flake flake(TestResult result, long seed) {
    return new Flake(
        result.backend(),
        result.title(),
        result.name(),
        result.rules(),
        List.of(seed),
        runs.size() == 1,
        result.detail());
  }

  private Flake both(Flake first, Flake more) {
    List<Long> seeds = new ArrayList<>(first.seeds());
    seeds.addAll(more.seeds());
    return new Flake(
        first.backend(),
        first.test(),
        first.name(),
        first.rules(),
        List.copyOf(seeds),
        seeds.size() == runs.size(),
        first.detail());
  }

  private void write(Path file) {
    Map<String, Object> root = new LinkedHashMap<>();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Run run : runs) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("seed", run.seed());
      row.put("passed", run.summary().passed());
      row.put("failed", run.summary().failed());
      row.put("skipped", run.summary().skipped());
      row.put("millis", run.millis());
      rows.add(row);
    }
    root.put("runs", rows);
    root.put("flakes", flakes());
    try {
      WholeFile.write(file, Reports.json(root));
    } catch (IOException e) {
      throw new UncheckedIOException("'" + file + "' could not be written: " + e.getMessage(), e);
    }
  }
}
