package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Machines made of numbers. */
final class Synthetic {
  private static final List<Integer> ROWS = List.of(16, 256, 4096);
  private static final List<Integer> OTHERS = List.of(64, 512, 4096);

  private Synthetic() {}

  /**
   * Curves of a machine.
   *
   * @param gigabytes of its link, per second
   * @param latency of everything that moves, in microseconds
   * @param gigaflops of its GEMM
   */
  static Curves curves(int ranks, double gigabytes, double latency, double gigaflops) {
    Map<Route, Curve> routes = new EnumMap<>(Route.class);
    for (Route route : Route.values()) {
      double passes =
          switch (route) {
            case ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL -> ranks - 1;
            case ALL_REDUCE, PEER_ALL_REDUCE -> 2 * (ranks - 1.0) / ranks;
            case EXCHANGE, PUSH, STREAMED_PUSH, COMPUTE_PUSH, STREAMED_COMPUTE_PUSH -> 1;
            case REDUCE, COPY -> 0.05;
            case HANDOVER, START -> 0;
          };
      double start =
          route == Route.STREAMED_PUSH || route == Route.STREAMED_COMPUTE_PUSH
              ? latency / 10
              : route == Route.START ? 0 : latency;
      List<Curve.Point> points = new ArrayList<>();
      for (double size = 4096; size < 1e8; size *= 3) {
        points.add(new Curve.Point(size, start + passes * size / gigabytes / 1e3));
      }
      routes.put(route, Curve.through(points));
    }
    List<Double> times = new ArrayList<>();
    for (int m : ROWS) {
      for (int n : OTHERS) {
        for (int k : OTHERS) {
          times.add(5 + 2.0 * m * n * k / gigaflops / 1e3);
        }
      }
    }
    GemmTable table = new GemmTable(ROWS, OTHERS, OTHERS, times);
    return new Curves(
        DType.FP32,
        DType.FP32,
        WeightLayout.NK,
        routes,
        table,
        table,
        new TileTimes(
            5,
            List.of(
                new TileTimes.Tile(128, 128, 0, 128 * 128 * 2 * 132 / gigaflops / 1e3),
                new TileTimes.Tile(64, 128, 0, 1.1 * 64 * 128 * 2 * 132 / gigaflops / 1e3)),
            0,
            0),
        List.of());
  }

  static Machine machine(int ranks, int units) {
    return new Machine(ranks, units, true, true, 1 << 20, Synthetic::tiling);
  }

  static LatencyModel model(Curves curves, int ranks, int units) {
    return new LatencyModel(curves, machine(ranks, units), Corrections.NONE);
  }

  private static Tiling tiling(
      RowPartition partition, int cols, int k, int tileRows, int tileCols) {
    return new Tiling(partition, cols, tileRows == 0 ? 128 : tileRows, 128);
  }

  static TuningKey key(String operator, int m, int n, int k, int ranks) {
    return new TuningKey(
        operator,
        m,
        n,
        k,
        DType.FP32,
        DType.FP32,
        WeightLayout.NK,
        ranks,
        false,
        false,
        false,
        "",
        List.of());
  }

  /** An entry that chose {@code strategy}, 100 µs, over sequential, 150 µs. */
  static TuningEntry entry(TuningKey key, Strategy strategy, int chunks) {
    Tuning chosen = Tuning.AUTOMATIC.withStrategy(strategy).withChunks(chunks);
    Tuning sequential = Tuning.AUTOMATIC.withStrategy(Strategy.SEQUENTIAL);
    return new TuningEntry(
        key,
        chosen,
        chosen,
        chosen,
        List.of(new Candidate(sequential, 140, 140, 150), new Candidate(chosen, 90, 95.25, 100)),
        false,
        20,
        "2026-11-20T00:00:00Z");
  }

  static Fingerprint fingerprint(String device) {
    return new Fingerprint(Map.of("device", device));
  }
}
