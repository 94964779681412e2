package dev.counterpoint.cli.report;

import dev.counterpoint.cli.report.BenchReport.Row;
import dev.counterpoint.cli.report.BenchReport.Status;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;
import java.util.ArrayList;
import java.util.List;

/** A report with a bit of everything, for tests of what is written. */
public final class SampleReport {
  private SampleReport() {}

  /** Four strategies on four ranks: one fast, one wrong, one that cannot be. */
  public static BenchReport create() {
    return new BenchReport(
        "ag-gemm",
        "all-gather → GEMM",
        "llama3-70b:up (MLP gate & up <projections>)",
        new BenchReport.Problem(
            1024, 2048, 1024, "bf16", "fp32", "NK", true, 4, 7, 20, 3, 0, "", "", ""),
        new BenchReport.Machine(
            "host",
            "4 ranks × 1 thread, OpenBLAS",
            List.of("CPU (avx2)", "CPU (avx2)"),
            true,
            "40 GB/s, 5 µs",
            40e9,
            "simulated",
            true,
            false,
            "device time on the slowest rank",
            "17",
            "Linux",
            "1.0",
            "2025-01-01T00:00:00Z"),
        new BenchReport.Baseline(
            1000,
            "vendor library",
            1000,
            1100.5,
            600,
            "all-gather",
            Double.NaN,
            3e6,
            75,
            1000,
            1600),
        List.of(
            row("sequential", Status.OK, 1600, ""),
            row("decomposed", Status.OK, 1300, ""),
            row(
                "signaled",
                Status.FAILED,
                1250.25,
                "rank 1, row 2, column 3 is \"NaN\", it must be 4"),
            new Row(
                "fused",
                Status.UNAVAILABLE,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                "",
                true,
                "",
                "backend 'host' does not have the capability PEER_ACCESS",
                0)),
        List.of(sequential(), overlapped()),
        List.of("Every element was compared."));
  }

  private static Row row(String strategy, Status status, double time, String problem) {
    return new Row(
        strategy,
        status,
        time,
        time * 1.1,
        time - 1000,
        1 - (time - 1000) / 600,
        time / 1000,
        1600 / time,
        1.5e-6,
        "2,097,152 elements",
        true,
        "asked for; 8 chunks",
        problem,
        4096);
  }

  private static BenchReport.Timeline sequential() {
    List<TraceEvent> events = new ArrayList<>();
    for (int rank = 0; rank < 4; rank++) {
      events.add(event(rank, "main", Kind.COLLECTIVE, "all-gather", 0, 600));
      events.add(event(rank, "main", Kind.COMPUTE, "gemm", 600, 1600));
    }
    return new BenchReport.Timeline("sequential", events);
  }

  private static BenchReport.Timeline overlapped() {
    List<TraceEvent> events = new ArrayList<>();
    for (int rank = 0; rank < 4; rank++) {
      for (long step = 0; step < 3; step++) {
        events.add(
            event(
                rank,
                "copy",
                Kind.TRANSFER,
                "put → " + (rank + step + 1) % 4,
                step * 210,
                step * 210 + 200));
      }
      events.add(event(rank, "compute", Kind.WAIT, "wait", 250, 300));
      for (int tile = 0; tile < 40; tile++) {
        events.add(
            event(
                rank,
                "compute",
                Kind.COMPUTE,
                "tile " + tile,
                tile * 28 + (tile > 8 ? 50 : 0),
                tile * 28 + 27 + (tile > 8 ? 50 : 0)));
      }
      events.add(event(rank, "compute", Kind.REDUCE, "reduce", 1200, 1260));
      events.add(event(rank, "compute", Kind.OTHER, "copy", 1260, 1290));
    }
    return new BenchReport.Timeline("decomposed", events);
  }

  private static TraceEvent event(
      int rank, String lane, Kind kind, String name, long fromMicros, long toMicros) {
    return new TraceEvent(
        rank,
        lane,
        kind,
        name,
        "ag-gemm#1",
        5_000_000 + fromMicros * 1000,
        5_000_000 + toMicros * 1000);
  }
}
