package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NormCheckTest {
  private static final int ROWS = 7;
  private static final int COLS = 24;
  private static final float EPS = 1e-5f;
  private static final SeededMatrix DATA = new SeededMatrix(11, DType.BF16, COLS);

  /** Rows that come some at a time. */
  private static final class InPieces implements Reference.Rows {
    private final double[][] rows;
    private final int piece;
    private int next;

    InPieces(double[][] rows, int piece) {
      this.rows = rows;
      this.piece = piece;
    }

    @Override
    public int available() {
      return Math.min(piece - next % piece, rows.length - next);
    }

    @Override
    public void row(int ahead, double[] line) {
      System.arraycopy(rows[next + ahead], 0, line, 0, line.length);
    }

    @Override
    public void skip(int count) {
      next += count;
    }
  }

  private static double[][] sums() {
    double[][] sums = new double[ROWS][COLS];
    for (int row = 0; row < ROWS; row++) {
      DATA.values(row, 0, COLS, sums[row], 0);
    }
    return sums;
  }

  private static double[] weight() {
    double[] weight = new double[COLS];
    DATA.values(ROWS, 0, COLS, weight, 0);
    return weight;
  }

  /** As a device does it: in FP32, rounded once. */
  private static double[][] normalised(Norm.Kind kind, double[][] sums) {
    double[][] rows = new double[ROWS][COLS];
    for (int row = 0; row < ROWS; row++) {
      float mean = kind == Norm.Kind.LAYER ? (float) Arrays.stream(sums[row]).sum() / COLS : 0;
      float square = 0;
      for (double value : sums[row]) {
        float apart = (float) value - mean;
        square += apart * apart;
      }
      float scale = (float) (1 / Math.sqrt(square / COLS + EPS));
      for (int col = 0; col < COLS; col++) {
        float value = ((float) sums[row][col] - mean) * scale * (float) weight()[col];
        rows[row][col] = DType.BF16.decode(DType.BF16.encode(value));
      }
    }
    return rows;
  }

  private static Norm norm(Norm.Kind kind) {
    Norm norm = kind == Norm.Kind.LAYER ? Norm.layer(EPS) : Norm.rms(EPS);
    return norm.withResidual().withSum();
  }

  private static CheckResult check(Norm.Kind kind, double[][] sums, double[][] rows) {
    return new NormCheck(norm(kind), weight(), DType.BF16)
        .check(1, ROWS, new InPieces(sums, 3), new InPieces(rows, 2));
  }

  @ParameterizedTest
  @EnumSource
  void rowsOfAnyPiecesAreRight(Norm.Kind kind) {
    assertThat(check(kind, sums(), normalised(kind, sums())).problem()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void oneNormIsNotTheOther(Norm.Kind kind) {
    Norm.Kind other = kind == Norm.Kind.LAYER ? Norm.Kind.RMS : Norm.Kind.LAYER;
    CheckResult result = check(kind, sums(), normalised(other, sums()));
    assertThat(result.passed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, ROWS - 1})
  void oneElementIsEnough(int row) {
    double[][] rows = normalised(Norm.Kind.RMS, sums());
    rows[row][5] *= 1.03;
    CheckResult result = check(Norm.Kind.RMS, sums(), rows);
    assertThat(result.passed()).isFalse();
    assertThat(result.problem()).startsWith("rank 1, row " + row + ": the normalised row is ");
  }

  @Test
  void whatIsNoNumberIsWrong() {
    double[][] rows = normalised(Norm.Kind.RMS, sums());
    rows[2][0] = Double.NaN;
    assertThat(check(Norm.Kind.RMS, sums(), rows).problem()).contains("row 2");
  }
}
