package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One GEMM on the test bench: its operands on the host and on the device, and what it must give.
 */
final class GemmBench {
  private static final int GUARD = 256;

  final GemmCase shape;
  final Rig rig;
  final int rank;
  final Tiling tiling;
  final Matrix a;
  final Matrix b;
  final Matrix c;
  final Matrix biasRow;
  final double[] rowScale;
  final double[] colScale;
  final @Nullable Matrix aFactors;
  final @Nullable Matrix bFactors;
  final @Nullable DeviceMemory deviceAFactors;
  final @Nullable DeviceMemory deviceBFactors;
  final Expected expected;
  final DeviceMemory deviceA;
  final DeviceMemory deviceB;
  final DeviceMemory deviceD;
  private final DeviceMemory deviceC;
  private final DeviceMemory deviceBias;
  private final DeviceMemory deviceRowScale;
  private final DeviceMemory deviceColScale;
  private final int inOffset;
  private final int outOffset;

  GemmBench(GemmCase shape, Kit kit, Rig rig, int rank) {
    this.shape = shape;
    this.rig = rig;
    this.rank = rank;
    Random random = kit.random();
    tiling = tiling(shape.tileRows, shape.tileCols);
    boolean nk = shape.layout == WeightLayout.NK;
    a = matrix(random, shape.in, shape.rows, shape.k);
    b =
        nk
            ? matrix(random, shape.in, shape.cols, shape.k)
            : matrix(random, shape.in, shape.k, shape.cols);
    c = matrix(random, shape.out, shape.window(), shape.cols);
    biasRow =
        Matrix.random(random, shape.out, 1, shape.cols, Math.max(1, shape.cols), shape.integers);
    rowScale = scales(random, shape.rows, shape.integers);
    colScale = scales(random, shape.cols, shape.integers);
    boolean blocks = shape.scaling == Scaling.BLOCKS;
    int gap = shape.padding;
    aFactors =
        blocks ? BlockFactors.ofRows(random, shape.rows, shape.k, gap, shape.integers) : null;
    bFactors =
        blocks ? BlockFactors.ofColumns(random, shape.cols, shape.k, gap, shape.integers) : null;
    deviceAFactors = aFactors == null ? null : upload(aFactors, 4 * shape.offsetElements);
    deviceBFactors = bFactors == null ? null : upload(bFactors, 4 * shape.offsetElements);
    inOffset = shape.offsetElements * shape.in.bytes();
    outOffset = shape.offsetElements * shape.out.bytes();
    deviceA = upload(a, inOffset);
    deviceB = upload(b, inOffset);
    deviceC = upload(c, outOffset);
    deviceBias = upload(biasRow, 0);
    deviceRowScale = uploadScales(rowScale);
    deviceColScale = uploadScales(colScale);
    deviceD = rig.memory(rank, GUARD * 2L + outOffset + Math.max(1, outputBytes()));
    clear();
    expected = compute();
  }

  Tiling tiling(int tileRows, int tileCols) {
    return rig.backend
        .gemm()
        .tiling(
            rank,
            new RowPartition(shape.rows, shape.shards),
            shape.cols,
            shape.k,
            shape.in,
            shape.out,
            shape.layout,
            tileRows,
            tileCols);
  }

  private Matrix matrix(Random random, DType type, int rows, int cols) {
    return Matrix.random(
        random, type, rows, cols, Math.max(1, cols + shape.padding), shape.integers);
  }

  private static double[] scales(Random random, int count, boolean integers) {
    double[] scales = new double[count];
    for (int i = 0; i < count; i++) {
      scales[i] = integers ? 1 + random.nextInt(2) : (float) (0.25 + random.nextDouble());
    }
    return scales;
  }

  private DeviceMemory upload(Matrix matrix, int offset) {
    DeviceMemory memory = rig.memory(rank, offset + Math.max(1, matrix.bytes()));
    rig.write(memory, offset, matrix.layout());
    return memory;
  }

  private DeviceMemory uploadScales(double[] scales) {
    Matrix row = new Matrix(DType.FP32, 1, scales.length, Math.max(1, scales.length));
    System.arraycopy(scales, 0, row.values, 0, scales.length);
    return upload(row, 0);
  }

  private Expected compute() {
    Expected result = new Expected(shape.rows, shape.cols);
    result.terms = shape.k;
    if (shape.integers) {
      result.exact(shape.alpha, shape.beta);
    }
    result.roundedInput = shape.in == DType.FP32 && !rig.has(Capability.GEMM_FP32_FULL);
    boolean nk = shape.layout == WeightLayout.NK;
    for (int i = 0; i < shape.rows; i++) {
      boolean inWindow = i >= shape.firstRow && i < shape.firstRow + shape.window();
      for (int j = 0; j < shape.cols; j++) {
        double sum = 0;
        double magnitude = 0;
        for (int p = 0; p < shape.k; p++) {
          double product = a.at(i, p) * (nk ? b.at(j, p) : b.at(p, j));
          if (aFactors != null && bFactors != null) {
            product *= BlockFactors.ofRow(aFactors, i, p) * BlockFactors.ofColumn(bFactors, j, p);
          }
          sum += product;
          magnitude += Math.abs(product);
        }
        double factor =
            shape.alpha * (shape.rowScale ? rowScale[i] : 1) * (shape.colScale ? colScale[j] : 1);
        result.add(i, j, sum * factor, magnitude * Math.abs(factor));
        if (inWindow && shape.beta != 0) {
          double old = shape.beta * c.at(i - shape.firstRow, j);
          result.add(i, j, old, Math.abs(old));
        }
        if (inWindow && shape.bias) {
          result.add(i, j, biasRow.at(0, j), Math.abs(biasRow.at(0, j)));
        }
      }
    }
    return result;
  }

