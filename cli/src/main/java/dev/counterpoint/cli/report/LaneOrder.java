package dev.counterpoint.cli.report;

import java.util.Comparator;

/** Orders lanes by their names, and those that are numbered by their numbers: 2 before 10. */
final class LaneOrder {
  static final Comparator<String> NATURAL =
      Comparator.comparing(LaneOrder::stem)
          .thenComparing(LaneOrder::number)
          .thenComparing(Comparator.naturalOrder());

  private static final int MOST_DIGITS = 9;

  private LaneOrder() {}

  /** The name without the number at its end. */
  static String stem(String lane) {
    return lane.substring(0, digitsAt(lane));
  }

  /** The number at its end; −1 if there is none. */
  static int number(String lane) {
    int at = digitsAt(lane);
    return at == lane.length() ? -1 : Integer.parseInt(lane.substring(at));
  }

  private static int digitsAt(String lane) {
    int at = lane.length();
    while (at > 0 && lane.length() - at < MOST_DIGITS && isDigit(lane.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
