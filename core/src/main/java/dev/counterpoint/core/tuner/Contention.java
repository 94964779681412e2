package dev.counterpoint.core.tuner;

import dev.counterpoint.spi.GemmEngine;
import java.util.List;

/**
 * How much products and what moves or sums bytes slow each other on a device.
 *
 * @param samples those of one engine and number of units left free, at most one for each route
 */
record Contention(List<Sample> samples) {
  /** Nothing slows anything. */
  static final Contention NONE = new Contention(List.of());

  /** A sampled rate below this would be no rate at all. */
  private static final double LEAST = 0.02;

  /**
   * What was sampled of a route beside a product.
   *
   * @param route what went on beside it
   * @param engine whose product
   * @param reserved units that it left free; 0 for none
   * @param productRate its speed then, as a part of its speed alone
   * @param delay microseconds that the route begins later, however few bytes it has
   * @param routeRate speed of its bytes, as a part of their speed alone
   */
  public record Sample(
      Route route,
      GemmEngine engine,
      int reserved,
      double productRate,
      double delay,
      double routeRate) {
    /** Keeps rates between nearly nothing and all. */
    public Sample {
      productRate = Math.max(LEAST, Math.min(1, productRate));
      delay = Math.max(0, delay);
      routeRate = Math.max(LEAST, Math.min(1, routeRate));
    }
  }

  Contention {
    samples = List.copyOf(samples);
  }

  /** The part for an engine that leaves so many units free, or the nearest number sampled. */
  static Contention of(List<Sample> all, GemmEngine engine, int reserved) {
    int nearest = -1;
    for (Sample sample : all) {
      if (sample.engine() == engine
          && (nearest < 0
              || Math.abs(sample.reserved() - reserved) < Math.abs(nearest - reserved))) {
        nearest = sample.reserved();
      }
    }
    int taken = nearest;
    return new Contention(
        all.stream()
            .filter(sample -> sample.engine() == engine && sample.reserved() == taken)
            .toList());
  }

  /** Microseconds that a route begins later beside a product. */
  double delay(Route route) {
    return samples.stream()
        .filter(sample -> sample.route() == route)
        .mapToDouble(Sample::delay)
        .findFirst()
        .orElse(0);
  }

  /** Speed of a route's bytes beside a product. */
  double ofRoute(Route route) {
    return samples.stream()
        .filter(sample -> sample.route() == route)
        .mapToDouble(Sample::routeRate)
        .findFirst()
        .orElse(1);
  }

  /** Speed of a product beside a route. */
  double ofProducts(Route route) {
    return samples.stream()
        .filter(sample -> sample.route() == route)
        .mapToDouble(Sample::productRate)
        .findFirst()
        .orElse(1);
  }
}
