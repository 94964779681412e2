package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.emulator.OnEmulatedDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows normalised, in place and packed, against Java's FP64. */
@OnEmulatedDevice
class RowNormTest {
  private static final float EPSILON = 0x1p-12f;
  private static final int TILE_ROWS = 16;
  private static final int TILE_COLS = 32;

  /** One matrix, normalised where it lies and then out of packed tiles. */
  private static final class Case {
    final Element type;
    final String name;
    final int rows;
    final int cols;
    final int stride;
    final int shards;
    final boolean layer;
    final boolean extras;
    final byte[] input;
    final byte[] residual;
    final byte[] weight;
    final byte[] bias;

    /** With pad elements between rows; extras are residual, bias and sum. */
    Case(Element type, String name, int[] shape, boolean layer, boolean extras) {
      this.type = type;
      this.name = name;
      rows = shape[0];
      cols = shape[1];
      stride = cols + shape[2];
      shards = shape[3];
      this.layer = layer;
      this.extras = extras;
      Random random = new Random(name.hashCode());
      input = type.randomMatrix(random, rows, cols, stride);
      residual = type.randomMatrix(random, rows, cols, stride);
      weight = type.randomMatrix(random, 1, cols, cols);
      bias = type.randomMatrix(random, 1, cols, cols);
    }

    private int rowsPerShard() {
      return Gemm.divideUp(rows, shards);
    }

    private int tileRowsPerShard() {
      return Gemm.divideUp(rowsPerShard(), TILE_ROWS);
    }

    private int tileColumns() {
      return Gemm.divideUp(cols, TILE_COLS);
    }

