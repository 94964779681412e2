package dev.counterpoint.cli.tune;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.cli.BackendChoice;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.OutputFile;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.bench.Bench;
import dev.counterpoint.cli.bench.BenchCommand;
import dev.counterpoint.cli.bench.BenchRequest;
import dev.counterpoint.cli.bench.DTypeConverter;
import dev.counterpoint.cli.bench.Operator;
import dev.counterpoint.cli.bench.ProblemOptions;
import dev.counterpoint.cli.bench.Strategies;
import dev.counterpoint.cli.bench.Variant;
import dev.counterpoint.cli.bench.VariantOptions;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.HtmlReport;
import dev.counterpoint.cli.report.JsonReport;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint profile}. */
@Command(
    name = "profile",
    sortOptions = false,
    description = {
      "Says where the time of a shape goes: per rank and strategy, and in words.",
      "",
      "Runs every strategy as 'bench' does, with its checks, and traces one run of each whose time"
          + " is near the median. The rows of ranks are from that run; 'all' is the median. 'bulk'"
          + " is the GEMM beside a collective that it has nothing to do with: what a strategy would"
          + " take if nothing had to wait.%n"
    },
    footer = {
      "%nExample:",
      "  counterpoint profile ag-gemm 1024 12288 49152 --dtype fp16 --iterations 10"
    })
public final class ProfileCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "OPERATOR",
      converter = Operator.Converter.class,
      description = "ag-gemm, gemm-rs, gemm-ar or gemm-a2a.")
  private Operator operator = Operator.AG_GEMM;

  @Parameters(index = "1", paramLabel = "M", description = "Rows of A.")
  private int m;

  @Parameters(index = "2", paramLabel = "N", description = "Columns of B, over all ranks.")
  private int n;

  @Parameters(index = "3", paramLabel = "K", description = "Inner dimension, over all ranks.")
  private int k;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = DTypeConverter.class,
      description = "Type of A, B and D: fp32, fp16 or bf16 and so on; as 'bench' by default.")
  private @Nullable DType dtype;

  @Option(
      names = {"--iterations", "--iters"},
      paramLabel = "N",
      defaultValue = "20",
      description = "Timed runs of each strategy; default ${DEFAULT-VALUE}.")
  private int iterations;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "5",
      description = "Runs before the timed ones; default ${DEFAULT-VALUE}.")
  private int warmup;

  @Option(
      names = "--chunks",
      paramLabel = "N",
      defaultValue = "0",
      description = "Force the number of chunks per rank; 0 (default) is automatic.")
  private int chunks;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Bound of every wait on a device; default ${DEFAULT-VALUE}.")
  private long timeout;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Write the page that 'bench' writes, with timelines that say which tile waited for whom,"
              + " and these words.")
  private @Nullable Path html;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write everything found as JSON; docs/json.md names the fields.")
  private @Nullable Path json;

  @Mixin private VariantOptions variants = new VariantOptions();
  @Mixin private BackendChoice backend = new BackendChoice();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (iterations < 1 || warmup < 0 || timeout < 1) {
      throw new ParameterException(
          spec.commandLine(), "--iterations and --timeout must be at least 1, --warmup at least 0");
    }
    for (Path file : new Path[] {html, json}) {
      if (file != null) {
        OutputFile.verify(file);
      }
    }
    BackendProvider provider = BackendRegistry.load().select(backend.backend());
    BenchReport report;
    try (Progress progress = Progress.onTerminal()) {
      report = Bench.run(request(provider), progress);
    }
    ProfileReport profile = ProfileReport.of(report);
    profile.lines().forEach(out::println);
    if (html != null) {
      OutputFile.write(html, HtmlReport.write(profile.page()), spec.commandLine().getErr());
    }
    if (json != null) {
      OutputFile.write(json, JsonReport.write(profile), spec.commandLine().getErr());
    }
    return report.passed() ? ExitCode.GOOD : ExitCode.CHECK_FAILED;
  }

  private BenchRequest request(BackendProvider provider) {
    boolean emulated = BenchCommand.emulated(provider);
    DType input = dtype != null ? dtype : emulated ? DType.FP32 : DType.BF16;
    GemmProblem problem =
        new GemmProblem(
            m, n, k, input, ProblemOptions.outputType(input), WeightLayout.NK, 1f, 0f, false);
    Variant variant = variants.variant();
    variant.requireFor(operator);
    WorldOptions world =
        new WorldOptions(
            provider.name(),
            backend.ranks(),
            Duration.ofSeconds(timeout),
            backend.properties(provider.name()));
    return new BenchRequest(
        operator,
        problem,
        variant,
        "",
        world,
        Tuning.AUTOMATIC.withChunks(chunks),
        Strategies.every(),
        true,
        iterations,
        warmup,
        1,
        true,
        true,
        backend.chaotic(),
        0);
  }
}
