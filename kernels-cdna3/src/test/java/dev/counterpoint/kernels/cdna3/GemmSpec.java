package dev.counterpoint.kernels.cdna3;

/** What one GEMM of a test is to do. */
final class GemmSpec {
  Element in = Element.BF16;
  Element out = Element.BF16;
  boolean alongK = true;
  TileConfig tile = TileConfig.ALL.get(1);
  int rows = 1;
  int cols = 1;
  int k = 1;

  /** Elements beyond each row of A, B, C and D. */
  int pad;

  /** Elements by which operands begin late: misaligns them. */
  int offset;

  float alpha = 1;
  float beta;
  boolean bias;
  boolean scales;
  int windowFirst;
  int windowRows = 1 << 30;
  int shards = 1;
  int splits = 1;
  int grid = 16;

  GemmSpec in(Element input) {
    in = input;
    out = input == Element.INT8 ? Element.INT32 : input == Element.FP32 ? Element.FP32 : out;
    return this;
  }

  GemmSpec out(Element output) {
    out = output;
    return this;
  }

  GemmSpec alongK(boolean weightsAlongK) {
    alongK = weightsAlongK;
    return this;
  }

  GemmSpec tile(int index) {
    tile = TileConfig.ALL.get(index);
    return this;
  }

  GemmSpec shape(int m, int n, int inner) {
    rows = m;
    cols = n;
    k = inner;
    return this;
  }

  GemmSpec pad(int elements) {
    pad = elements;
    return this;
  }

  GemmSpec offset(int elements) {
    offset = elements;
    return this;
  }

  GemmSpec shards(int count) {
    shards = count;
    return this;
  }

  GemmSpec splits(int count) {
    splits = count;
    return this;
  }

  GemmSpec grid(int blocks) {
    grid = blocks;
    return this;
  }

  @Override
  public String toString() {
    return "%s→%s m%d n%d k%d pad%d off%d shards%d splits%d grid%d%s%s%s"
        .formatted(
            tile.entry(in, alongK),
            out.label,
            rows,
            cols,
            k,
            pad,
            offset,
            shards,
            splits,
            grid,
            beta != 0 ? " beta" : "",
            bias ? " bias" : "",
            scales ? " scales" : "");
  }
}
