package dev.counterpoint.conformance;

import java.util.List;

/** For which numbers of ranks a test is run; what exists is the target's to say. */
public enum Worlds {
  /** One rank. */
  ONE,
  /** The smallest number of ranks above one. */
  PAIR,
  /** The smallest number of ranks above two. */
  TRIO,
  /** Every number above one. */
  SEVERAL,
  /** The largest number. */
  MOST,
  /** Every number. */
  ALL;

  /** The numbers out of {@code counts}, which ascend; empty if none fits. */
  List<Integer> select(List<Integer> counts) {
    return switch (this) {
      case ONE -> counts.stream().filter(n -> n == 1).toList();
      case PAIR -> counts.stream().filter(n -> n > 1).limit(1).toList();
      case TRIO -> counts.stream().filter(n -> n > 2).limit(1).toList();
      case SEVERAL -> counts.stream().filter(n -> n > 1).toList();
      case MOST -> counts.subList(Math.max(0, counts.size() - 1), counts.size());
      case ALL -> counts;
    };
  }

  /** What is missing when nothing fits. */
  String need() {
    return switch (this) {
      case ONE -> "a world of one rank";
      case PAIR, SEVERAL -> "a world of two ranks or more";
      case TRIO -> "a world of three ranks or more";
      case MOST, ALL -> "a world";
    };
  }
}
