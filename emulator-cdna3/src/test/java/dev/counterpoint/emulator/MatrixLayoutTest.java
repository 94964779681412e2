package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every MFMA that the emulator executes, with operands placed in lanes and registers as AMD's
 * published tables place them, against a product computed in Java. Integer results, and sums of
 * small whole numbers in floats, are exact whatever the order of addition.
 */
@OnEmulatedDevice
class MatrixLayoutTest {
  /** Element formats with how Java encodes a small whole number in them. */
  enum Element {
    F32(32),
    F16(16),
    BF16(16),
    I8(8),
    FP8(8),
    BF8(8);

    final int bits;

    Element(int bits) {
      this.bits = bits;
    }

    int encode(int value) {
      return switch (this) {
        case F32 -> Float.floatToRawIntBits(value);
        case BF16 -> Float.floatToRawIntBits(value) >>> 16;
        case F16 -> half(value);
        case I8 -> value & 0xFF;
        case FP8 -> SmallFloats.encode(value, 3, 8);
        case BF8 -> SmallFloats.encode(value, 2, 16);
      };
    }

    private static int half(int value) {
      if (value == 0) {
        return 0;
      }
      int magnitude = Math.abs(value);
      int exponent = 31 - Integer.numberOfLeadingZeros(magnitude);
      return (value < 0 ? 0x8000 : 0)
          | (exponent + 15) << 10
          | (magnitude << (10 - exponent) & 0x3FF);
    }
  }

  /** Name, rows = columns, depth, blocks, elements of A and B. */
  enum Shape {
    F32_32X32X1_2B("v_mfma_f32_32x32x1_2b_f32", 32, 1, 2, Element.F32),
    F32_16X16X1_4B("v_mfma_f32_16x16x1_4b_f32", 16, 1, 4, Element.F32),
    F32_4X4X1_16B("v_mfma_f32_4x4x1_16b_f32", 4, 1, 16, Element.F32),
    F32_32X32X2("v_mfma_f32_32x32x2_f32", 32, 2, 1, Element.F32),
    F32_16X16X4("v_mfma_f32_16x16x4_f32", 16, 4, 1, Element.F32),
    F16_32X32X4_2B("v_mfma_f32_32x32x4_2b_f16", 32, 4, 2, Element.F16),
    F16_16X16X4_4B("v_mfma_f32_16x16x4_4b_f16", 16, 4, 4, Element.F16),
    F16_4X4X4_16B("v_mfma_f32_4x4x4_16b_f16", 4, 4, 16, Element.F16),
    F16_32X32X8("v_mfma_f32_32x32x8_f16", 32, 8, 1, Element.F16),
    F16_16X16X16("v_mfma_f32_16x16x16_f16", 16, 16, 1, Element.F16),
    BF16_32X32X4_2B("v_mfma_f32_32x32x4_2b_bf16", 32, 4, 2, Element.BF16),
    BF16_16X16X4_4B("v_mfma_f32_16x16x4_4b_bf16", 16, 4, 4, Element.BF16),
    BF16_4X4X4_16B("v_mfma_f32_4x4x4_16b_bf16", 4, 4, 16, Element.BF16),
    BF16_32X32X8("v_mfma_f32_32x32x8_bf16", 32, 8, 1, Element.BF16),
    BF16_16X16X16("v_mfma_f32_16x16x16_bf16", 16, 16, 1, Element.BF16),
    I8_32X32X4_2B("v_mfma_i32_32x32x4_2b_i8", 32, 4, 2, Element.I8),
    I8_16X16X4_4B("v_mfma_i32_16x16x4_4b_i8", 16, 4, 4, Element.I8),
    I8_4X4X4_16B("v_mfma_i32_4x4x4_16b_i8", 4, 4, 16, Element.I8),
    I8_32X32X16("v_mfma_i32_32x32x16_i8", 32, 16, 1, Element.I8),
    I8_16X16X32("v_mfma_i32_16x16x32_i8", 16, 32, 1, Element.I8),
    FP8_16X16X32("v_mfma_f32_16x16x32_fp8_fp8", 16, 32, 1, Element.FP8),
    FP8_BF8_16X16X32("v_mfma_f32_16x16x32_fp8_bf8", 16, 32, 1, Element.FP8, Element.BF8),
    BF8_FP8_16X16X32("v_mfma_f32_16x16x32_bf8_fp8", 16, 32, 1, Element.BF8, Element.FP8),
    BF8_16X16X32("v_mfma_f32_16x16x32_bf8_bf8", 16, 32, 1, Element.BF8),
    FP8_32X32X16("v_mfma_f32_32x32x16_fp8_fp8", 32, 16, 1, Element.FP8),
    FP8_BF8_32X32X16("v_mfma_f32_32x32x16_fp8_bf8", 32, 16, 1, Element.FP8, Element.BF8),
    BF8_FP8_32X32X16("v_mfma_f32_32x32x16_bf8_fp8", 32, 16, 1, Element.BF8, Element.FP8),
    BF8_32X32X16("v_mfma_f32_32x32x16_bf8_bf8", 32, 16, 1, Element.BF8);

    final String name;
    final int size;
    final int depth;
    final int blocks;
    final Element a;
    final Element b;

    Shape(String name, int size, int depth, int blocks, Element element) {
      this(name, size, depth, blocks, element, element);
    }