    private int[] slots() {
      List<Integer> slots =
          new ArrayList<>(
              IntStream.range(0, shards * tileRowsPerShard() * tileColumns()).boxed().toList());
      Collections.shuffle(slots, new Random(5));
      return slots.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Every element of the input in its block; the rest is poison, which is NaN in no type. */
    private byte[] packed(int[] slots) {
      byte[] packed = new byte[slots.length * TILE_ROWS * TILE_COLS * type.bytes];
      Arrays.fill(packed, (byte) 0xff);
      for (int row = 0; row < rows; row++) {
        int inShard = row % rowsPerShard();
        int tileRow = row / rowsPerShard() * tileRowsPerShard() + inShard / TILE_ROWS;
        for (int col = 0; col < cols; col++) {
          int block = slots[tileRow * tileColumns() + col / TILE_COLS];
          int at = (block * TILE_ROWS + inShard % TILE_ROWS) * TILE_COLS + col % TILE_COLS;
          int from = (row * stride + col) * type.bytes;
          System.arraycopy(input, from, packed, at * type.bytes, type.bytes);
        }
      }
      return packed;
    }

    void run(KernelScript script) {
      int[] slots = slots();
      script.upload(name + "In", input).upload(name + "Packed", packed(slots));
      script.upload(name + "Residual", residual).upload(name + "Weight", weight);
      script.upload(name + "Bias", bias).uploadInts(name + "Slots", slots);
      for (String layout : List.of("In", "Packed")) {
        long bytes = Math.max(16, input.length);
        script.filled(name + layout + "Out", bytes, Gemm.POISON);
        script.filled(name + layout + "Sum", bytes, Gemm.POISON);
        script.companion("0", "row_norm", 5, parameters(layout));
        script.add("devsync").download(name + layout + "Out").download(name + layout + "Sum");
      }
    }

    private Parameters parameters(String layout) {
      Parameters p = KernelScript.in("w", new Parameters("RowNormParams"));
      p.set("input", name + layout).set("inputStride", stride).set("rows", rows).set("cols", cols);
      p.set("output", name + layout + "Out").set("outputStride", stride);
      p.set("weight", name + "Weight").set("type", type.ordinal()).set("kind", layer ? 1 : 0);
      p.set("epsilon", EPSILON).set("perColumn", 1f / cols);
      if (extras) {
        p.set("residual", name + "Residual").set("residualStride", stride);
        p.set("bias", name + "Bias").set("sum", name + layout + "Sum").set("sumStride", stride);
      }
      if (layout.equals("Packed")) {
        p.set("slots", name + "Slots").set("tileRows", TILE_ROWS).set("tileCols", TILE_COLS);
        p.set("rowsPerShard", rowsPerShard()).set("tileRowsPerShard", tileRowsPerShard());
        p.set("tileColumns", tileColumns());
      }
      return p;
    }

    void verify(KernelScript script) {
      byte[] output = script.bytes(name + "InOut");
      byte[] sum = script.bytes(name + "InSum");
      assertThat(script.bytes(name + "PackedOut")).as("packed %s", name).isEqualTo(output);
      assertThat(script.bytes(name + "PackedSum")).as("sums of packed %s", name).isEqualTo(sum);
      byte[] gaps = new byte[output.length];
      Arrays.fill(gaps, (byte) Gemm.POISON);
      byte[] wantedSum = gaps.clone();
      for (int row = 0; row < rows; row++) {
        double[] h = new double[cols];
        for (int col = 0; col < cols; col++) {
          int at = (row * stride + col) * type.bytes;
          float value = (float) type.read(input, at);
          h[col] =
              type.decode(type.encode(extras ? value + (float) type.read(residual, at) : value));
          if (extras) {
            type.write(wantedSum, at, h[col]);
          }
          System.arraycopy(output, at, gaps, at, type.bytes);
        }
        verifyRow(row, h, output);
      }
      assertThat(sum).as("sums of %s", name).isEqualTo(wantedSum);
      assertThat(output).as("what lies around %s", name).isEqualTo(gaps);
    }

    private void verifyRow(int row, double[] h, byte[] output) {
      double mean = layer ? Arrays.stream(h).sum() / cols : 0;
      double magnitude = layer ? Arrays.stream(h).map(Math::abs).sum() / cols : 0;
      double square = Arrays.stream(h).map(v -> (v - mean) * (v - mean)).sum() / cols;
      double scale = 1 / Math.sqrt(square + EPSILON);
      for (int col = 0; col < cols; col++) {
        double factor = scale * type.read(weight, col * type.bytes);
        double addend = extras ? type.read(bias, col * type.bytes) : 0;
        double wanted = (h[col] - mean) * factor + addend;
        double u = Math.scalb(1.0, -24);
        double bound = (cols + 16) * u * (magnitude + Math.abs(h[col] - mean)) * Math.abs(factor);
        bound += 2 * u * Math.abs(addend);
        bound += type.unitRoundoff * (Math.abs(wanted) + bound) + type.decode(1);
        double seen = type.read(output, (row * stride + col) * type.bytes);
        assertThat(Math.abs(seen - wanted))
            .as("%s [%d, %d]: wanted %s, seen %s", name, row, col, wanted, seen)
            .isLessThanOrEqualTo(bound);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16", "FP32"})
  void normalises(Element type) {
    KernelScript script = new KernelScript().world("w", 0, 20_000_000_000L);
    List<Case> all = new ArrayList<>();
    // Rows, columns, padding, shards: odd; aligned; one element; none; longer than a block's reach.
    int[][] shapes = {{37, 53, 0, 3}, {20, 96, 8, 2}, {1, 1, 1, 1}, {0, 16, 0, 1}, {3, 2100, 4, 1}};
    for (int[] shape : shapes) {
      for (boolean layer : new boolean[] {false, true}) {
        all.add(new Case(type, "n" + all.size(), shape, layer, (all.size() + shape[0]) % 3 != 1));
      }
    }
    all.forEach(one -> one.run(script));
    script.download("wRecord").run();
    assertThat(script.fault("w", "state")).isZero();
    all.forEach(one -> one.verify(script));
  }
}
