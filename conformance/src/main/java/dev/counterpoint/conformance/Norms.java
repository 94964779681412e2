package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Normalisations on the test bench: every operand in memory of its own, with guards around. */
final class Norms {
  /** Elements before and behind every operand: not a multiple of any vector. */
  private static final int GUARD = 3;

  private static final int RANK = 0;

  final Rig rig;
  final Norm norm;
  final DType type;
  final int rows;
  final int cols;
  final Matrix input;
  final @Nullable Matrix residual;
  final Matrix weight;
  final @Nullable Matrix bias;
  final DeviceMemory inputMemory;
  final @Nullable DeviceMemory residualMemory;
  final DeviceMemory weightMemory;
  final @Nullable DeviceMemory biasMemory;
  final DeviceMemory outputMemory;
  final DeviceMemory sumMemory;
  final int stride;
  private final int guard;

  /**
   * Random operands.
   *
   * @param padding elements from the end of a row to the next, in all matrices
   * @param aligned whether matrices begin where allocations do
   */
  Norms(
      Rig rig,
      Norm norm,
      DType type,
      int rows,
      int cols,
      int padding,
      boolean aligned,
      Random random) {
    this.rig = rig;
    this.norm = norm;
    this.type = type;
    this.rows = rows;
    this.cols = cols;
    stride = cols + padding;
    guard = aligned ? 0 : GUARD * type.bytes();
    input = Matrix.random(random, type, rows, cols, stride, false);
    residual = norm.residual() ? Matrix.random(random, type, rows, cols, stride, false) : null;
    weight = Matrix.random(random, type, 1, cols, cols, false);
    bias = norm.bias() ? Matrix.random(random, type, 1, cols, cols, false) : null;
    inputMemory = guarded(input);
    residualMemory = residual == null ? null : guarded(residual);
    weightMemory = rig.memory(RANK, weight.layout());
    biasMemory = bias == null ? null : rig.memory(RANK, bias.layout());
    outputMemory = rig.memory(RANK, input.bytes() + 2L * GUARD * type.bytes());
    sumMemory = rig.memory(RANK, outputMemory.bytes());
    clear();
  }

  /** A small normalisation of rows in place. */
  static RowNorm.PreparedNorm plain(Rig rig, int rank) {
    return rig.own(
        rig.backend
            .norm()
            .prepare(
                NormSpec.inPlace(rig.name("norm"), rank, 2, 4, DType.FP32, Norm.rms(0x1p-10f))));
  }

  /** Fills output and sum with the canary. */
  void clear() {
    rig.set(outputMemory, Matrix.CANARY);
    rig.set(sumMemory, Matrix.CANARY);
  }

  private DeviceMemory guarded(Matrix matrix) {
    byte[] content = new byte[matrix.bytes() + 2 * GUARD * type.bytes()];
    Arrays.fill(content, Matrix.CANARY);
    byte[] layout = matrix.layout();
    System.arraycopy(layout, 0, content, guard, layout.length);
    return rig.memory(RANK, content);
  }

  NormSpec inPlace() {
    return NormSpec.inPlace(rig.name("norm"), RANK, rows, cols, type, norm);
  }

  NormSpec packed(Tiling tiling, int[] slots) {
    return NormSpec.packed(rig.name("norm"), RANK, type, norm, tiling, slots);
  }

  RowNorm.PreparedNorm prepare(NormSpec spec) {
    return rig.own(rig.backend.norm().prepare(spec));
  }

  /** All operands where the bench has them, the input in place. */
  NormArguments arguments() {
    return new NormArguments()
        .input(inputMemory, guard, stride)
        .residual(residualMemory, guard, stride)
        .weight(weightMemory)
        .bias(biasMemory)
        .output(outputMemory, guard, stride)
        .sum(norm.sum() ? sumMemory : null, guard, stride);
  }

  /** The input as packed tiles; what no tile covers is NaN in all types. */
  DeviceMemory packedInput(Tiling tiling, int[] slots) {
    int blockElements = tiling.tileRows() * tiling.tileCols();
    byte[] content = new byte[Math.max(1, tiling.tiles()) * blockElements * type.bytes()];
    Arrays.fill(content, (byte) 0xff);
    byte[] layout = input.layout();
    for (int tile = 0; tile < slots.length; tile++) {
      for (int row = 0; row < tiling.rows(tile); row++) {
        int from = (tiling.row(tile) + row) * stride + tiling.col(tile);
        int to = slots[tile] * blockElements + row * tiling.tileCols();
        System.arraycopy(
            layout,
            from * type.bytes(),
            content,
            to * type.bytes(),
            tiling.cols(tile) * type.bytes());
      }
    }
    return rig.memory(RANK, content);
  }

  void launch(RowNorm.PreparedNorm prepared, Stream stream, NormArguments arguments) {
    prepared.launch(stream, arguments);
    stream.synchronize(Rig.DEADLINE);
  }

  /** Output and sum are right, and nothing around any operand was written. */
  void check(String what) {
    NormReference reference = new NormReference(norm, input, residual, weight, bias);
    reference.check(what, read(what + ", output", outputMemory));
    if (norm.sum()) {
      reference.checkSum(what, read(what + ", sum", sumMemory));
    } else {
      Check.all(what + ", memory of a sum that is not wanted", Matrix.CANARY, rig.read(sumMemory));
    }
    read(what + ", input", inputMemory);
    if (residualMemory != null) {
      read(what + ", residual", residualMemory);
    }
  }

  /** A matrix of the bench's shape, after checking what lies around it. */
  Matrix read(String what, DeviceMemory memory) {
    byte[] seen = rig.read(memory);
    Matrix.checkPadding(what, type, rows, cols, stride, seen, guard);
    return Matrix.parse(type, rows, cols, stride, seen, guard);
  }
}
