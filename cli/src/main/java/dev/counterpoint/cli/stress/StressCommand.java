package dev.counterpoint.cli.stress;

import dev.counterpoint.DType;
import dev.counterpoint.cli.BackendChoice;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.Logging;
import dev.counterpoint.cli.OutputFile;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.bench.DTypeConverter;
import dev.counterpoint.cli.bench.Operator;
import dev.counterpoint.cli.bench.Strategies;
import dev.counterpoint.cli.report.JsonReport;
import dev.counterpoint.conformance.Stress;
import dev.counterpoint.conformance.StressOptions;
import dev.counterpoint.conformance.StressReport;
import dev.counterpoint.core.BackendRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint stress}. */
@Command(
    name = "stress",
    sortOptions = false,
    description = {
      "Launches operators very often, and looks at results, memory and threads.",
      "",
      "The host never waits between launches. Each launch turns its output over, exactly, so that"
          + " the last must be bitwise that of the first, and so must be those that are looked at on"
          + " the way. Memory must not grow. With --stop-rank one rank then stops: all ranks must"
          + " get an exception in time.%n"
    },
    footer = {
      "%nExamples:",
      "  counterpoint stress --delays",
      "  counterpoint stress gemm-rs --strategy fused --launches 1000000 --ranks 8",
      "  counterpoint stress --backend cuda --delays --stop-rank 2 --json stress.json"
    })
public final class StressCommand implements Callable<Integer> {
  private static final long MOST = 100_000_000;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "OPERATOR",
      converter = Operator.Converter.class,
      description = "ag-gemm, gemm-rs, gemm-ar or gemm-a2a; the default is all four, mixed.")
  private @Nullable Operator operator;

  @Option(
      names = "--launches",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Launches on each rank; default ${DEFAULT-VALUE}.")
  private long launches;

  @Option(names = "--delays", description = "Make ranks late at random, on host and device.")
  private boolean delays;

  @Option(
      names = "--stop-rank",
      paramLabel = "RANK",
      description = "Afterwards this rank stops, which must be noticed on all ranks.")
  private @Nullable Integer stopRank;

  @Option(
      names = "--strategy",
      split = ",",
      paramLabel = "NAME",
      description =
          "Which strategies: all (default), or any of sequential, pipelined, ring, decomposed, signaled, fused,"
              + " auto.")
  private List<String> strategies = new ArrayList<>();

  @Option(names = "-m", paramLabel = "M", description = "Rows of A; default 21.")
  private @Nullable Integer m;

  @Option(names = "-n", paramLabel = "N", description = "Columns of B; default 14.")
  private @Nullable Integer n;

  @Option(names = "-k", paramLabel = "K", description = "Inner dimension; default 8.")
  private @Nullable Integer k;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = DTypeConverter.class,
      description = "Type of A and B; default fp32.")
  private DType dtype = DType.FP32;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "Seed of operands, order and delays; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Bound of every wait on a device; default ${DEFAULT-VALUE}.")
  private long timeout;

  @Option(names = "--json", paramLabel = "FILE", description = "Write everything found as JSON.")
  private @Nullable Path json;

  @Mixin private BackendChoice backend = new BackendChoice();

  @Override
  public Integer call() throws IOException {
    require(
        launches >= 1 && launches <= MOST,
        "--launches is " + launches + "; it must be 1 to " + MOST);
    require(timeout >= 1, "--timeout is " + timeout + "; it must be at least 1 second");
    if (json != null) {
      OutputFile.verify(json);
    }
    StressOptions options = options();
    Logging.errorsOnly(); // the faults of a rank that stops are what is looked for
    StressReport report;
    try (Progress progress = Progress.onTerminal()) {
      progress.begin("launching", launches);
      report = Stress.run(options, (done, all) -> progress.reach(done, all));
    }
    PrintWriter out = spec.commandLine().getOut();
    StressText.lines(report).forEach(out::println);
    if (json != null) {
      OutputFile.write(json, JsonReport.write(report), spec.commandLine().getErr());
    }
    return report.passed() ? ExitCode.GOOD : ExitCode.CHECK_FAILED;
  }

  private StressOptions options() {
    String name = BackendRegistry.load().select(backend.backend()).name();
    StressOptions.Size small = StressOptions.Size.SMALL;
    boolean given = m != null || n != null || k != null;
    return new StressOptions(
        name,
        backend.properties(name),
        backend.ranks(),
        operator == null ? Set.of() : Set.of(operator.commandName()),
        Strategies.parse(strategies, spec.commandLine()),
        new StressOptions.Size(
            m == null ? small.m() : m,
            n == null ? small.n() : n,
            k == null ? small.k() : k,
            dtype,
            given ? 0 : small.tile()),
        launches,
        delays,
        stopRank,
        seed,
        Duration.ofSeconds(timeout));
  }

  private void require(boolean good, String sentence) {
    if (!good) {
      throw new ParameterException(spec.commandLine(), sentence);
    }
  }
}