    Shape(String name, int size, int depth, int blocks, Element a, Element b) {
      this.name = name;
      this.size = size;
      this.depth = depth;
      this.blocks = blocks;
      this.a = a;
      this.b = b;
    }

    int results() {
      return size * size * blocks / 64;
    }

    /** Row of C and D in a register of a lane; the column is always lane % size. */
    int row(int lane, int register) {
      int inBlock = size == 4 ? register : register % (results() / blocks);
      return switch (size) {
        case 32 -> 8 * (inBlock / 4) + 4 * (lane / 32) + inBlock % 4;
        case 16 -> 4 * (lane / 16) + inBlock;
        default -> inBlock;
      };
    }

    int block(int lane, int register) {
      return size == 4 ? lane / 4 : register / (results() / blocks);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void productOfPlacedOperands(Shape shape) {
    for (boolean accumulators : new boolean[] {false, true}) {
      check(shape, accumulators);
    }
  }

  private static void check(Shape shape, boolean accumulators) {
    Random random = new Random(shape.ordinal());
    int[][][] a = matrices(shape, random);
    int[][][] b = matrices(shape, random);
    int results = shape.results();
    int words = 4 + results;
    int[] input = new int[64 * words];
    int[] start = new int[64 * results];
    for (int lane = 0; lane < 64; lane++) {
      place(shape, shape.a, a, lane, input, lane * words);
      place(shape, shape.b, b, lane, input, lane * words + 2);
      for (int r = 0; r < results; r++) {
        start[lane * results + r] = random.nextInt(100) - 50;
        input[lane * words + 4 + r] = number(shape, start[lane * results + r]);
      }
    }
    int[] out = run(shape, accumulators, words, results, input);
    for (int lane = 0; lane < 64; lane++) {
      for (int r = 0; r < results; r++) {
        int block = shape.block(lane, r);
        int sum = start[lane * results + r];
        for (int k = 0; k < shape.depth; k++) {
          sum += a[block][shape.row(lane, r)][k] * b[block][lane % shape.size][k];
        }
        assertThat(out[lane * results + r])
            .as("lane %d, register %d", lane, r)
            .isEqualTo(number(shape, sum));
      }
    }
  }

  private static int number(Shape shape, int value) {
    return shape.a == Element.I8 ? value : Float.floatToRawIntBits(value);
  }

  /** Rows of A, and columns of B, by block. */
  private static int[][][] matrices(Shape shape, Random random) {
    int[][][] values = new int[shape.blocks][shape.size][shape.depth];
    for (int[][] block : values) {
      for (int[] row : block) {
        for (int k = 0; k < row.length; k++) {
          row[k] = random.nextInt(9) - 4;
        }
      }
    }
    return values;
  }

  /**
   * Packs the elements that a lane holds: consecutive in k, groups of lanes being blocks or runs of
   * k.
   */
  private static void place(
      Shape shape, Element element, int[][][] values, int lane, int[] words, int at) {
    int group = lane / shape.size;
    int perLane = shape.depth * shape.blocks * shape.size / 64;
    for (int k = 0; k < perLane; k++) {
      int value =
          shape.blocks > 1
              ? values[group][lane % shape.size][k]
              : values[0][lane % shape.size][group * perLane + k];
      int bit = k * element.bits;
      words[at + bit / 32] |= element.encode(value) << bit % 32;
    }
  }

  private static int[] run(Shape shape, boolean accumulators, int words, int results, int[] input) {
    int sourceWords = shape.depth * shape.blocks * shape.size / 64 * shape.a.bits / 32;
    String file = accumulators ? "a" : "v";
    List<String> body = new ArrayList<>();
    body.add("v_mul_u32_u24_e32 v1, %d, v0".formatted(words * 4));
    for (int k = 0; k < 4; k++) {
      body.add("global_load_dword v%d, v1, s[0:1] offset:%d".formatted(30 + k, 4 * k));
    }
    for (int r = 0; r < results; r++) {
      body.add("global_load_dword %s%d, v1, s[0:1] offset:%d".formatted(file, 40 + r, 16 + 4 * r));
    }
    body.add("s_waitcnt vmcnt(0)");
    String sources = sourceWords > 1 ? "v[30:31], v[32:33]" : "v30, v32";
    String sums = "%s[40:%d]".formatted(file, 39 + results);
    body.add("%s %s, %s, %s".formatted(shape.name, sums, sources, sums));
    body.add("v_mul_u32_u24_e32 v2, %d, v0".formatted(results * 4));
    for (int r = 0; r < results; r++) {
      body.add("global_store_dword v2, %s%d, s[2:3] offset:%d".formatted(file, 40 + r, 4 * r));
    }
    // The frame's own store goes behind the results.
    body.add("s_add_u32 s2, s2, 0x4000\ns_addc_u32 s3, s3, 0\nv_lshlrev_b32_e32 v2, 4, v0");
    String name = "mfma" + shape.ordinal() + file;
    String object =
        Llvm.assemble(
                name,
                Assembly.source(
                    List.of("k"), List.of(Assembly.kernel("k", String.join("\n", body)))))
            .toString();
    Script script = new Script().add("module m %s", object);
    int[] padded = java.util.Arrays.copyOf(input, Math.max(input.length, 64 * Assembly.INPUTS));
    script.upload("in", padded).zeros("out", 0x4400);
    script
        .add("launch 0 m k 1 1 1 64 1 1 0 p:in p:out")
        .add("devsync")
        .download("out")
        .run()
        .mustSucceed();
    return script.ints("out");
  }
}
