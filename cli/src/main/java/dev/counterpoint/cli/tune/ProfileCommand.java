package dev.counterpoint.cli.tune;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.cli.BackendChoice;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.bench.Bench;
import dev.counterpoint.cli.bench.BenchCommand;
import dev.counterpoint.cli.bench.BenchRequest;
import dev.counterpoint.cli.bench.DTypeConverter;
import dev.counterpoint.cli.bench.Operator;
import dev.counterpoint.cli.bench.ProblemOptions;
import dev.counterpoint.cli.bench.Strategies;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.Figures;
import dev.counterpoint.cli.report.HtmlReport;
import dev.counterpoint.cli.report.Table;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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

/** {@code counterpoint profile}. */
@Command(
    name = "profile",
    sortOptions = false,
    description = {
      "Says where the time of a shape goes: per rank and strategy, and in words.",
      "",
      "Runs every strategy as 'bench' does, with its checks, and traces one run of each whose time"
          + " is near the median. The rows of ranks are from that run; 'all' is the median.%n"
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
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Bound of every wait on a device; default ${DEFAULT-VALUE}.")
  private long timeout;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the page that 'bench' writes, with timelines and these words.")
  private @Nullable Path html;

  @Mixin private BackendChoice backend = new BackendChoice();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (iterations < 1 || warmup < 0 || timeout < 1) {
      throw new ParameterException(
          spec.commandLine(), "--iterations and --timeout must be at least 1, --warmup at least 0");
    }
    BackendProvider provider = BackendRegistry.load().select(backend.backend());
    BenchReport report;
    try (Progress progress = Progress.onTerminal()) {
      report = Bench.run(request(provider), progress);
    }
    List<String> words = new ArrayList<>();
    out.println(report.title() + " · " + report.sizes());
    if (!report.caveats().isEmpty()) {
      out.println("[" + String.join(", ", report.caveats()) + "]");
    }
    table(report, words).lines().forEach(out::println);
    for (String paragraph : words) {
      out.println();
      out.println(paragraph);
    }
    if (html != null) {
      Files.writeString(html, HtmlReport.write(withNotes(report, words)));
    }
    return report.passed() ? ExitCode.GOOD : ExitCode.CHECK_FAILED;
  }

  private BenchRequest request(BackendProvider provider) {
    boolean emulated = BenchCommand.emulated(provider);
    DType input = dtype != null ? dtype : emulated ? DType.FP32 : DType.BF16;
    GemmProblem problem =
        new GemmProblem(
            m, n, k, input, ProblemOptions.outputType(input), WeightLayout.NK, 1f, 0f, false);
    WorldOptions world =
        new WorldOptions(
            provider.name(),
            backend.ranks(),
            Duration.ofSeconds(timeout),
            backend.properties(provider.name()));
    return new BenchRequest(
        operator,
        problem,
        "",
        world,
        Tuning.AUTOMATIC,
        Strategies.every(),
        true,
        iterations,
        warmup,
        1,
        true,
        backend.chaotic());
  }

  /** Times by strategy and rank; adds a paragraph for each strategy. */
  private static Table table(BenchReport report, List<String> words) {
    BenchReport.Baseline base = report.baseline();
    Table table =
        new Table(
            "strategy",
            "rank",
            "total µs",
            "gemm µs",
            "exposed µs",
            "sol µs",
            "computing µs",
            "on the link µs",
            "hidden µs");
    for (BenchReport.Row row : report.rows()) {
      table.row(
          List.of(
              row.strategy(),
              "all",
              Figures.micros(row.median()),
              Figures.micros(base.gemm()),
              Figures.micros(row.exposed()),
              Figures.micros(base.sol())));
      for (BenchReport.Timeline timeline : report.timelines()) {
        if (timeline.strategy().equals(row.strategy())) {
          addRanks(table, RankProfile.of(timeline.events()), row.strategy(), base, words);
        }
      }
    }
    return table;
  }

  private static void addRanks(
      Table table,
      List<RankProfile> ranks,
      String strategy,
      BenchReport.Baseline base,
      List<String> words) {
    for (RankProfile rank : ranks) {
      table.row(
          List.of(
              "",
              Integer.toString(rank.rank()),
              Figures.micros(rank.total()),
              "",
              Figures.micros(rank.total() - base.gemm()),
              "",
              Figures.micros(rank.computing()),
              Figures.micros(rank.moving()),
              Figures.micros(rank.both())));
    }
    ranks.stream()
        .max(Comparator.comparingDouble(RankProfile::total))
        .ifPresent(slowest -> words.add(Diagnosis.paragraph(strategy, slowest, base)));
  }

  private static BenchReport withNotes(BenchReport report, List<String> words) {
    List<String> notes = new ArrayList<>(words);
    notes.addAll(report.notes());
    return new BenchReport(
        report.operator(),
        report.title(),
        report.layer(),
        report.problem(),
        report.machine(),
        report.baseline(),
        report.rows(),
        report.timelines(),
        notes);
  }
}
