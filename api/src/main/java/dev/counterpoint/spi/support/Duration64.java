package dev.counterpoint.spi.support;

import java.time.Duration;

/** Durations as nanoseconds that do not overflow. */
public final class Duration64 {
  private Duration64() {}

  /** The duration in nanoseconds, or the largest number if it does not fit. */
  public static long nanos(Duration duration) {
    try {
      return Math.max(0, duration.toNanos());
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }
}
