package dev.counterpoint.cli.bench;

import dev.counterpoint.Strategy;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Strategies by their names on the command line. */
public final class Strategies {
  private Strategies() {}

  /** Every strategy but the choice between them. */
  public static List<Strategy> every() {
    return List.of(Strategy.SEQUENTIAL, Strategy.DECOMPOSED, Strategy.SIGNALED, Strategy.FUSED);
  }

  /** Every strategy, for none named or {@code all}; else those named, in their order. */
  public static List<Strategy> parse(List<String> names, CommandLine line) {
    if (names.isEmpty() || names.equals(List.of("all"))) {
      return every();
    }
    return names.stream().map(name -> parse(name, line)).toList();
  }

  private static Strategy parse(String name, CommandLine line) {
    try {
      return Strategy.valueOf(name.trim().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          line,
          "there is no strategy '"
              + name
              + "'; there are all, or sequential, decomposed, signaled, fused, auto",
          e);
    }
  }
}
