package dev.counterpoint.cli.conformance;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.Logging;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.conformance.ConformanceRunner;
import dev.counterpoint.core.BackendRegistry;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint conformance}. */
@Command(
    name = "conformance",
    sortOptions = false,
    description = {
      "Tests a backend against every rule of the specification.",
      "",
      "Worlds of several sizes are opened for it. A smoke run, the default, cannot call a backend"
          + " conformant; --full can.%n"
    },
    footer = {
      "%nExamples:",
      "  counterpoint conformance",
      "  counterpoint conformance --backend host --full --report conformance-report",
      "  counterpoint conformance --backend host -P host.threads=2 --seed 7",
      "  counterpoint conformance --backend cuda -P cuda.devices=0,0 --only SIG,GEMM-8"
    })
public final class ConformanceCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ConformanceCommand.class);
  private final Kit kit;
  @Spec private CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "Which backend: auto (default), host, …; several separated by commas.")
  private String backend = "auto";

  @Option(names = "--full", description = "Run everything: minutes instead of seconds.")
  private boolean full;

  @Option(
      names = "--only",
      paramLabel = "RULE[,RULE...]",
      split = ",",
      description =
          "Run the tests of these rules only: names such as GEMM-7, or parts of the specification"
              + " such as GEMM.")
  private Set<String> only = new LinkedHashSet<>();

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "20250101",
      description = "Seed of everything chosen at random; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Write reports into this directory.")
  private @Nullable Path report;

  @Option(
      names = {"-P", "--property"},
      paramLabel = "NAME=VALUE",
      mapFallbackValue = "",
      description = "A setting of the backend, such as -P host.threads=2. May be repeated.")
  private Map<String, String> properties = new LinkedHashMap<>();

  /** What runs the tests. */
  @FunctionalInterface
  public interface Kit {
    /** Runs them and sums up. */
    ConformanceRunner.Summary run(
        ConformanceRunner.Options options, ConformanceRunner.ProgressListener listener);
  }

  /** Runs the conformance kit. */
  public ConformanceCommand() {
    this(ConformanceRunner::run);
  }

  /** Runs something else in its place. */
  public ConformanceCommand(Kit kit) {
    this.kit = kit;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (report != null && Files.exists(report) && !Files.isDirectory(report)) {
      throw new CommandException(
          Failure.Category.USAGE,
          "--report is '" + report + "', which is a file; name a directory");
    }
    String name = backend.equals("auto") ? BackendRegistry.load().select(backend).name() : backend;
    ConformanceRunner.Options options =
        new ConformanceRunner.Options(name, full, only, seed, properties, report);
    Logging
        .errorsOnly(); // the kit leaves things open and breaks worlds to see what is said about it
    long begin = System.nanoTime();
    ConformanceRunner.Summary summary;
    try (Progress progress = Progress.onTerminal()) {
      summary = kit.run(options, new Listener(name, progress));
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    summary.failures().forEach(failure -> out.println("FAILED " + failure));
    out.println(
        String.format(
            Locale.ROOT,
            "%s, %s run%s, seed %d: %d passed, %d failed, %d skipped in %.0f s",
            name,
            full ? "full" : "smoke",
            only.isEmpty() ? "" : " of " + String.join(", ", only),
            seed,
            summary.passed(),
            summary.failed(),
            summary.skipped(),
            seconds));
    if (summary.report() != null) {
      out.println("report: " + summary.report());
    }
    if (summary.passed() + summary.failed() == 0) {
      throw new CommandException(
          Failure.Category.STATE, "no test ran, which proves nothing: the kit found none to run");
    }
    return summary.failed() > 0 ? ExitCode.CHECK_FAILED : ExitCode.GOOD;
  }

  /** Moves the bar on, and tells the log. */
  private record Listener(String name, Progress progress)
      implements ConformanceRunner.ProgressListener {
    @Override
    public void started(int total) {
      progress.begin(name, total);
    }

    @Override
    public void finished(String test, String outcome) {
      log.debug("{}: {}", outcome, test);
      progress.step(test.length() <= 40 ? test : test.substring(0, 39) + "…");
    }
  }
}
