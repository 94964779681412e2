package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.RowPartition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReferenceTest {
  /** Rows that come three at a time. */
  private static final class InPieces implements Reference.Rows {
    private final double[][] rows;
    private int next;

    InPieces(double[][] rows) {
      this.rows = rows;
    }

    @Override
    public int available() {
      return Math.min(3 - next % 3, rows.length - next);
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

  /**
   * Outputs as a correct operator would leave them: summed in FP32, rank by rank, rounded to the
   * output type.
   */
  private static List<double[][]> outputs(Geometry geometry) {
    List<double[][]> outputs = new ArrayList<>();
    DType out = geometry.problem().outputType();
    for (int rank = 0; rank < geometry.ranks(); rank++) {
      int rows = geometry.spec().outputShape(rank, geometry.ranks()).rows();
      double[][] output = new double[rows][];
      for (Geometry.Block block : geometry.output(rank)) {
        SeededMatrix a = geometry.a(block.owner());
        SeededMatrix b = geometry.b(block.owner());
        SeededMatrix bias = geometry.bias(block.owner());
        for (int row = 0; row < block.rows(); row++) {
          double[] line = new double[block.cols()];
          for (int col = 0; col < line.length; col++) {
            float sum = geometry.problem().bias() ? (float) bias.value(0, block.col() + col) : 0;
            RowPartition inner = geometry.inner();
            for (int piece = 0; piece < inner.shards(); piece++) {
              float partial = 0;
              for (int k = inner.start(piece); k < inner.start(piece + 1); k++) {
                partial += (float) (a.value(block.row() + row, k) * b.value(block.col() + col, k));
              }
              sum += out.decode(out.encode(partial));
            }
            line[col] = out.decode(out.encode(sum));
          }
          output[block.localRow() + row] = line;
        }
      }
      outputs.add(output);
    }
    return outputs;
  }

  private static CheckResult check(
      Reference reference, Geometry geometry, List<double[][]> outputs) {
    CheckResult result = CheckResult.none();
    for (int rank = 0; rank < geometry.ranks(); rank++) {
      double[][] output = outputs.get(rank);
      result = result.and(reference.check(rank, new InPieces(output)));
    }
    return result;
  }

  private static Geometry geometry(
      Operator operator, int m, int n, int k, DType in, DType out, boolean bias) {
    return new Geometry(
        operator, new GemmProblem(m, n, k, in, out, WeightLayout.NK, 1, 0, bias), 3, 42);
  }

  @ParameterizedTest
  @CsvSource({
    "AG_GEMM, FP32, FP32, false", "AG_GEMM, INT8, INT32, true", "GEMM_RS, BF16, BF16, true",
        "GEMM_RS, FP32, FP32, true",
    "GEMM_AR, FP16, FP16, false", "GEMM_AR, INT8, INT32, false", "GEMM_A2A, FP8_E4M3, BF16, true",
        "GEMM_A2A, FP32, FP32, false"
  })
  void rightResultsPassAndOneWrongElementFails(
      Operator operator, DType in, DType out, boolean bias) {
    Geometry geometry = geometry(operator, 37, 29, 61, in, out, bias);
    List<double[][]> outputs = outputs(geometry);
    Reference reference = Reference.of(geometry, false);
    CheckResult good = check(reference, geometry, outputs);
    assertThat(good.problem()).isEmpty();
    assertThat(good.passed()).isTrue();
    assertThat(good.elements())
        .isEqualTo(
            outputs.stream().flatMap(java.util.Arrays::stream).mapToLong(row -> row.length).sum());

    double[] row = outputs.get(1)[2];
    double off = in.isFloating() ? 0.5 : 1;
    row[3] += off;
    CheckResult bad = check(reference, geometry, outputs);
    assertThat(bad.passed()).isFalse();
    assertThat(bad.problem()).startsWith("rank 1, row 2, column 3 is");
    assertThat(bad.maxError()).isGreaterThan(good.maxError());
  }

  @Test
  void whatWasNeverWrittenFails() {
    Geometry geometry = geometry(Operator.GEMM_RS, 10, 7, 20, DType.FP32, DType.FP32, false);
    List<double[][]> outputs = outputs(geometry);
    outputs.get(2)[0][6] = Double.NaN;
    CheckResult result = check(Reference.of(geometry, false), geometry, outputs);
    assertThat(result.passed()).isFalse();
    assertThat(result.maxError()).isNaN();
    assertThat(result.problem()).contains("rank 2, row 0, column 6");
  }

  /** Row by row alone, as for problems too large to compare element by element. */
  @ParameterizedTest
  @EnumSource(Operator.class)
  void randomVectorCatchesOneWrongElement(Operator operator) {
    Geometry geometry = geometry(operator, 19, 64, 128, DType.FP32, DType.FP32, true);
    Tolerance tolerance = new Tolerance(DType.FP32, DType.FP32, 128, geometry.roundings(), false);
    Geometry.Block block = geometry.output(1).get(0);
    Freivalds freivalds = Freivalds.of(geometry, block, tolerance);
    double[][] output = outputs(geometry).get(1);
    for (int row = 0; row < block.rows(); row++) {
      double[] line = output[block.localRow() + row];
      assertThat(freivalds.excess(row, line)).isLessThan(1);
      line[row % line.length] += 0.01;
      assertThat(freivalds.excess(row, line)).isGreaterThan(1);
      line[row % line.length] = Double.NaN;
      assertThat(freivalds.excess(row, line)).isNaN();
    }
  }

  @Test
  void sampleTouchesEveryStripeAndAgreesWithTheExactProduct() {
    Geometry geometry = geometry(Operator.GEMM_RS, 700, 90, 40, DType.BF16, DType.BF16, true);
    Tolerance tolerance = new Tolerance(DType.BF16, DType.BF16, 40, geometry.roundings(), false);
    Geometry.Block block = geometry.output(0).get(0);
    ElementReference all = ElementReference.all(geometry, block, tolerance);
    ElementReference sample = ElementReference.sample(geometry, block, tolerance);
    assertThat(sample.size()).isBetween(2000, all.size());
    boolean[] stripes = new boolean[(block.rows() + 63) / 64];
    for (int i = 0; i < sample.size(); i++) {
      stripes[sample.row(i) / 64] = true;
      int same = sample.row(i) * block.cols() + sample.col(i);
      assertThat(sample.value(i))
          .isCloseTo(all.value(same), org.assertj.core.api.Assertions.within(1e-12));
      assertThat(sample.tolerance(i))
          .isCloseTo(all.tolerance(same), org.assertj.core.api.Assertions.within(1e-12));
    }
    assertThat(stripes).doesNotContain(false);
  }

  @Test
  void integersOfAnyLengthOfSumStayWithin32Bits() {
    SeededMatrix longSums = new SeededMatrix(1, DType.INT8, 1_000_000);
    for (int i = 0; i < 1000; i++) {
      assertThat(Math.abs(longSums.value(i, i))).isLessThanOrEqualTo(46);
    }
  }

  @Test
  void randomDataFillsTheRangeWithMeanZero() {
    SeededMatrix matrix = new SeededMatrix(5, DType.FP32, 10);
    double[] row = new double[10_000];
    matrix.values(3, 0, row.length, row, 0);
    double sum = java.util.Arrays.stream(row).sum();
    assertThat(sum / row.length).isBetween(-0.03, 0.03);
    assertThat(java.util.Arrays.stream(row).max().orElse(0)).isBetween(0.99, 1.0);
    assertThat(java.util.Arrays.stream(row).min().orElse(0)).isBetween(-1.0, -0.99);
    assertThat(row[17]).isEqualTo(matrix.value(3, 17));
  }
}
