package dev.counterpoint.cli.conformance;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.Logging;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.conformance.Chaos;
import dev.counterpoint.conformance.Comparison;
import dev.counterpoint.conformance.ComparisonReport;
import dev.counterpoint.conformance.ConformanceRunner;
import dev.counterpoint.conformance.Repetition;
import dev.counterpoint.core.BackendRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterpoint conformance}. */
@Command(
    name = "conformance",
    sortOptions = false,
    description = {
      "Tests a backend against every rule of the specification.",
      "",
      "Worlds of several sizes are opened for it. A smoke run, the default, cannot call a backend"
          + " conformant; --full can. With --compare, backends are not tested but compared: each"
          + " gets the same inputs, and results must be equal, or within the bound of rule"
          + " NUM-1.%n"
    },
    footer = {
      "%nExamples:",
      "  counterpoint conformance",
      "  counterpoint conformance --backend host --full --report conformance-report",
      "  counterpoint conformance --backend host --ranks 2,8 --repeat 20 --chaos 1",
      "  counterpoint conformance --backend cuda -P cuda.devices=0,0 --only SIG,GEMM-8",
      "  counterpoint conformance --compare --backend host,rocm",
      "  counterpoint conformance --compare --backend host,host -P 2:host.threads=3"
    })
public final class ConformanceCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ConformanceCommand.class);
  private final ConformanceRunner.Kit kit;
  @Spec private CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "NAME[,NAME...]",
      defaultValue = "auto",
      description = "Which backends: auto (default), host, … See 'counterpoint doctor'.")
  private String backend = "auto";

  @Option(names = "--full", description = "Run everything: minutes instead of seconds.")
  private boolean full;

  @Option(
      names = "--only",
      paramLabel = "RULE",
      split = ",",
      description =
          "Run these tests only: of rules such as GEMM-7, of parts of the specification such as"
              + " GEMM, of classes such as GemmHookRules, or single ones by name.")
  private Set<String> only = new LinkedHashSet<>();

  @Option(
      names = "--ranks",
      paramLabel = "N",
      split = ",",
      description =
          "Open worlds of these sizes only; the default is 1, 2, 3, with --full also 5 and 8,"
              + " as far as there are devices.")
  private Set<Integer> ranks = new LinkedHashSet<>();

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Run N times, each time with the next seed, whatever fails; then list what failed in"
              + " some runs only.")
  private int repeat = 1;

  @Option(
      names = "--chaos",
      paramLabel = "SEED|off",
      description =
          "Delays at random, in worlds of every size, with this seed; or none. The default is"
              + " delays in the largest world.")
  private @Nullable String chaos;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "20250101",
      description = "Seed of everything chosen at random; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--compare",
      description = "Compare the backends of --backend with the first of them.")
  private boolean compare;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "Write reports into this directory: HTML, JSON and, for tests, JUnit XML; with --repeat"
              + " in a folder for each seed.")
  private @Nullable Path report;

  @Option(
      names = {"-P", "--property"},
      paramLabel = "NAME=VALUE",
      mapFallbackValue = "",
      description =
          "A setting of the backend, such as -P host.threads=2 or -P cuda.devices=0,0; -P"
              + " 2:host.threads=2 is for the second backend named. May be repeated.")
  private Map<String, String> properties = new LinkedHashMap<>();

  /** Runs the conformance kit. */
  public ConformanceCommand() {
    this(ConformanceRunner::run);
  }

  /** Runs something else in its place. */
  public ConformanceCommand(ConformanceRunner.Kit kit) {
    this.kit = kit;
  }

  @Override
  public Integer call() {
    verify();
    String name = backend.equals("auto") ? BackendRegistry.load().select(backend).name() : backend;
    ConformanceRunner.Options options =
        ConformanceRunner.Options.of(name)
            .withFull(full)
            .withOnly(only)
            .withRanks(ranks)
            .withChaos(chaos == null ? Chaos.USUAL : Chaos.parse(chaos))
            .withSeed(seed)
            .withProperties(properties)
            .withReport(report);
    // The kit leaves things open and breaks worlds to see what is said about it.
    Logging.errorsOnly();
    return compare ? compared(options) : tested(options);
  }

  private void verify() {
    require(repeat >= 1, "--repeat is " + repeat + "; it must be at least 1");
    if (compare) {
      require(
          only.isEmpty() && repeat == 1 && chaos == null,
          "--compare runs no tests: leave out --only, --repeat and --chaos");
    }
    if (report == null) {
      return;
    }
    if (Files.exists(report) && !Files.isDirectory(report)) {
      throw new CommandException(
          Failure.Category.USAGE,
          "--report is '" + report + "', which is a file; name a directory");
    }
    try { // better to find out now than after minutes of tests
      Files.createDirectories(report);
    } catch (IOException e) {
      throw new CommandException(
          Failure.Category.USAGE, "--report is '" + report + "', which cannot be made", e);
    }
    if (!Files.isWritable(report)) {
      throw new CommandException(
          Failure.Category.USAGE, "--report is '" + report + "', which cannot be written to");
    }
  }

  private void require(boolean good, String sentence) {
    if (!good) {
      throw new ParameterException(spec.commandLine(), sentence);
    }
  }

  private int tested(ConformanceRunner.Options options) {
    PrintWriter out = spec.commandLine().getOut();
    Repetition repetition;
    try (Progress progress = Progress.onTerminal()) {
      repetition =
          Repetition.run(options, repeat, kit, new Listener(options.backend(), repeat, progress));
    }
    ConformanceText text = new ConformanceText(options, repetition);
    text.lines().forEach(out::println);
    List<Repetition.Run> runs = repetition.runs();
    Path page = runs.get(runs.size() - 1).summary().report();
    if (page != null) {
      out.println("report: " + (repeat > 1 ? options.reportDirectory() : page));
    }
    if (text.passed() + text.failed() == 0) {
      throw new CommandException(
          Failure.Category.STATE,
          "no test ran, which proves nothing: "
              + (text.skipped() == 0 ? "the kit found none to run" : "all were skipped"));
    }
    return text.failed() > 0 ? ExitCode.CHECK_FAILED : ExitCode.GOOD;
  }

  private int compared(ConformanceRunner.Options options) {
    PrintWriter out = spec.commandLine().getOut();
    ComparisonReport comparison;
    try (Progress progress = Progress.onTerminal()) {
      comparison = Comparison.run(options, new Listener("comparing", 1, progress));
    }
    ComparisonText.lines(comparison).forEach(out::println);
    if (report != null) {
      out.println("report: " + report.resolve("comparison.html"));
    }
    if (comparison.count(ComparisonReport.Status.AGREE)
            + comparison.count(ComparisonReport.Status.DIFFER)
        == 0) {
      throw new CommandException(
          Failure.Category.STATE, "nothing was compared: there is nothing that all of them can do");
    }
    return comparison.count(ComparisonReport.Status.DIFFER) > 0
        ? ExitCode.CHECK_FAILED
        : ExitCode.GOOD;
  }

  /** Moves the bar on, and tells the log. */
  private static final class Listener implements ConformanceRunner.ProgressListener {
    private static final int WIDTH = 40;

    private final String name;
    private final int runs;
    private final Progress progress;
    private int run;
    private int failed;

    Listener(String name, int runs, Progress progress) {
      this.name = name;
      this.runs = runs;
      this.progress = progress;
    }

    @Override
    public void started(int total) {
      run++;
      progress.begin(runs == 1 ? name : name + " " + run + "/" + runs, total);
    }

    @Override
    public void finished(String test, String outcome) {
      log.debug("{}: {}", outcome, test);
      failed += outcome.equals("failed") || outcome.equals("broken") ? 1 : 0;
      String text = (failed == 0 ? "" : failed + " failed, ") + test;
      progress.step(text.length() <= WIDTH ? text : text.substring(0, WIDTH - 1) + "…");
    }
  }
}
