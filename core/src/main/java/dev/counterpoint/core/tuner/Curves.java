package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What was sampled of a machine for one combination of element types: how long its collectives,
 * pushes and GEMMs take, and how they slow each other. Enough to predict every strategy for every
 * shape.
 *
 * @param inputType element type of A and B
 * @param outputType element type of D
 * @param weightLayout how B lies in memory
 * @param routes time against bytes
 * @param plain the GEMM without hooks, by the vendor's library where there is one
 * @param tile the tile GEMM at the backend's own tile
 * @param tileTimes of single tiles
 * @param contention what goes on beside products
 */
public record Curves(
    DType inputType,
    DType outputType,
    WeightLayout weightLayout,
    Map<Route, Curve> routes,
    GemmTable plain,
    GemmTable tile,
    TileTimes tileTimes,
    List<Contention.Sample> contention) {
  /** Checks that nothing is missing. */
  public Curves {
    for (Route route : Route.values()) {
      if (!routes.containsKey(route) && !route.isOptional()) {
        throw new IllegalArgumentException("no curve of " + route);
      }
    }
    routes = Map.copyOf(new EnumMap<>(routes));
    contention = List.copyOf(contention);
  }

  boolean has(Route route) {
    return routes.containsKey(route);
  }

  double micros(Route route, double bytes) {
    return curve(route).micros(bytes);
  }

  /** The same divided into what any number of bytes takes, and the rest. */
  Play.Work work(Route route, double bytes) {
    double least = curve(route).least(bytes);
    return new Play.Work(least, Math.max(0, curve(route).micros(bytes) - least));
  }

  private Curve curve(Route route) {
    Curve curve = routes.get(route);
    if (curve == null) {
      throw new AssertionError(route);
    }
    return curve;
  }
}
