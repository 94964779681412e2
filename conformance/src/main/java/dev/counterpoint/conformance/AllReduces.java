package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** All-reduces by kernels on the test bench: every operand with guards around. */
final class AllReduces {
  /** Element types that are summed. */
  static final List<DType> TYPES = List.of(DType.FP32, DType.FP16, DType.BF16);

  /** All but the backend's choice. */
  static final List<Algorithm> ALGORITHMS =
      List.of(Algorithm.ONE_SHOT, Algorithm.TWO_SHOT, Algorithm.TWO_SHOT_BULK);

  /** Elements before and behind every operand: not a multiple of any vector. */
  private static final int GUARD = 3;

  final Rig rig;
  final DType type;
  final int rows;
  final int cols;
  final int stride;
  final int outputStride;
  final Matrix[] inputs;
  final DeviceMemory[] inputMemory;
  final DeviceMemory[] outputMemory;
  private final int guard;

  /**
   * Random inputs.
   *
   * @param padding elements from the end of a row to the next in the input; one more in the output
   * @param aligned whether matrices begin where allocations do, and output rows are as far apart
   */
  AllReduces(Rig rig, DType type, int rows, int cols, int padding, boolean aligned, Random random) {
    this.rig = rig;
    this.type = type;
    this.rows = rows;
    this.cols = cols;
    stride = cols + padding;
    outputStride = aligned ? stride : stride + 1;
    guard = aligned ? 0 : GUARD * type.bytes();
    inputs = new Matrix[rig.ranks];
    inputMemory = new DeviceMemory[rig.ranks];
    outputMemory = new DeviceMemory[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      inputs[rank] = Matrix.random(random, type, rows, cols, stride, false);
      inputMemory[rank] = rig.memory(rank, guarded(inputs[rank].layout()));
      outputMemory[rank] = rig.memory(rank, guarded(new byte[size(outputStride)]));
    }
    clear();
  }

  private int size(int rowStride) {
    return Matrix.size(type, rows, cols, rowStride);
  }

  private byte[] guarded(byte[] layout) {
    byte[] content = new byte[layout.length + 2 * GUARD * type.bytes()];
    Arrays.fill(content, Matrix.CANARY);
    System.arraycopy(layout, 0, content, guard, layout.length);
    return content;
  }

  /** Prepares one by itself. */
  static PreparedAllReduce prepare(
      Rig rig, int rows, int cols, DType type, PeerAllReduce.Algorithm algorithm) {
    return rig.own(
        rig.backend
            .allReduce()
            .prepare(new AllReduceSpec(rig.name("all-reduce"), rows, cols, type, algorithm)));
  }

  PreparedAllReduce prepare(PeerAllReduce.Algorithm algorithm) {
    return prepare(rig, rows, cols, type, algorithm);
  }

  /** Fills all outputs with the canary. */
  void clear() {
    for (DeviceMemory output : outputMemory) {
      rig.set(output, Matrix.CANARY);
    }
  }

  void launch(PreparedAllReduce prepared, Stream stream) {
    int rank = stream.rank();
    prepared.launch(
        stream, inputMemory[rank], guard, stride, outputMemory[rank], guard, outputStride);
  }

  /** With the output where the input is. */
  void launchInPlace(PreparedAllReduce prepared, Stream stream) {
    DeviceMemory both = inputMemory[stream.rank()];
    prepared.launch(stream, both, guard, stride, both, guard, stride);
  }

  /** Launches on every rank and waits. */
  void run(PreparedAllReduce prepared, Stream[] streams) {
    rig.onEachRank(rank -> launch(prepared, streams[rank]));
    rig.settle();
  }

  /** Every output is right to the last bit, and nothing around it was written. */
  void check(String what) {
    byte[] expected = guarded(expected(outputStride));
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.bytes(what + " at rank " + rank, expected, rig.read(outputMemory[rank]));
      Check.bytes(
          what + ", input of rank " + rank,
          guarded(inputs[rank].layout()),
          rig.read(inputMemory[rank]));
    }
  }

  /** The same where the output took the input's place. */
  void checkInPlace(String what) {
    byte[] expected = guarded(expected(stride));
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.bytes(what + " at rank " + rank, expected, rig.read(inputMemory[rank]));
    }
  }

  /** No output was touched. */
  void checkUntouched(String what) {
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.all(what + ", rank " + rank, Matrix.CANARY, rig.read(outputMemory[rank]));
    }
  }

  /** The sums in the order of the ranks, in FP32, rounded once: what rule PEER-1 asks for. */
  private byte[] expected(int rowStride) {
    byte[] content = new byte[size(rowStride)];
    Arrays.fill(content, Matrix.CANARY);
    ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        float sum = (float) inputs[0].at(row, col);
        for (int rank = 1; rank < rig.ranks; rank++) {
          sum += (float) inputs[rank].at(row, col);
        }
        Numbers.put(
            buffer, (row * rowStride + col) * type.bytes(), type, Numbers.encode(type, sum));
      }
    }
    return content;
  }
}
