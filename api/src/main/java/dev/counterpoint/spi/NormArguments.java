package dev.counterpoint.spi;

import org.jspecify.annotations.Nullable;

/**
 * The operands of one launch of a normalisation; reusable, as {@link GemmArguments} is. Strides are
 * in elements, offsets in bytes. The output and the sum may each lie exactly where the input (in
 * place) or the residual does; no other two may overlap if one of them is written.
 */
public final class NormArguments {
  private @Nullable DeviceMemory input;
  private long inputOffset;
  private int inputStride;
  private @Nullable DeviceMemory residual;
  private long residualOffset;
  private int residualStride;
  private @Nullable DeviceMemory output;
  private long outputOffset;
  private int outputStride;
  private @Nullable DeviceMemory sum;
  private long sumOffset;
  private int sumStride;
  private @Nullable DeviceMemory weight;
  private @Nullable DeviceMemory bias;

  /** Nothing set. */
  public NormArguments() {}

  /** The input: rows in place, or packed tiles; then the stride is ignored. */
  public NormArguments input(DeviceMemory memory, long offset, int stride) {
    input = memory;
    inputOffset = offset;
    inputStride = stride;
    return this;
  }

  /** What is added to the input before; read when the norm has a residual. */
  public NormArguments residual(@Nullable DeviceMemory memory, long offset, int stride) {
    residual = memory;
    residualOffset = offset;
    residualStride = stride;
    return this;
  }

  /** The normalised rows. */
  public NormArguments output(DeviceMemory memory, long offset, int stride) {
    output = memory;
    outputOffset = offset;
    outputStride = stride;
    return this;
  }

  /** Where the sum of input and residual goes; written when the norm stores it. */
  public NormArguments sum(@Nullable DeviceMemory memory, long offset, int stride) {
    sum = memory;
    sumOffset = offset;
    sumStride = stride;
    return this;
  }

  /** Factors of the columns: cols elements. */
  public NormArguments weight(DeviceMemory memory) {
    weight = memory;
    return this;
  }

  /** Added to each row in the end: cols elements. */
  public NormArguments bias(@Nullable DeviceMemory memory) {
    bias = memory;
    return this;
  }

  /** The input's memory. */
  public @Nullable DeviceMemory input() {
    return input;
  }

  /** Bytes into the input's memory. */
  public long inputOffset() {
    return inputOffset;
  }

  /** Elements from row to row of the input. */
  public int inputStride() {
    return inputStride;
  }

  /** The residual's memory. */
  public @Nullable DeviceMemory residual() {
    return residual;
  }

  /** Bytes into the residual's memory. */
  public long residualOffset() {
    return residualOffset;
  }

  /** Elements from row to row of the residual. */
  public int residualStride() {
    return residualStride;
  }

  /** The output's memory. */
  public @Nullable DeviceMemory output() {
    return output;
  }

  /** Bytes into the output's memory. */
  public long outputOffset() {
    return outputOffset;
  }

  /** Elements from row to row of the output. */
  public int outputStride() {
    return outputStride;
  }

  /** The sum's memory. */
  public @Nullable DeviceMemory sum() {
    return sum;
  }

  /** Bytes into the sum's memory. */
  public long sumOffset() {
    return sumOffset;
  }

  /** Elements from row to row of the sum. */
  public int sumStride() {
    return sumStride;
  }

  /** The weight's memory. */
  public @Nullable DeviceMemory weight() {
    return weight;
  }

  /** The bias's memory. */
  public @Nullable DeviceMemory bias() {
    return bias;
  }
}