  /** Elements from row to row of D. */
  int stride() {
    return Math.max(1, shape.cols + shape.padding);
  }

  private int outputBytes() {
    int packed = tiling.tiles() * tiling.tileRows() * tiling.tileCols() * shape.out.bytes();
    return Math.max(packed, Matrix.size(shape.out, shape.rows, shape.cols, stride()));
  }

  /** Bytes to the first element of D. */
  long outputOffset() {
    return (long) GUARD + outOffset;
  }

  GemmSpec spec() {
    return GemmSpec.plain(
            rig.name("gemm"),
            rank,
            tiling,
            shape.k,
            shape.in,
            shape.out,
            shape.layout,
            shape.engine,
            shape.epilogue())
        .withScaling(shape.scaling);
  }

  PreparedGemm prepare() {
    return rig.prepare(spec());
  }

  PreparedGemm prepare(
      TileOrder order, TileGate gate, TileRoute route, TilePost post, @Nullable Epoch epoch) {
    return rig.prepare(hooks(order, gate, route, post, epoch));
  }

  GemmSpec hooks(
      TileOrder order, TileGate gate, TileRoute route, TilePost post, @Nullable Epoch epoch) {
    GemmSpec plain = spec();
    return new GemmSpec(
            plain.label(),
            rank,
            tiling,
            shape.k,
            shape.in,
            shape.out,
            shape.layout,
            plain.engine(),
            order,
            gate,
            route,
            post,
            plain.epilogue(),
            epoch,
            0)
        .withScaling(shape.scaling);
  }

  GemmArguments arguments() {
    GemmArguments arguments =
        new GemmArguments()
            .a(deviceA, inOffset, a.stride)
            .b(deviceB, inOffset, b.stride)
            .d(deviceD, outputOffset(), stride())
            .c(shape.beta == 0 ? null : deviceC, outOffset, c.stride)
            .bias(shape.bias ? deviceBias : null);
    if (aFactors != null && bFactors != null) {
      arguments
          .aScales(deviceAFactors, 4L * shape.offsetElements, aFactors.stride)
          .bScales(deviceBFactors, 4L * shape.offsetElements, bFactors.stride);
    }
    return arguments.scales(
        shape.rowScale ? deviceRowScale : null, shape.colScale ? deviceColScale : null);
  }

  /** Launches on a new stream and waits. */
  void run(PreparedGemm gemm) {
    Stream stream = rig.stream(rank);
    gemm.launch(stream, arguments());
    stream.synchronize(Rig.DEADLINE);
  }

  /** Fills D with the canary. */
  void clear() {
    rig.set(deviceD, Matrix.CANARY);
  }

  byte[] output() {
    return rig.read(deviceD);
  }

  /** D holds the product, and nothing around it was written. */
  void check(String what) {
    byte[] content = output();
    Matrix.checkPadding(
        what + " " + shape,
        shape.out,
        shape.rows,
        shape.cols,
        stride(),
        content,
        (int) outputOffset());
    expected.check(
        what + " " + shape,
        Matrix.parse(shape.out, shape.rows, shape.cols, stride(), content, (int) outputOffset()));
  }

  void checkUntouched(String what) {
    Check.all(what + ": the local output must not be written, " + shape, Matrix.CANARY, output());
  }

  /** D holds all tiles packed by {@code slots}, and nothing around them was written. */
  void checkPacked(String what, int[] slots) {
    byte[] content = output();
    boolean[] inside = new boolean[content.length];
    int bytes = shape.out.bytes();
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      if (tiling.isEmpty(tile)) {
        continue;
      }
      int start =
          (int) outputOffset() + slots[tile] * tiling.tileRows() * tiling.tileCols() * bytes;
      Matrix block =
          Matrix.parse(
              shape.out, tiling.rows(tile), tiling.cols(tile), tiling.tileCols(), content, start);
      for (int row = 0; row < block.rows; row++) {
        int from = start + row * tiling.tileCols() * bytes;
        Arrays.fill(inside, from, from + block.cols * bytes, true);
      }
      tileExpected(tile)
          .check(what + ", tile " + tile + " in block " + slots[tile] + ", " + shape, block);
    }
    for (int i = 0; i < content.length; i++) {
      Check.that(
          inside[i] || content[i] == Matrix.CANARY,
          "%s: byte %d outside every tile was written, %s",
          what,
          i - outputOffset(),
          shape);
    }
  }

  private Expected tileExpected(int tile) {
    Expected part = new Expected(tiling.rows(tile), tiling.cols(tile));
    part.terms = expected.terms;
    part.exact = expected.exact;
    part.unit = expected.unit;
    part.roundedInput = expected.roundedInput;
    for (int row = 0; row < part.rows; row++) {
      for (int col = 0; col < part.cols; col++) {
        int index = (tiling.row(tile) + row) * shape.cols + tiling.col(tile) + col;
        part.add(row, col, expected.values[index], expected.magnitudes[index]);
      }
    }
    return part;
  }

  /** All tile ids in a random order. */
  int[] shuffledTiles(Random random) {
    return shuffled(tiling.tiles(), random);
  }

  static int[] shuffled(int count, Random random) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      values[i] = values[j];
      values[j] = i;
    }
    return values;
  }

  /** How many tiles of a shard, or with −1 of all, have an element. */
  int tilesWithElements(int shard) {
    int count = 0;
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      count += !tiling.isEmpty(tile) && (shard < 0 || tiling.shard(tile) == shard) ? 1 : 0;
    }
    return count;
  }
}
