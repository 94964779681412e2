package dev.counterpoint.cli.tune;

import dev.counterpoint.Failure;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.cli.BackendChoice;
import dev.counterpoint.cli.CommandException;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.OutputFile;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.bench.BenchCommand;
import dev.counterpoint.cli.bench.Operator;
import dev.counterpoint.cli.report.JsonReport;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.tuner.Fingerprint;
import dev.counterpoint.core.tuner.Tuner;
import dev.counterpoint.core.tuner.TuningAdvisor;
import dev.counterpoint.core.tuner.TuningCache;
import dev.counterpoint.core.tuner.TuningEntry;
import dev.counterpoint.core.tuner.TuningKey;
import dev.counterpoint.core.tuner.TuningProgress;
import dev.counterpoint.spi.BackendProvider;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint tune}. */
@Command(
    name = "tune",
    sortOptions = false,
    description = {
      "Finds the fastest strategy and tuning for a shape, and keeps it for later runs.",
      "",
      "The first run on a machine samples how long its collectives, copies and GEMMs take. A model"
          + " predicts every candidate from that; the few that it predicts to be the fastest are"
          + " measured beside the sequential strategy. Plans made with strategy 'auto' take what"
          + " was found, and for shapes that were never tuned what the model predicts.%n"
    },
    footer = {
      "%nExamples:",
      "  counterpoint tune ag-gemm -m 4096 -n 57344 -k 8192",
      "  counterpoint tune gemm-rs --preset llama3-70b --rows 1024,2048,4096,8192",
      "  counterpoint tune --random 20 --validate --link 2GB/s",
      "  counterpoint tune --show"
    })
