package dev.counterpoint.cli.bench;

import dev.counterpoint.Strategy;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Strategies by their names on the command line. */
public final class Strategies {
  private Strategies() {}

  /** Every strategy but the choice between them. */
  public static List<Strategy> every() {
    return Arrays.stream(Strategy.values()).filter(s -> s != Strategy.AUTO).toList();
  }

  /** The names of every strategy, for people. */
  public static String names() {
    return every().stream()
        .map(strategy -> strategy.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
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
          line, "there is no strategy '" + name + "'; there are all, or " + names() + ", auto", e);
    }
  }
}
