package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Strategy;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.cli.BackendChoice;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.OverheadReport;
import dev.counterpoint.cli.report.OverheadText;
import dev.counterpoint.cli.report.ReorderReport;
import dev.counterpoint.cli.report.Table;
import dev.counterpoint.cli.report.TextReport;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint bench}. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Runs an operator by every strategy, checks the results and compares the times.",
      "",
      "The data is random. Every result is checked against an independent FP64 reference, and what"
          + " is printed is how long each strategy took and how much of the communication it hid.%n"
    },
    footer = {
      "%nExamples:",
      "  counterpoint bench ag-gemm",
      "  counterpoint bench gemm-rs --link 2GB/s --latency 5us --html report.html",
      "  counterpoint bench gemm-ar --preset llama3-70b:o -m 16 --dtype bf16",
      "  counterpoint bench ag-gemm -m 4096 -n 57344 -k 8192 --strategy fused,signaled",
      "  counterpoint bench gemm-a2a --splits slope:4",
      "  counterpoint bench gemm-rs --norm rms",
      "  counterpoint bench --host-overhead",
      "  counterpoint bench --preset list"
    })
public final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  private @Nullable BackendProvider provider;

  @Parameters(
      arity = "0..1",
      paramLabel = "OPERATOR",
      converter = Operator.Converter.class,
      description = "ag-gemm, gemm-rs, gemm-ar or gemm-a2a.")
  private @Nullable Operator operator;

  @Mixin private ProblemOptions problem = new ProblemOptions();

  @Option(
      names = "--strategy",
      split = ",",
      paramLabel = "NAME",
      description =
          "Which strategies: all (default), or any of sequential, pipelined, ring, decomposed,"
              + " signaled, fused, auto. Sequential is always measured: it is the baseline.")
  private List<String> strategies = new ArrayList<>();

  @Option(
      names = "--host-overhead",
      description =
          "Measure instead how long the host is busy with each launch, and what it allocates:"
              + " direct and by graph replay, for one operator or all. Small problems unless sizes"
              + " are given; a run is then 8 launches.")
  private boolean hostOverhead;

  @Option(
      names = "--reorder-overhead",
      description =
          "Measure instead what it costs that the tile GEMM stores tiles packed, as the signaled"
              + " strategy's does, and that RMSNorm reads them so, each beside the same with rows in"
              + " place; -m, -n and -k are the GEMM of each rank.")
  private boolean reorderOverhead;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "Timed runs of each subject; default 20, with --host-overhead 200.")
  private @Nullable Integer givenIterations;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Runs before the timed ones; default 3, with --host-overhead 100.")
  private @Nullable Integer givenWarmup;

  @Option(
      names = "--replay",
      paramLabel = "N",
      arity = "0..1",
      fallbackValue = "10",
      defaultValue = "0",
      description =
          "Time replays of a captured graph of N launches, back to back and without the host, as a"
              + " serving loop runs them; N is 10 where none is given. Times are for one launch.")
  private int replayed;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "Seed of the random data; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Bound of every wait on a device; default ${DEFAULT-VALUE}.")
  private long timeout;

  @Mixin private BackendChoice backend = new BackendChoice();
  @Mixin private OutputOptions outputs = new OutputOptions();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (problem.listsPresets()) {
      presets().lines().forEach(out::println);
      return ExitCode.GOOD;
    }
    if (hostOverhead) {
      return overhead();
    }
    if (reorderOverhead) {
      return reorder();
    }
    if (operator == null) {
      throw new ParameterException(
          spec.commandLine(), "an operator is missing: ag-gemm, gemm-rs, gemm-ar or gemm-a2a");
    }
    outputs.verify();
    BenchRequest request = request(operator);
    BenchReport report;
    try (Progress progress = Progress.onTerminal()) {
      report = Bench.run(request, progress);
    }
    TextReport.lines(report).forEach(out::println);
    outputs.write(report, err);
    if (report.machine().emulated() && report.problem().ranks() > 1 && !backend.simulatesLink()) {
      err.println(
          "Hint: ranks on the host share memory; --link 2GB/s simulates a link between them, so"
              + " that overlap becomes visible.");
    }
    return status(report, request);
  }

  private static int status(BenchReport report, BenchRequest request) {
    if (!report.passed()) {
      return ExitCode.CHECK_FAILED;
    }
    boolean unavailable =
        report.rows().stream().anyMatch(row -> row.status() == BenchReport.Status.UNAVAILABLE);
    return unavailable && !request.everyStrategy() ? ExitCode.UNAVAILABLE : ExitCode.GOOD;
  }

  /** Asked for once, and not before the rest of the command line is found to be good. */
  private BackendProvider provider() {
    BackendProvider known = provider;
    if (known == null) {
      known = BackendRegistry.load().select(backend.backend());
      provider = known;
    }
    return known;
  }

  private int overhead() throws IOException {
    require(
        !outputs.moreThanJson(), "--host-overhead writes --json only, no --csv, --html or --trace");
    outputs.verify();
    List<BenchRequest> requests = new ArrayList<>();
    List<Operator> chosen = operator == null ? List.of(Operator.values()) : List.of(operator);
    for (Operator one : chosen) {
      requests.add(request(one));
    }
    OverheadReport report;
    try (Progress progress = Progress.onTerminal()) {
      report = HostOverhead.run(requests, progress);
    }
    OverheadText.lines(report).forEach(spec.commandLine().getOut()::println);
    outputs.writeJson(report, spec.commandLine().getErr());
    return report.passed() ? ExitCode.GOOD : ExitCode.CHECK_FAILED;
  }

  private int reorder() throws IOException {
    require(
        operator == null && !outputs.moreThanJson(),
        "--reorder-overhead is of no operator, and writes --json only");
    outputs.verify();
    BenchRequest request = request(Operator.GEMM_AR);
    require(
        request.problem().outputType() != DType.INT32,
        "--reorder-overhead needs results that can be normalised, which INT32 cannot");
    ReorderReport report;
    try (Progress progress = Progress.onTerminal()) {
      report = ReorderOverhead.run(request, progress);
    }
    report.lines().forEach(spec.commandLine().getOut()::println);
    outputs.writeJson(report, spec.commandLine().getErr());
    return report.same() ? ExitCode.GOOD : ExitCode.CHECK_FAILED;
  }

  private BenchRequest request(Operator chosen) {
    int iterations = givenIterations != null ? givenIterations : hostOverhead ? 200 : 20;
    int warmup = givenWarmup != null ? givenWarmup : hostOverhead ? 100 : 3;
    require(iterations >= 1, "--iterations is " + iterations + "; it must be at least 1");
    require(warmup >= 0, "--warmup is " + warmup + "; it must not be negative");
    require(replayed >= 0, "--replay is " + replayed + "; it must not be negative");
    require(timeout >= 1, "--timeout is " + timeout + "; it must be at least 1 second");
    boolean all = strategies.isEmpty() || strategies.equals(List.of("all"));
    List<Strategy> list = Strategies.parse(strategies, spec.commandLine());
    problem.layer(chosen); // complains about a wrong preset before any device is touched
    BackendProvider chosenProvider = provider();
    boolean emulated = emulated(chosenProvider);
    Variant variant = hostOverhead ? problem.variant().of(chosen) : problem.variant();
    variant.requireFor(chosen);
    GemmProblem gemm =
        hostOverhead ? problem.small(chosen, emulated) : problem.problem(chosen, emulated);
    WorldOptions world =
        new WorldOptions(
            chosenProvider.name(),
            backend.ranks(),
            Duration.ofSeconds(timeout),
            backend.properties(chosenProvider.name()));
    return new BenchRequest(
        chosen,
        gemm,
        variant,
        problem.layerName(chosen, emulated),
        world,
        problem.tuning(),
        list,
        all,
        iterations,
        warmup,
        seed,
        false,
        outputs.needsTimelines(),
        backend.chaotic(),
        hostOverhead ? 0 : replayed);
  }

  /** Whether what a backend would drive is emulated. */
  public static boolean emulated(BackendProvider provider) {
    return provider.probe() instanceof Probe.Available available
        && available.devices().stream().anyMatch(DeviceInfo::emulated);
  }

  private void require(boolean good, String sentence) {
    if (!good) {
      throw new ParameterException(spec.commandLine(), sentence);
    }
  }

  private static Table presets() {
    Table table = new Table("preset", "N", "K", "<layer", "<taken by");
    for (Presets.Layer layer : Presets.all()) {
      List<String> takers = new ArrayList<>();
      for (Operator operator : Operator.values()) {
        if (Presets.fits(layer, operator)) {
          takers.add(operator.commandName());
        }
      }
      table.row(
          List.of(
              layer.id(),
              Integer.toString(layer.n()),
              Integer.toString(layer.k()),
              layer.description(),
              String.join(", ", takers)));
    }
    return table;
  }
}
