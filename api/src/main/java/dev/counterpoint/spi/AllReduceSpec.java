package dev.counterpoint.spi;

import dev.counterpoint.DType;

/**
 * An all-reduce of one matrix of every rank; see {@link PeerAllReduce}.
 *
 * @param label appears in traces and fault records
 * @param rows number of rows, ≥ 0
 * @param cols number of columns, ≥ 0
 * @param dtype element type of input and output: FP32, FP16 or BF16
 * @param algorithm how; {@link PeerAllReduce.Algorithm#AUTO} leaves it to the backend
 */
public record AllReduceSpec(
    String label, int rows, int cols, DType dtype, PeerAllReduce.Algorithm algorithm) {
  /** Bytes of the matrix without gaps. */
  public long bytes() {
    return (long) rows * cols * dtype.bytes();
  }
}
