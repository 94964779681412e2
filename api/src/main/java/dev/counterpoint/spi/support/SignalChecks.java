package dev.counterpoint.spi.support;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import java.time.Duration;

/** Checks of words, deltas and epochs (rule SIG-12). */
public final class SignalChecks {
  private SignalChecks() {}

  /** Throws unless {@code count} words from {@code first} on exist in the array. */
  public static void requireWords(String argument, SignalArray array, int first, int count) {
    if (first < 0 || count < 0 || first > array.words() - count) {
      throw new InvalidArgumentException(
          argument,
          count == 1 ? first : first + "+" + count,
          "lie within the " + array.words() + " words of signal array '" + array.name() + "'");
    }
  }

  /** The same for each word of a table; negative words mean "none" where that is allowed. */
  public static void requireEach(
      String argument, SignalArray array, int[] words, boolean negativeIsNone) {
    for (int word : words) {
      if (word >= 0 || !negativeIsNone) {
        requireWords(argument, array, word, 1);
      }
    }
  }

  /** Throws when an addition would make a word smaller. */
  public static void requireGrowth(long delta) {
    if (delta < 0) {
      throw new InvalidArgumentException("delta", delta, "not be negative: signals only grow");
    }
  }

  /** What to throw when the host has waited for a word too long. */
  public static DeadlineExceededException late(
      SignalArray array, int rank, int word, long seen, long wanted, Duration deadline) {
    String what = "signal '" + array.name() + "' word " + word + " of rank " + rank;
    return new DeadlineExceededException(what + ", now " + seen + ", wanted " + wanted, deadline);
  }

  /** The array as the backend's own. */
  static <A extends Resource & SignalArray> A own(
      BackendContext context, Class<A> type, SignalArray array) {
    return context.own(type, "array", array, "a signal array");
  }

  /** The epoch as the backend's own, of the rank whose stream uses it. */
  static <E extends Resource & Epoch> E own(
      BackendContext context, Class<E> type, Epoch epoch, int rank) {
    E mine = context.own(type, "epoch", epoch, "an epoch");
    requireEpochOf(mine, rank);
    return mine;
  }

  /** Throws unless the epoch belongs to the rank whose stream uses it. */
  public static void requireEpochOf(Epoch epoch, int rank) {
    if (epoch.rank() != rank) {
      throw new InvalidArgumentException(
          "epoch", "an epoch of rank " + epoch.rank(), "be an epoch of rank " + rank);
    }
  }
}
