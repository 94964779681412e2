package dev.counterpoint.cli.tune;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.tuner.Curve;
import dev.counterpoint.core.tuner.Curves;
import dev.counterpoint.core.tuner.Fingerprint;
import dev.counterpoint.core.tuner.GemmTable;
import dev.counterpoint.core.tuner.Route;
import dev.counterpoint.core.tuner.TileTimes;
import dev.counterpoint.core.tuner.TuningCache;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Curves of two ranks of the host, which take long to sample, for tests that need some. */
public final class MadeUpCurves {
  private static final List<Integer> AXIS = List.of(16, 2048);

  private MadeUpCurves() {}

  /** Puts them into a cache. */
  public static void put(Path cache) {
    WorldOptions options = WorldOptions.defaults().withBackend("host").withRanks(2);
    try (World world = World.open(options)) {
      Map<Route, Curve> routes = new EnumMap<>(Route.class);
      for (Route route : Route.values()) {
        routes.put(route, new Curve(List.of(new Curve.Point(1e3, 5), new Curve.Point(1e6, 1000))));
      }
      GemmTable table =
          new GemmTable(AXIS, AXIS, AXIS, List.of(5.0, 9.0, 9.0, 1e3, 9.0, 1e3, 1e3, 1e5));
      new TuningCache(cache, Fingerprint.of(world.backend()), warning -> {})
          .put(
              new Curves(
                  DType.FP32,
                  DType.FP32,
                  WeightLayout.NK,
                  routes,
                  table,
                  table,
                  new TileTimes(0, List.of(), 0, 0),
                  List.of()));
    }
  }
}
