package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;

/** One GEMM in a script: its operands, its parameter block, what it should give. */
final class Gemm {
  static final int POISON = 0xa5;

  final GemmSpec spec;
  final String name;
  final int strideA;
  final int strideB;
  final int strideD;
  final int windowRows;
  final int rowsPerShard;
  final int tileRowsPerShard;
  final int tileColumns;
  final byte[] a;
  final byte[] b;
  private final byte[] c;
  private final byte[] bias;
  private final byte[] rowScale;
  private final byte[] colScale;

  /** A tile's place in the output; rows may be 0 or less. */
  record Extent(int row, int rows, int col, int cols) {}

  Gemm(GemmSpec spec, String name, long seed) {
    this.spec = spec;
    this.name = name;
    Random random = new Random(seed);
    strideA = spec.k + spec.pad;
    strideB = (spec.alongK ? spec.k : spec.cols) + spec.pad;
    strideD = spec.cols + spec.pad;
    windowRows = Math.min(spec.windowRows, spec.rows - spec.windowFirst);
    rowsPerShard = divideUp(spec.rows, spec.shards);
    tileRowsPerShard = divideUp(rowsPerShard, spec.tile.rows());
    tileColumns = divideUp(spec.cols, spec.tile.cols());
    a = spec.in.randomMatrix(random, spec.rows, spec.k, strideA);
    int bRows = spec.alongK ? spec.cols : spec.k;
    b = spec.in.randomMatrix(random, bRows, spec.alongK ? spec.k : spec.cols, strideB);
    c = spec.out.randomMatrix(random, spec.rows, spec.cols, strideD);
    bias = spec.out.randomMatrix(random, 1, spec.cols, spec.cols);
    rowScale = Element.FP32.randomMatrix(random, 1, spec.rows, spec.rows);
    colScale = Element.FP32.randomMatrix(random, 1, spec.cols, spec.cols);
  }

  static int divideUp(int x, int y) {
    return x / y + (x % y != 0 ? 1 : 0);
  }

  int tiles() {
    return spec.shards * tileRowsPerShard * tileColumns;
  }

  Extent extent(int tile) {
    int tileRow = tile / tileColumns;
    int shard = tileRow / tileRowsPerShard;
    int start = Math.min(spec.rows, shard * rowsPerShard);
    int end = Math.min(spec.rows, (shard + 1) * rowsPerShard);
    int row = start + tileRow % tileRowsPerShard * spec.tile.rows();
    int col = tile % tileColumns * spec.tile.cols();
    return new Extent(
        row,
        Math.min(spec.tile.rows(), end - row),
        col,
        Math.min(spec.tile.cols(), spec.cols - col));
  }

  private byte[] shifted(byte[] bytes, int elementBytes) {
    // Exactly as long as it has to be: what reads beyond it is found out.
    byte[] late = new byte[bytes.length + spec.offset * elementBytes];
    System.arraycopy(bytes, 0, late, spec.offset * elementBytes, bytes.length);
    return late;
  }

  long outputBytes() {
    return Math.max(16, ((long) spec.rows * strideD + spec.offset) * spec.out.bytes);
  }

  Gemm prepare(KernelScript script) {
    script.upload(name + "A", shifted(a, spec.in.bytes));
    script.upload(name + "B", shifted(b, spec.in.bytes));
    script.upload(name + "C", shifted(c, spec.out.bytes));
    script
        .upload(name + "Bias", bias)
        .upload(name + "Row", rowScale)
        .upload(name + "Col", colScale);
    script.filled(name + "D", outputBytes(), POISON);
    if (spec.splits > 1) {
      long elements = (long) spec.tile.rows() * spec.tile.cols();
      script.add("buffer %sPartials %d", name, tiles() * spec.splits * elements * 4);
      script.zeros(name + "Arrivals", 4L * tiles());
    }
    return this;
  }

