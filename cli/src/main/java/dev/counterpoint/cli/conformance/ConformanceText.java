package dev.counterpoint.cli.conformance;

import dev.counterpoint.cli.report.Table;
import dev.counterpoint.conformance.Chaos;
import dev.counterpoint.conformance.ConformanceRunner.Options;
import dev.counterpoint.conformance.Outcome;
import dev.counterpoint.conformance.Repetition;
import dev.counterpoint.conformance.TestResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a run of the kit says on a terminal: failures first, the summary last. */
final class ConformanceText {
  private static final Pattern RANKS = Pattern.compile("\\[([0-9]+) rank");

  private final Options options;
  private final Repetition repetition;

  ConformanceText(Options options, Repetition repetition) {
    this.options = options;
    this.repetition = repetition;
  }

  int passed() {
    return sum(run -> run.summary().passed());
  }

  int failed() {
    return sum(run -> run.summary().failed());
  }

  int skipped() {
    return sum(run -> run.summary().skipped());
  }

  private int sum(ToIntFunction<Repetition.Run> count) {
    return repetition.runs().stream().mapToInt(count).sum();
  }

  private boolean once() {
    return repetition.runs().size() == 1;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    repetition.flakes().forEach(flake -> failure(flake, lines));
    skips(lines);
    if (!lines.isEmpty()) {
      lines.add("");
    }
    lines.addAll(once() ? byChapter().lines() : byRun().lines());
    lines.add("");
    if (once()) {
      repetition
          .runs()
          .get(0)
          .summary()
          .verdicts()
          .forEach((backend, verdict) -> lines.add(backend + ": " + verdict));
    }
    lines.add(summary());
    return lines;
  }

  private void failure(Repetition.Flake flake, List<String> lines) {
    String seeds = flake.seeds().stream().map(String::valueOf).collect(Collectors.joining(", "));
    String head =
        once()
            ? "FAILED "
            : (flake.always()
                ? "FAILED in every run: "
                : "FLAKE, failed with seed " + seeds + ": ");
    lines.add(head + flake.test() + ": " + flake.detail());
    lines.add("       again: " + again(flake));
  }

  /** The command that runs one failed test again. */
  private String again(Repetition.Flake flake) {
    StringBuilder command =
        new StringBuilder("counterpoint conformance --backend ")
            .append(flake.backend().replaceFirst("#[0-9]+$", ""))
            .append(options.full() ? " --full" : "")
            .append(" --only ")
            .append(flake.name());
    Matcher ranks = RANKS.matcher(flake.test());
    if (ranks.find()) {
      command.append(" --ranks ").append(ranks.group(1));
    }
    Chaos.Mode mode = options.chaos().mode();
    if (mode == Chaos.Mode.OFF || mode == Chaos.Mode.EVERYWHERE) {
      command
          .append(" --chaos ")
          .append(mode == Chaos.Mode.OFF ? "off" : Long.toString(options.chaos().seed()));
    }
    command.append(" --seed ").append(flake.seeds().get(0));
    options
        .properties()
        .forEach((name, value) -> command.append(" -P ").append(name).append('=').append(value));
    return command.toString();
  }

  /** Each reason once, with the number of tests that it kept from running. */
  private void skips(List<String> lines) {
    Map<String, Integer> reasons = new LinkedHashMap<>();
    for (Repetition.Run run : repetition.runs()) {
      for (TestResult result : run.summary().results()) {
        if (result.outcome() == Outcome.SKIPPED) {
          reasons.merge(result.detail(), 1, Integer::sum);
        }
      }
    }
    reasons.forEach((reason, count) -> lines.add("skipped " + count + ": " + reason));
  }

  private Table byChapter() {
    boolean several = repetition.runs().get(0).summary().verdicts().size() > 1;
    Map<String, int[]> counts = new LinkedHashMap<>();
    for (TestResult result : repetition.runs().get(0).summary().results()) {
      String part = (several ? result.backend() + " · " : "") + result.chapter();
      int[] row = counts.computeIfAbsent(part, key -> new int[4]);
      int column =
          switch (result.outcome()) {
            case PASSED -> 0;
            case FAILED -> 1;
            case SKIPPED -> 2;
          };
      row[column]++;
      row[3] += (int) result.millis();
    }
    Table table = new Table("part", "passed", "failed", "skipped", "s");
    counts.forEach((part, row) -> table.row(row(part, row[0], row[1], row[2], row[3])));
    return table;
  }

  private Table byRun() {
    Table table = new Table("seed", "passed", "failed", "skipped", "s");
    for (Repetition.Run run : repetition.runs()) {
      table.row(
          row(
              Long.toString(run.seed()),
              run.summary().passed(),
              run.summary().failed(),
              run.summary().skipped(),
              run.millis()));
    }
    return table;
  }

  private static List<String> row(String name, int passed, int failed, int skipped, long millis) {
    return List.of(
        name,
        Integer.toString(passed),
        Integer.toString(failed),
        Integer.toString(skipped),
        String.format(Locale.ROOT, "%.1f", millis / 1e3));
  }

  private String summary() {
    long seed = options.seed();
    int runs = repetition.runs().size();
    String mode = options.full() ? "full run" : "smoke run";
    String of =
        options.only().isEmpty() ? "" : " of " + String.join(", ", new TreeSet<>(options.only()));
    String seeds = once() ? ", seed " + seed : ", seeds " + seed + " to " + (seed + runs - 1);
    long flaky = repetition.flakes().stream().filter(flake -> !flake.always()).count();
    return options.backend()
        + ", "
        + (once() ? mode : runs + " " + mode + "s")
        + of
        + seeds
        + ": "
        + passed()
        + " passed, "
        + failed()
        + " failed, "
        + skipped()
        + " skipped in "
        + Math.round(repetition.runs().stream().mapToLong(Repetition.Run::millis).sum() / 1e3)
        + " s"
        + (once() ? "" : flaky == 0 ? "; no flakes" : "; flakes: " + flaky);
  }
}
