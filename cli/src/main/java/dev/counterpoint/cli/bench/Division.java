package dev.counterpoint.cli.bench;

import dev.counterpoint.Failure;
import dev.counterpoint.Splits;
import dev.counterpoint.cli.CommandException;
import java.util.Arrays;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How the rows of an all-to-all are divided unevenly: by a slope from the first target to the last,
 * the same for all sources, or by a matrix.
 */
public abstract sealed class Division {
  private Division() {}

  /** The rows of each source for each target. */
  abstract Splits of(int rows, int ranks);

  /** As it was asked for. */
  @Override
  public abstract String toString();

  /** The first target gets so many times as many rows as the last, those between in a line. */
  private static final class Slope extends Division {
    private final double factor;

    Slope(double factor) {
      this.factor = factor;
    }

    @Override
    Splits of(int rows, int ranks) {
      long[] counts = new long[ranks];
      double all = ranks * (factor + 1) / 2;
      double sum = 0;
      long given = 0;
      for (int target = 0; target < ranks; target++) {
        double part = ranks == 1 ? all : factor + (1 - factor) * target / (ranks - 1);
        sum += part;
        long until = Math.round(rows * sum / all);
        counts[target] = until - given;
        given = until;
      }
      long[][] matrix = new long[ranks][];
      Arrays.fill(matrix, counts);
      return Splits.of(matrix);
    }

    @Override
    public String toString() {
      return "slope:" + factor;
    }
  }

  /** Numbers of rows. */
  private static final class Matrix extends Division {
    private final String text;
    private final long[][] counts;

    Matrix(String text, long[][] counts) {
      this.text = text;
      this.counts = counts;
    }

    @Override
    Splits of(int rows, int ranks) {
      if (counts.length != ranks) {
        throw new CommandException(
            Failure.Category.USAGE,
            "--splits gives the rows of "
                + counts.length
                + " ranks, and there are "
                + ranks
                + ": one row of numbers for each source, one number for each target");
      }
      return Splits.of(counts);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Reads {@code slope:3} or {@code 10,20;30,0}. */
  static final class Converter implements ITypeConverter<Division> {
    private static final Pattern MATRIX = Pattern.compile("[0-9]{1,9}([,;][0-9]{1,9})*");
    private static final double STEEPEST = 1000;

    @Override
    public Division convert(String text) {
      if (text.startsWith("slope:")) {
        return new Slope(factor(text));
      }
      if (!MATRIX.matcher(text).matches()) {
        throw wrong(text);
      }
      String[] rows = text.split(";", -1);
      long[][] counts = new long[rows.length][];
      for (int i = 0; i < rows.length; i++) {
        counts[i] = Arrays.stream(rows[i].split(",", -1)).mapToLong(Long::parseLong).toArray();
        if (counts[i].length != rows.length) {
          throw wrong(text);
        }
      }
      return new Matrix(text, counts);
    }

    private static double factor(String text) {
      try {
        double factor = Double.parseDouble(text.substring("slope:".length()));
        if (factor >= 1 && factor <= STEEPEST) {
          return factor;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw wrong(text);
    }

    private static TypeConversionException wrong(String text) {
      return new TypeConversionException(
          "'"
              + text
              + "' is no division: write slope:F, F from 1 to 1000, or rows by source and target,"
              + " such as 10,20;30,0");
    }
  }
}
