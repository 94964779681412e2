package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Norm;
import dev.counterpoint.Tuning;
import dev.counterpoint.World;
import dev.counterpoint.cli.Version;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.GemmEngine;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Puts together what a bench measured. */
final class ReportBuilder {
  private final BenchRequest request;
  private final World world;
  private final Geometry geometry;
  private final LinkProbe.Bandwidth link;
  private final Stopwatch stopwatch;

  ReportBuilder(
      BenchRequest request,
      World world,
      Geometry geometry,
      LinkProbe.Bandwidth link,
      Stopwatch stopwatch) {
    this.request = request;
    this.world = world;
    this.geometry = geometry;
    this.link = link;
    this.stopwatch = stopwatch;
  }

  BenchReport build(
      Map<GemmEngine, Subject> gemms, Map<Subject, Samples> baselines, List<StrategyRun> runs) {
    double vendor = median(gemms.get(GemmEngine.VENDOR), baselines);
    double tile = median(gemms.get(GemmEngine.TILE), baselines);
    boolean tileIsFaster = Double.isNaN(vendor) || tile < vendor;
    double gemm = tileIsFaster ? tile : vendor;
    double comm = median(LoneCollective.class, baselines);
    double wireBytes = geometry.wireBytes();
    double wire = link.bytesPerSecond() > 0 ? wireBytes / link.bytesPerSecond() * 1e6 : 0;
    Metrics metrics = new Metrics(gemm, comm, wire, runs.get(0).samples().median());
    BenchReport.Baseline baseline =
        new BenchReport.Baseline(
            gemm,
            tileIsFaster ? "tile engine" : "vendor library",
            vendor,
            tile,
            comm,
            request.operator().collective(),
            median(BulkOverlap.class, baselines),
            wireBytes,
            wire,
            metrics.sol(),
            metrics.sequential());
    return new BenchReport(
        request.operator().commandName(),
        request.operator().title(),
        request.layer(),
        problem(request, world.size()),
        machine(
            world,
            link,
            request.chaotic(),
            stopwatch.readsDevices() ? "device time on the slowest rank" : "host time"),
        baseline,
        runs.stream().map(run -> run.row(metrics)).toList(),
        request.traced()
            ? runs.stream().filter(run -> run.subject() != null).map(StrategyRun::timeline).toList()
            : List.of(),
        notes(metrics, runs));
  }

  private static double median(
      @org.jspecify.annotations.Nullable Subject subject, Map<Subject, Samples> baselines) {
    Samples samples = subject == null ? null : baselines.get(subject);
    return samples == null ? Double.NaN : samples.median();
  }

  private static double median(Class<? extends Subject> kind, Map<Subject, Samples> baselines) {
    return baselines.entrySet().stream()
        .filter(entry -> kind.isInstance(entry.getKey()))
        .mapToDouble(entry -> entry.getValue().median())
        .findFirst()
        .orElse(Double.NaN);
  }

  /** What was asked for. */
  static BenchReport.Problem problem(BenchRequest request, int ranks) {
    GemmProblem p = request.variant().problem(request.problem(), ranks);
    Norm norm = request.variant().norm();
    Division division = request.variant().division();
    Tuning tuning = request.tuning();
    String tile =
        tuning.tileRows() == 0 && tuning.tileCols() == 0
            ? ""
            : tuning.tileRows() + "x" + tuning.tileCols();
    return new BenchReport.Problem(
        p.m(),
        p.n(),
        p.k(),
        name(p.inputType()),
        name(p.outputType()),
        p.weightLayout().name(),
        p.bias(),
        ranks,
        request.seed(),
        request.iterations(),
        request.warmup(),
        tuning.chunks(),
        tile,
        norm == null ? "" : norm.kind().name().toLowerCase(Locale.ROOT),
        division == null ? "" : division.toString());
  }

  private static String name(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }

  /** Where it ran. */
  static BenchReport.Machine machine(
      World world, LinkProbe.Bandwidth link, boolean chaotic, String clock) {
    List<DeviceInfo> devices =
        world.localRanks().stream().map(rank -> rank.device().info()).toList();
    boolean emulated = devices.stream().anyMatch(DeviceInfo::emulated);
    return new BenchReport.Machine(
        world.backend().name(),
        world.backend().description(),
        devices.stream().map(device -> device.name() + " (" + device.architecture() + ")").toList(),
        emulated,
        world.backend().link().description(),
        link.bytesPerSecond(),
        link.origin(),
        world.backend().link().simulated(),
        chaotic,
        clock,
        Runtime.version().toString(),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        Version.current(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private List<String> notes(Metrics metrics, List<StrategyRun> runs) {
    List<String> notes = new ArrayList<>();
    if (request.chaotic()) {
      notes.add(
          "Chaos was on: pseudo-random delays before puts, signals and tiles. Results had to be"
              + " right all the same; the times mean nothing.");
    }
    if (metrics.exposed(metrics.sequential()) <= 0 && world.size() > 1) {
      notes.add(
          "Sequential execution exposed no communication here, so there was nothing to hide and E"
              + " has no meaning.");
    }
    if (request.replayed() > 0) {
      notes.add(
          "Times are those of one launch in replays of a captured graph of "
              + request.replayed()
              + (request.replayed() == 1 ? " launch" : " launches")
              + ", back to back.");
    }
    for (StrategyRun run : runs) {
      if (run.subject() != null && !run.row(metrics).repeatable()) {
        notes.add(
            run.name()
                + " gave other bits in its last run than in its first, both within tolerance unless"
                + " marked as failed.");
      }
    }
    if (request.variant().norm() != null) {
      notes.add(
          "Every strategy's time includes the residual and the norm; those of gemm, comm and bulk"
              + " do not. Sums were compared with the reference, and all normalised rows with the"
              + " norm of their sums in FP64.");
    }
    notes.add(
        new Reference.Scope(geometry).isExhaustive()
            ? "Every element was compared with an FP64 reference, and every row with a random"
                + " vector."
            : "A sample of elements was compared with an FP64 reference, and every row with a"
                + " random vector.");
    return notes;
  }
}
