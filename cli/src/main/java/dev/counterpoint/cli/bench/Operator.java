package dev.counterpoint.cli.bench;

import dev.counterpoint.GemmProblem;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The operators by their names on the command line. */
public enum Operator {
  /** All-gather, then GEMM. */
  AG_GEMM("ag-gemm", "all-gather → GEMM", "all-gather"),
  /** GEMM, then reduce-scatter. */
  GEMM_RS("gemm-rs", "GEMM → reduce-scatter", "reduce-scatter"),
  /** GEMM, then all-reduce. */
  GEMM_AR("gemm-ar", "GEMM → all-reduce", "all-reduce"),
  /** GEMM, then all-to-all. */
  GEMM_A2A("gemm-a2a", "GEMM → all-to-all", "all-to-all");

  private final String commandName;
  private final String title;
  private final String collective;

  Operator(String commandName, String title, String collective) {
    this.commandName = commandName;
    this.title = title;
    this.collective = collective;
  }

  /** As typed. */
  public String commandName() {
    return commandName;
  }

  /** As read by people. */
  public String title() {
    return title;
  }

  /** The library collective it contains. */
  public String collective() {
    return collective;
  }

  /** Reads an operator's name. */
  public static final class Converter implements ITypeConverter<Operator> {
    /** Called by picocli. */
    public Converter() {}

    @Override
    public Operator convert(String text) {
      try {
        return Operator.of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** The operator of this name. */
  public static Operator of(String name) {
    for (Operator operator : values()) {
      if (operator.commandName.equals(name)) {
        return operator;
      }
    }
    throw new IllegalArgumentException(
        "there is no operator '"
            + name
            + "'; there are "
            + Arrays.stream(values()).map(Operator::commandName).collect(Collectors.joining(", ")));
  }

  /** Whether the products of several ranks are summed. */
  boolean reduces() {
    return this == GEMM_RS || this == GEMM_AR;
  }

  /**
   * Bytes that must cross one device's link in its busier direction. An all-reduce without help
   * from the network moves at least what a reduce-scatter and an all-gather of the sum move.
   */
  double wireBytes(GemmProblem problem, int ranks) {
    double share = (ranks - 1.0) / ranks;
    double input = (double) problem.m() * problem.k() * problem.inputType().bytes();
    double output = (double) problem.m() * problem.n() * problem.outputType().bytes();
    return switch (this) {
      case AG_GEMM -> input * share;
      case GEMM_RS, GEMM_A2A -> output * share;
      case GEMM_AR -> 2 * output * share;
    };
  }

  @Override
  public String toString() {
    return commandName;
  }
}