  Parameters parameters() {
    int in = spec.offset * spec.in.bytes;
    int out = spec.offset * spec.out.bytes;
    Parameters p =
        new Parameters("TileGemmParams")
            .set("a", name + "A+" + in)
            .set("b", name + "B+" + in)
            .set("c", name + "C+" + out)
            .set("d", name + "D+" + out)
            .set("aStride", strideA)
            .set("bStride", strideB)
            .set("cStride", strideD)
            .set("dStride", strideD)
            .set("rows", spec.rows)
            .set("cols", spec.cols)
            .set("k", spec.k)
            .set("outputType", spec.out.ordinal())
            .set("alpha", spec.alpha)
            .set("beta", spec.beta)
            .set("windowFirst", spec.windowFirst)
            .set("windowRows", windowRows)
            .set("shards", spec.shards)
            .set("rowsPerShard", rowsPerShard)
            .set("tileRowsPerShard", tileRowsPerShard)
            .set("tileColumns", tileColumns)
            .set("rasterRows", 3)
            .set("splits", spec.splits);
    if (spec.bias) {
      p.set("bias", name + "Bias");
    }
    if (spec.scales) {
      p.set("rowScale", name + "Row").set("colScale", name + "Col");
    }
    if (spec.splits > 1) {
      p.set("partials", name + "Partials").set("arrivals", name + "Arrivals");
    }
    return p;
  }

  Gemm launch(KernelScript script, String stream, Parameters parameters) {
    script.launch(
        stream,
        "tile_gemm_" + spec.in.label,
        spec.tile.entry(spec.in, spec.alongK),
        Math.max(1, Math.min(spec.grid, tiles() * spec.splits)),
        TileConfig.THREADS,
        spec.tile.sharedBytes(),
        parameters);
    return this;
  }

  /** What every element should be, and by how much it may differ by rule NUM-1. */
  private double[][] reference() {
    int n = spec.cols;
    double[] weights = new double[spec.k * n];
    for (int k = 0; k < spec.k; k++) {
      for (int col = 0; col < n; col++) {
        int at = spec.alongK ? col * strideB + k : k * strideB + col;
        weights[k * n + col] = spec.in.read(b, at * spec.in.bytes);
      }
    }
    double[] sums = new double[spec.rows * n];
    double[] sizes = new double[spec.rows * n];
    for (int row = 0; row < spec.rows; row++) {
      for (int k = 0; k < spec.k; k++) {
        double x = spec.in.read(a, (row * strideA + k) * spec.in.bytes);
        for (int col = 0; col < n; col++) {
          double product = x * weights[k * n + col];
          sums[row * n + col] += product;
          sizes[row * n + col] += Math.abs(product);
        }
      }
    }
    for (int row = 0; row < spec.rows; row++) {
      for (int col = 0; col < n; col++) {
        finish(sums, sizes, row, col);
      }
    }
    return new double[][] {sums, sizes};
  }

  private void finish(double[] sums, double[] sizes, int row, int col) {
    int at = row * spec.cols + col;
    double factor = spec.alpha;
    if (spec.scales) {
      factor *= Element.FP32.read(rowScale, row * 4) * Element.FP32.read(colScale, col * 4);
    }
    sums[at] *= factor;
    sizes[at] *= Math.abs(factor);
    int inWindow = row - spec.windowFirst;
    if (inWindow >= 0 && inWindow < windowRows) {
      double addend = 0;
      if (spec.beta != 0) {
        addend = spec.beta * spec.out.read(c, (inWindow * strideD + col) * spec.out.bytes);
        sizes[at] += Math.abs(addend);
      }
      if (spec.bias) {
        double value = spec.out.read(bias, col * spec.out.bytes);
        addend += value;
        sizes[at] += Math.abs(value);
      }
      sums[at] += addend;
    }
    double u = Math.scalb(1.0, -24);
    // Here R is 1: 9 is R + 8, and 3 is R + 2; t is the smallest subnormal of binary16.
    sizes[at] =
        spec.out == Element.INT32
            ? 0
            : ((spec.k + 9) * u + 3 * spec.out.unitRoundoff) * sizes[at] + u;
  }

  /** The output is right, and nothing outside it was written. */
  void verify(byte[] got) {
    double[][] wanted = reference();
    boolean[] inside = new boolean[got.length];
    for (int row = 0; row < spec.rows; row++) {
      for (int col = 0; col < spec.cols; col++) {
        int at = (spec.offset + row * strideD + col) * spec.out.bytes;
        Arrays.fill(inside, at, at + spec.out.bytes, true);
        double value = spec.out.read(got, at);
        int element = row * spec.cols + col;
        // Written so that NaN is wrong.
        if (!(Math.abs(value - wanted[0][element]) <= wanted[1][element])) {
          throw new AssertionError(
              "%s: (%d, %d) is %s, not %s".formatted(spec, row, col, value, wanted[0][element]));
        }
      }
    }
    for (int k = 0; k < got.length; k++) {
      if (!inside[k]) {
        assertThat(got[k]).as("%s: byte %d, outside the output", spec, k).isEqualTo((byte) POISON);
      }
    }
  }
}
