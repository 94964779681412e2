package dev.counterpoint.spi.support;

import java.util.concurrent.locks.LockSupport;

/**
 * Pseudo-random delays of one thread or stream, drawn from a seed: 0 to about 300 µs, one in 64 up
 * to 2 ms. They must never change a result; that is what they are for. Not for several threads at
 * once.
 */
public final class Chaos {
  private long state;
  private final boolean on;

  private Chaos(long state, boolean on) {
    this.state = state;
    this.on = on;
  }

  /**
   * The delays of one thread or stream.
   *
   * @param seed of the whole backend; 0 for none
   * @param rank its rank
   * @param lane its number within its rank
   */
  public static Chaos of(long seed, int rank, int lane) {
    long mixed = mix(seed ^ mix(rank * 0x9E3779B97F4A7C15L + lane * 0xD1B54A32D192ED03L + 1));
    return new Chaos(mixed == 0 ? 1 : mixed, seed != 0);
  }

  /** Delays the calling thread by the next amount. */
  public void delay() {
    if (on) {
      long nanos = nextNanos();
      if (nanos > 0) {
        LockSupport.parkNanos(nanos);
      }
    }
  }

  /** The next delay; half of them are none, so that threads also overtake each other. */
  long nextNanos() {
    state ^= state << 13;
    state ^= state >>> 7;
    state ^= state << 17;
    long draw = state >>> 1;
    if ((draw & 63) == 0) {
      return draw % 2_000_000;
    }
    return (draw & 64) == 0 ? 0 : draw % 300_000;
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
