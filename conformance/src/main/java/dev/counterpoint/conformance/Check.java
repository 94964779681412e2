package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** Assertions whose messages say where, what was wanted and what was seen. */
final class Check {
  private Check() {}

  static void that(boolean holds, String format, @Nullable Object... values) {
    if (!holds) {
      throw new AssertionError(String.format(Locale.ROOT, format, values));
    }
  }

  static void equal(String what, @Nullable Object wanted, @Nullable Object seen) {
    if (!Objects.equals(wanted, seen)) {
      throw new AssertionError(what + ": wanted " + wanted + ", seen " + seen);
    }
  }

  static void bytes(String what, byte[] wanted, byte[] seen) {
    if (wanted.length != seen.length) {
      throw new AssertionError(what + ": wanted " + wanted.length + " bytes, seen " + seen.length);
    }
    int at = java.util.Arrays.mismatch(wanted, seen);
    if (at >= 0) {
      int wrong = 0;
      for (int i = at; i < wanted.length; i++) {
        wrong += wanted[i] == seen[i] ? 0 : 1;
      }
      throw new AssertionError(
          String.format(
              "%s: byte %d of %d: wanted %02x, seen %02x; %d bytes differ",
              what, at, wanted.length, wanted[at], seen[at], wrong));
    }
  }

  /** All bytes have one value. */
  static void all(String what, int value, byte[] seen) {
    for (int i = 0; i < seen.length; i++) {
      if (seen[i] != (byte) value) {
        throw new AssertionError(
            String.format(
                "%s: byte %d of %d: wanted %02x, seen %02x",
                what, i, seen.length, value & 0xff, seen[i]));
      }
    }
  }

  /** The action throws this exception. */
  static <T extends Throwable> T fails(Class<T> type, String what, Executable action) {
    try {
      action.execute();
    } catch (Throwable e) {
      if (type.isInstance(e)) {
        return type.cast(e);
      }
      throw new AssertionError(
          what + ": wanted " + type.getSimpleName() + ", but it threw " + e, e);
    }
    throw new AssertionError(what + ": wanted " + type.getSimpleName() + ", but it was accepted");
  }

  /**
   * The action is refused by an {@link InvalidArgumentException} that names an argument, a value
   * and a rule.
   */
  static InvalidArgumentException refuses(String what, Executable action) {
    InvalidArgumentException e = fails(InvalidArgumentException.class, what, action);
    that(!e.argument().isBlank(), "%s: the refusal names no argument: %s", what, e.getMessage());
    that(!e.value().isBlank(), "%s: the refusal names no value: %s", what, e.getMessage());
    that(!e.rule().isBlank(), "%s: the refusal names no rule: %s", what, e.getMessage());
    return e;
  }

  /** Like {@link #refuses}, and the argument's name contains one of the given words. */
  static void refusesNaming(String what, String words, Executable action) {
    InvalidArgumentException e = refuses(what, action);
    String argument = e.argument().toLowerCase(Locale.ROOT);
    for (String word : words.split("\\|", -1)) {
      if (argument.contains(word.toLowerCase(Locale.ROOT))) {
        return;
      }
    }
    throw new AssertionError(
        what + ": the refusal must name " + words + ", but says: " + e.getMessage());
  }

  /** The action is refused because a resource is closed, and the message names it. */
  static void closed(String what, String name, Executable action) {
    ResourceClosedException e = fails(ResourceClosedException.class, what + " after close", action);
    that(
        String.valueOf(e.getMessage()).contains(name),
        "%s after close: the message must name '%s', but says: %s",
        what,
        name,
        e.getMessage());
  }
}