public final class TuneCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "OPERATOR",
      converter = Operator.Converter.class,
      description = "ag-gemm, gemm-rs, gemm-ar or gemm-a2a; all of them if left out.")
  private @Nullable Operator operator;

  @Mixin private ShapeOptions shapes = new ShapeOptions();

  @Option(names = "--force", description = "Tune again what is in the cache.")
  private boolean force;

  @Option(names = "--resample", description = "Sample the machine's curves again.")
  private boolean resample;

  @Option(
      names = "--exhaustive",
      description = "Measure every candidate, and compare the model's choice with the fastest.")
  private boolean exhaustive;

  @Option(
      names = "--validate",
      description =
          "Measure only what the model chooses and the sequential strategy, and keep nothing.")
  private boolean validate;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "20",
      description = "Timed runs of each candidate; default ${DEFAULT-VALUE}.")
  private int iterations;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Bound of every wait on a device; default ${DEFAULT-VALUE}.")
  private long timeout;

  @Option(names = "--json", paramLabel = "FILE", description = "Write everything found as JSON.")
  private @Nullable Path json;

  @Option(
      names = "--budget",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "Begin no further shape after so many seconds, and report on those done; default: no"
              + " bound.")
  private long budget;

  @Option(
      names = "--map",
      paramLabel = "FILE",
      description =
          "Only draw which strategy 'auto' takes for every M and N at one K, as SVG: measured where"
              + " the cache has the shape, modelled from the sampled curves elsewhere.")
  private @Nullable Path map;

  @Option(names = "--show", description = "Only show what is in the cache for this machine.")
  private boolean show;

  @Option(names = "--clear", description = "Only empty the cache, for all machines.")
  private boolean clear;

  @Mixin private BackendChoice backend = new BackendChoice();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    require(iterations >= 1, "--iterations is " + iterations + "; it must be at least 1");
    require(budget >= 0, "--budget is " + budget + "; it must not be negative");
    if (map != null) {
      OutputFile.verify(map);
    }
    require(timeout >= 1, "--timeout is " + timeout + "; it must be at least 1 second");
    require(!shapes.listsPresets(), "'counterpoint bench --preset list' lists the presets");
    BackendProvider provider = BackendRegistry.load().select(backend.backend());
    Map<String, String> properties = new LinkedHashMap<>(backend.properties(provider.name()));
    Path root = TuningAdvisor.root(properties);
    if (clear) {
      out.println(
          root == null
              ? "there is no tuning cache"
              : "removed " + TuningCache.clear(root) + " files from " + root);
      return ExitCode.GOOD;
    }
    WorldOptions options =
        new WorldOptions(provider.name(), backend.ranks(), Duration.ofSeconds(timeout), properties);
    try (Progress progress = Progress.onTerminal();
        World world = World.open(options)) {
      TuningCache cache =
          new TuningCache(
              root,
              Fingerprint.of(world.backend()),
              warning -> spec.commandLine().getErr().println("Warning: " + warning));
      if (map != null) {
        draw(map, world, cache, progress, BenchCommand.emulated(provider));
        return ExitCode.GOOD;
      }
      List<TuningEntry> entries =
          show ? cache.entries() : tune(world, cache, progress, BenchCommand.emulated(provider));
      TuneReport report =
          new TuneReport(cache.fingerprint().parts(), caveats(world), validate, entries);
      report.lines().forEach(out::println);
      spec.commandLine().getErr().println(cache.state());
      if (json != null) {
        Files.writeString(json, JsonReport.write(new Json(report, report.summary())));
      }
    }
    return ExitCode.GOOD;
  }

  /** What {@code --json} holds. */
  private record Json(TuneReport report, TuneReport.Summary summary) {}

  private List<TuningEntry> tune(
      World world, TuningCache cache, Progress progress, boolean emulated) {
    requireRanks(world);
    List<Operator> operators = operator == null ? List.of(Operator.values()) : List.of(operator);
    List<OperatorSpec> specs = new ArrayList<>();
    operators.forEach(op -> specs.addAll(shapes.specs(op, emulated, world.size())));
    List<TuningEntry> entries = new ArrayList<>();
    TuningProgress listener = listener(progress);
    Duration deadline = Duration.ofSeconds(timeout * 2);
    long start = System.nanoTime();
    try (Tuner tuner = new Tuner(world, cache, listener, iterations, deadline)) {
      tuner.curves(specs.get(0).problem(), resample);
      for (OperatorSpec one : specs) {
        if (budget > 0 && System.nanoTime() - start > budget * 1_000_000_000) {
          spec.commandLine()
              .getErr()
              .println(
                  "--budget is used up after "
                      + entries.size()
                      + " of "
                      + specs.size()
                      + " shapes");
          break;
        }
        Optional<TuningEntry> known =
            force || validate ? Optional.empty() : cache.find(TuningKey.of(one, world.size()));
        entries.add(
            known
                .filter(entry -> entry.exhaustive() || !exhaustive)
                .orElseGet(
                    () ->
                        validate ? tuner.validate(one, exhaustive) : tuner.tune(one, exhaustive)));
      }
    }
    return entries;
  }

  private static void requireRanks(World world) {
    if (world.size() < 2 || world.localRanks().size() != world.size()) {
      throw new CommandException(
          Failure.Category.USAGE,
          "tune needs at least two ranks, all in this process: there is nothing to choose"
              + " otherwise");
    }
  }

  private void draw(Path file, World world, TuningCache cache, Progress progress, boolean emulated)
      throws IOException {
    requireRanks(world);
    Operator one = operator;
    if (one == null) {
      throw new ParameterException(spec.commandLine(), "--map draws one operator: name it");
    }
    List<OperatorSpec> specs = shapes.grid(one, emulated, world.size());
    Duration deadline = Duration.ofSeconds(timeout * 2);
    try (Tuner tuner = new Tuner(world, cache, listener(progress), iterations, deadline)) {
      tuner.curves(specs.get(0).problem(), resample);
      String svg =
          StrategyMap.draw(
              one,
              specs,
              tuner.outlook(specs),
              world.size(),
              world.backend().description(),
              caveats(world));
      OutputFile.write(file, svg, spec.commandLine().getErr());
    }
  }

  private static TuningProgress listener(Progress progress) {
    return new TuningProgress() {
      @Override
      public void begin(String task, long steps) {
        progress.begin(task, steps);
      }

      @Override
      public void step(String what) {
        progress.step(what);
      }
    };
  }

  private List<String> caveats(World world) {
    List<String> caveats = new ArrayList<>();
    if (world.localRanks().get(0).device().info().emulated()) {
      caveats.add("emulated devices");
    }
    if (world.backend().link().simulated()) {
      caveats.add("link: " + world.backend().link().description());
    }
    if (backend.chaotic()) {
      caveats.add("chaos: times mean nothing");
    }
    return caveats;
  }

  private void require(boolean good, String sentence) {
    if (!good) {
      throw new ParameterException(spec.commandLine(), sentence);
    }
  }
}
