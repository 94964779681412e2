package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import java.util.Map;

/**
 * Whether tests that allow it are also run with delays thrown in at random, where the target can.
 *
 * @param mode in which worlds
 * @param seed of the delays, for {@link Mode#EVERYWHERE}
 */
public record Chaos(Mode mode, long seed) {
  /** In which worlds there are delays. */
  public enum Mode {
    /** The kit's choice: in the largest world, and in a full run also in that of two ranks. */
    USUAL,
    /** In the same worlds, which are then not tested without: for slow devices. */
    INSTEAD,
    /** In none. */
    OFF,
    /** In worlds of every size. */
    EVERYWHERE
  }

  /** The kit's choice, with a seed that follows from that of the run. */
  public static final Chaos USUAL = new Chaos(Mode.USUAL, 0);

  /** The same worlds with delays only. */
  public static final Chaos INSTEAD = new Chaos(Mode.INSTEAD, 0);

  /** No delays. */
  public static final Chaos OFF = new Chaos(Mode.OFF, 0);

  /** Delays in worlds of every size. */
  public static Chaos everywhere(long seed) {
    return new Chaos(Mode.EVERYWHERE, seed);
  }

  /**
   * Reads {@code off} or a seed.
   *
   * @throws InvalidArgumentException if it is neither
   */
  public static Chaos parse(String text) {
    if (text.equals("off")) {
      return OFF;
    }
    try {
      return everywhere(Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new InvalidArgumentException("chaos", text, "be a seed, which is an integer, or off");
    }
  }

  /** What makes a target delay work; empty if there is nothing to do. */
  Map<String, String> settings(Session session, int ranks) {
    return session.target().chaos((mode == Mode.EVERYWHERE ? seed : session.seed()) + ranks);
  }
}
