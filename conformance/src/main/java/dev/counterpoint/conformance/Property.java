package dev.counterpoint.conformance;

import dev.counterpoint.DeviceFaultException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * A property of a few bounded integers, checked for random ones from the test's seed. Small and
 * extreme values are drawn more often than their share, and what fails is made as small as it still
 * fails before it is reported.
 *
 * <p>The kit has its own, because jqwik is an engine of its own that a third party's build may not
 * have.
 */
final class Property {
  /** Shrinking may cost a wait timeout per step; more than this is not worth it. */
  private static final int SHRINK_STEPS = 40;

  private static final long SHRINK_NANOS = 8_000_000_000L;

  private final Kit kit;
  private final String[] names;
  private final int[] low;
  private final int[] high;

  private Property(Kit kit, String[] names, int[] low, int[] high) {
    this.kit = kit;
    this.names = names;
    this.low = low;
    this.high = high;
  }

  /** What must hold; fails by throwing. */
  interface Body {
    void check(int[] values, Random random);
  }

  /** Alternates names, lower bounds and upper bounds. */
  static Property of(Kit kit, Object... namesAndBounds) {
    int n = namesAndBounds.length / 3;
    String[] names = new String[n];
    int[] low = new int[n];
    int[] high = new int[n];
    for (int i = 0; i < n; i++) {
      names[i] = (String) namesAndBounds[3 * i];
      low[i] = (Integer) namesAndBounds[3 * i + 1];
      high[i] = (Integer) namesAndBounds[3 * i + 2];
    }
    return new Property(kit, names, low, high);
  }

  void check(int cases, Body body) {
    for (int i = 0; i < cases; i++) {
      long seed = kit.random().nextLong();
      int[] values = draw(i);
      Throwable failure = attempt(values, seed, body);
      if (failure != null) {
        throw shrunk(values, seed, failure, body);
      }
    }
  }

  private int[] draw(int index) {
    int[] values = new int[low.length];
    Random random = kit.random();
    for (int i = 0; i < values.length; i++) {
      int span = high[i] - low[i];
      values[i] =
          switch (index == 0 ? 0 : random.nextInt(6)) {
            case 0 -> low[i];
            case 1 -> high[i];
            case 2 -> low[i] + Math.min(span, random.nextInt(4));
            default -> low[i] + random.nextInt(span + 1);
          };
    }
    return values;
  }

  private static @Nullable Throwable attempt(int[] values, long seed, Body body) {
    try {
      body.check(values.clone(), new Random(seed));
      return null;
    } catch (TestAbortedException e) {
      throw e;
    } catch (RuntimeException | AssertionError e) {
      return e;
    }
  }

  private AssertionError shrunk(int[] values, long seed, Throwable failure, Body body) {
    int[] smallest = values;
    Throwable last = failure;
    long end = System.nanoTime() + SHRINK_NANOS;
    int steps = 0;
    boolean smaller =
        !(failure instanceof DeviceFaultException); // a failed world fails whatever is asked of it
    while (smaller) {
      smaller = false;
      for (int i = 0; i < smallest.length && !smaller; i++) {
        for (int candidate : new int[] {low[i], (low[i] + smallest[i]) / 2, smallest[i] - 1}) {
          if (candidate >= smallest[i]
              || candidate < low[i]
              || steps++ > SHRINK_STEPS
              || System.nanoTime() > end) {
            continue;
          }
          int[] attempt = smallest.clone();
          attempt[i] = candidate;
          Throwable again = attempt(attempt, seed, body);
          if (again != null && !(again instanceof DeviceFaultException)) {
            smallest = attempt;
            last = again;
            smaller = true;
            break;
          }
        }
      }
    }
    return new AssertionError(
        String.format(
            Locale.ROOT,
            "for %s (first seen for %s, case seed %d): %s",
            describe(smallest),
            Arrays.toString(values),
            seed,
            last.getMessage()),
        last);
  }

  private String describe(int[] values) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      text.append(i == 0 ? "" : ", ").append(names[i]).append(' ').append(values[i]);
    }
    return text.toString();
  }
}
