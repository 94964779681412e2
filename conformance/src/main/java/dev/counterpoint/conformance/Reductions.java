package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Tiling;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Reductions on the test bench. */
final class Reductions {
  final Rig rig;
  final int rank;
  final int rows;
  final int cols;
  final int slots;
  final int stride;
  final DType in;
  final DType out;
  final int blockRows;
  final int slotBytes;
  final Matrix[] partials;
  final DeviceMemory staging;

  Reductions(
      Rig rig,
      int rank,
      int rows,
      int cols,
      int slots,
      DType in,
      DType out,
      int blockRows,
      int padding,
      Random random,
      boolean integers) {
    this.rig = rig;
    this.rank = rank;
    this.rows = rows;
    this.cols = cols;
    this.slots = slots;
    this.in = in;
    this.out = out;
    this.blockRows = blockRows;
    this.stride = Math.max(1, cols + padding);
    this.slotBytes = (Math.max(1, Matrix.size(in, rows, cols, stride)) + 63) / 64 * 64;
    this.partials = new Matrix[slots];
    byte[] content = new byte[slots * slotBytes];
    for (int slot = 0; slot < slots; slot++) {
      partials[slot] = Matrix.random(random, in, rows, cols, stride, integers);
      byte[] layout = partials[slot].layout();
      System.arraycopy(layout, 0, content, slot * slotBytes, layout.length);
    }
    this.staging = rig.memory(rank, content);
  }

  /** A small ungated reduction of two slots of 1 × 4 FP32 elements. */
  static ReduceSpec plain(Rig rig, int rank, DeviceMemory staging) {
    return new ReduceSpec(
        rig.name("reduce"),
        rank,
        1,
        4,
        2,
        staging,
        16,
        4,
        DType.FP32,
        DType.FP32,
        1,
        null,
        new ReduceSpec.Local(),
        null);
  }

  static TileReduce.PreparedUnpack unpack(Rig rig, int rank, Tiling tiling) {
    int[] slots = new int[tiling.tiles()];
    for (int tile = 0; tile < slots.length; tile++) {
      slots[tile] = tile;
    }
    return rig.own(
        rig.backend.reduce().prepareUnpack(rig.name("unpack"), rank, tiling, slots, DType.FP32));
  }

  ReduceSpec spec(ReduceSpec.@Nullable Gate gate, ReduceSpec.Route route, @Nullable Epoch epoch) {
    return new ReduceSpec(
        rig.name("reduce"),
        rank,
        rows,
        cols,
        slots,
        staging,
        slotBytes,
        stride,
        in,
        out,
        blockRows,
        gate,
        route,
        epoch);
  }

  /**
   * The sums in slot order, accumulated in the accumulator type and rounded once: what rules RED-1
   * and RED-2 ask for, bitwise.
   */
  byte[] expected(int outStride) {
    int size = Matrix.size(out, rows, cols, outStride);
    byte[] content = new byte[size];
    java.util.Arrays.fill(content, Matrix.CANARY);
    ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        Numbers.put(buffer, (row * outStride + col) * out.bytes(), out, sum(row, col));
      }
    }
    return content;
  }

  private int sum(int row, int col) {
    if (!in.isFloating()) {
      int sum = 0;
      for (Matrix partial : partials) {
        sum += (int) partial.at(row, col);
      }
      return sum;
    }
    float sum = (float) partials[0].at(row, col);
    for (int slot = 1; slot < slots; slot++) {
      sum += (float) partials[slot].at(row, col);
    }
    return Numbers.encode(out, sum);
  }
}
