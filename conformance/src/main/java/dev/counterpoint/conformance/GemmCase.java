package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmEngine;
import java.util.Locale;

/** What one GEMM of the kit looks like; everything not set is plain. */
final class GemmCase {
  int rows;
  int shards = 1;
  int cols;
  int k;
  DType in = DType.FP32;
  DType out = DType.FP32;
  WeightLayout layout = WeightLayout.NK;
  GemmEngine engine = GemmEngine.TILE;
  float alpha = 1f;
  float beta;
  boolean bias;
  boolean rowScale;
  boolean colScale;
  Scaling scaling = Scaling.TENSOR;
  int firstRow;
  int windowRows = -1;
  int tileRows;
  int tileCols;
  int padding;
  int offsetElements;
  boolean integers = true;

  private GemmCase(int rows, int cols, int k) {
    this.rows = rows;
    this.cols = cols;
    this.k = k;
  }

  static GemmCase of(int rows, int cols, int k) {
    return new GemmCase(rows, cols, k);
  }

  GemmCase shards(int number) {
    shards = number;
    return this;
  }

  GemmCase types(DType input, DType output) {
    in = input;
    out = output;
    return this;
  }

  GemmCase layout(WeightLayout weightLayout) {
    layout = weightLayout;
    return this;
  }

  GemmCase engine(GemmEngine gemmEngine) {
    engine = gemmEngine;
    return this;
  }

  GemmCase factors(float newAlpha, float newBeta) {
    alpha = newAlpha;
    beta = newBeta;
    return this;
  }

  GemmCase bias() {
    bias = true;
    return this;
  }

  GemmCase scales(boolean perRow, boolean perColumn) {
    rowScale = perRow;
    colScale = perColumn;
    return this;
  }

  /** With factors of the blocks of A and B. */
  GemmCase blocks() {
    scaling = Scaling.BLOCKS;
    return this;
  }

  GemmCase window(int first, int count) {
    firstRow = first;
    windowRows = count;
    return this;
  }

  GemmCase tile(int tileHeight, int tileWidth) {
    tileRows = tileHeight;
    tileCols = tileWidth;
    return this;
  }

  /** Elements between the end of a row and the start of the next, and before the first. */
  GemmCase padded(int elements, int before) {
    padding = elements;
    offsetElements = before;
    return this;
  }

  /** Values of mixed magnitude instead of small integers. */
  GemmCase reals() {
    integers = false;
    return this;
  }

  int window() {
    return windowRows < 0 ? rows : windowRows;
  }

  Epilogue epilogue() {
    return new Epilogue(alpha, beta, bias, rowScale, colScale, firstRow, window());
  }

  GemmBench on(Kit kit, Rig rig, int rank) {
    return new GemmBench(this, kit, rig, rank);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d×%d×%d %s→%s %s, %d shards, alpha %s, beta %s%s%s%s%s, window %d+%d, tile %d×%d, padding %d",
        rows,
        cols,
        k,
        in,
        out,
        layout,
        shards,
        alpha,
        beta,
        bias ? ", bias" : "",
        rowScale ? ", row scale" : "",
        colScale ? ", column scale" : "",
        scaling == Scaling.BLOCKS ? ", scales by block" : "",
        firstRow,
        window(),
        tileRows,
        tileCols,
        padding);
  }
}
