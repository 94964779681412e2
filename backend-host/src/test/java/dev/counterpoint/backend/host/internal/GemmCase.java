package dev.counterpoint.backend.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;

/** One problem with its operands and its reference in double precision. */
final class GemmCase {
  private final HostFixture host;
  final int rows;
  final int cols;
  final int k;
  final DType input;
  final DType output;
  final WeightLayout layout;
  final Epilogue epilogue;
  final GemmArguments arguments = new GemmArguments();
  final DeviceMemory d;
  final int dStride;
  final float[] a;
  final float[] b;
  final float[] c;
  final float[] bias;
  final float[] rowScale;
  final float[] colScale;
  private float[] aScales = {};
  private float[] bScales = {};
  private Scaling scaling = Scaling.TENSOR;

  GemmCase(
      HostFixture host,
      int rows,
      int cols,
      int k,
      DType input,
      DType output,
      WeightLayout layout,
      Epilogue epilogue) {
    this.host = host;
    this.rows = rows;
    this.cols = cols;
    this.k = k;
    this.input = input;
    this.output = output;
    this.layout = layout;
    this.epilogue = epilogue;
    int aStride = k + 3;
    int bWidth = layout == WeightLayout.NK ? k : cols;
    int bHeight = layout == WeightLayout.NK ? cols : k;
    int bStride = bWidth + 5;
    dStride = cols + 2;
    a = HostFixture.random(input, rows * aStride, 1);
    b = HostFixture.random(input, bHeight * bStride, 2);
    c = HostFixture.random(output, Math.max(1, epilogue.rowCount()) * (cols + 1), 3);
    bias = HostFixture.random(output, cols, 4);
    rowScale = HostFixture.random(DType.FP32, rows, 5);
    colScale = HostFixture.random(DType.FP32, cols, 6);
    d = host.allocate(0, (long) Math.max(1, rows) * dStride * output.bytes());
    host.write(d, 0, output, new float[Math.max(1, rows) * dStride]);
    arguments
        .a(host.upload(0, input, a), 0, aStride)
        .b(host.upload(0, input, b), 0, bStride)
        .d(d, 0, dStride)
        .c(host.upload(0, output, c), 0, cols + 1)
        .bias(host.upload(0, output, bias))
        .scales(host.upload(0, DType.FP32, rowScale), host.upload(0, DType.FP32, colScale));
  }

  GemmSpec spec(Tiling tiling, GemmEngine engine) {
    return GemmSpec.plain("test", 0, tiling, k, input, output, layout, engine, epilogue)
        .withScaling(scaling);
  }

  /** The same with factors of the blocks of A and B, with a gap behind each row of them. */
  GemmCase withBlocks() {
    scaling = Scaling.BLOCKS;
    int stride = Scaling.blocks(k) + 1;
    aScales = HostFixture.random(DType.FP32, rows * stride, 7);
    bScales = HostFixture.random(DType.FP32, Scaling.blocks(cols) * stride, 8);
    arguments
        .aScales(host.upload(0, DType.FP32, aScales), 0, stride)
        .bScales(host.upload(0, DType.FP32, bScales), 0, stride);
    return this;
  }

  private double factor(int row, int col, int i) {
    if (scaling == Scaling.TENSOR) {
      return 1;
    }
    int stride = Scaling.blocks(k) + 1;
    return (double) aScales[row * stride + i / 128] * bScales[col / 128 * stride + i / 128];
  }

  Tiling tiling(RowPartition partition, int tileRows, int tileCols) {
    return host.backend
        .gemm()
        .tiling(0, partition, cols, k, input, output, layout, tileRows, tileCols);
  }

  double[] reference() {
    double[] result = new double[rows * cols];
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        result[row * cols + col] = element(row, col);
      }
    }
    return result;
  }

  private double element(int row, int col) {
    double sum = 0;
    for (int i = 0; i < k; i++) {
      double right = layout == WeightLayout.NK ? b[col * (k + 5) + i] : b[i * (cols + 5) + col];
      sum += (double) a[row * (k + 3) + i] * right * factor(row, col, i);
    }
    sum *= epilogue.alpha();
    sum *= epilogue.rowScale() ? rowScale[row] : 1;
    sum *= epilogue.colScale() ? colScale[col] : 1;
    int windowRow = row - epilogue.firstRow();
    if (windowRow >= 0 && windowRow < epilogue.rowCount()) {
      sum += epilogue.beta() == 0 ? 0 : (double) epilogue.beta() * c[windowRow * (cols + 1) + col];
      sum += epilogue.bias() ? bias[col] : 0;
    }
    return sum;
  }

  void launch(GemmSpec spec) {
    try (PreparedGemm gemm = host.backend.gemm().prepare(spec)) {
      gemm.launch(host.stream(0), arguments);
      host.synchronize();
    }
  }

  double[] result() {
    double[] all = host.read(d, 0, output, rows * dStride);
    double[] result = new double[rows * cols];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(all, row * dStride, result, row * cols, cols);
      assertThat(all[row * dStride + cols]).as("gap after row %d", row).isZero();
    }
    return result;
  }

  void assertClose(double[] actual) {
    double[] expected = reference();
    assertThat(actual).hasSize(expected.length);
    double tolerance =
        input.isFloating()
            ? (k + 8) * 0x1p-22 + output.unitRoundoff() * 2 * Math.max(4, Math.sqrt(k) * 4)
            : 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("element %d", i).isCloseTo(expected[i], within(tolerance));
    }
  }
}
