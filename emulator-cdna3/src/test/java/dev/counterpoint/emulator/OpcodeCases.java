package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Instructions with what Java computes for them: assembled together, run together, compared lane by
 * lane.
 */
final class OpcodeCases {
  static final int LANES = 64;

  /** From the eight inputs of a lane (v8 to v15) to the outputs that are compared (v20 and up). */
  interface Lane {
    int[] apply(int[] v);
  }

  private record Case(String name, String kernel, Lane expected, boolean isFloat) {}

  private final List<Case> cases = new ArrayList<>();
  private final String name;

  OpcodeCases(String name) {
    this.name = name;
  }

  /** A vector instruction (or several) that reads v8.. and writes v20... */
  OpcodeCases vector(String body, Lane expected) {
    return add(body, Assembly.kernel(kernelName(), body), expected, false);
  }

  /** The same with results that are f32: any NaN equals any other. */
  OpcodeCases vectorFloat(String body, Lane expected) {
    return add(body, Assembly.kernel(kernelName(), body), expected, true);
  }

  /** A scalar instruction on s8.. to s20, s21; SCC is the fourth output. */
  OpcodeCases scalar(String instruction, Lane expected) {
    return add(instruction, Assembly.scalarKernel(kernelName(), instruction), expected, false);
  }

  private String kernelName() {
    return "case" + cases.size();
  }

  private OpcodeCases add(String title, String kernel, Lane expected, boolean isFloat) {
    cases.add(new Case(title, kernel, expected, isFloat));
    return this;
  }

  void check(int[] input) {
    List<String> names = new ArrayList<>();
    List<String> kernels = new ArrayList<>();
    for (int k = 0; k < cases.size(); k++) {
      names.add("case" + k);
      kernels.add(cases.get(k).kernel());
    }
    String object = Llvm.assemble(name, Assembly.source(names, kernels)).toString();
    Script script = new Script().add("module m %s", object).upload("in", input);
    int bytes = LANES * Assembly.OUTPUTS * 4;
    script.zeros("out", (long) bytes * cases.size());
    for (int k = 0; k < cases.size(); k++) {
      script.add("launch 0 m case%d 1 1 1 64 1 1 0 p:in p:out+%d", k, k * bytes);
      script.add("devsync");
    }
    script.download("out").run().mustSucceed();
    int[] out = script.ints("out");
    List<String> wrong = new ArrayList<>();
    for (int k = 0; k < cases.size(); k++) {
      compare(cases.get(k), input, out, k * LANES * Assembly.OUTPUTS, wrong);
    }
    assertThat(wrong).as("lanes whose result differs from Java's").isEmpty();
  }

  private static void compare(Case test, int[] input, int[] out, int base, List<String> wrong) {
    int differences = 0;
    for (int lane = 0; lane < LANES && differences < 3; lane++) {
      int[] v = new int[16];
      System.arraycopy(input, lane * Assembly.INPUTS, v, 8, Assembly.INPUTS);
      int[] expected = test.expected().apply(v);
      for (int k = 0; k < expected.length; k++) {
        int actual = out[base + lane * Assembly.OUTPUTS + k];
        boolean bothNan =
            test.isFloat()
                && Float.isNaN(Float.intBitsToFloat(actual))
                && Float.isNaN(Float.intBitsToFloat(expected[k]));
        if (actual != expected[k] && !bothNan) {
          differences++;
          wrong.add(
              "%s: lane %d, output %d: 0x%08x, expected 0x%08x from 0x%08x 0x%08x 0x%08x"
                  .formatted(test.name(), lane, k, actual, expected[k], v[8], v[9], v[10]));
        }
      }
    }
  }

  /** Inputs for all lanes: special values met with each other first, then random ones. */
  static int[] integers(long seed) {
    int[] special = {
      0,
      1,
      -1,
      2,
      31,
      32,
      33,
      0x7FFFFFFF,
      0x80000000,
      0x0000FFFF,
      0xFFFF0000,
      0x00800000,
      0xFF7FFFFF,
      5,
      0x80,
      0x8000
    };
    return fill(special, seed);
  }

  static int[] floats(long seed) {
    float[] values = {
      0f,
      -0f,
      1f,
      -1f,
      0.5f,
      1.5f,
      2.5f,
      -2.5f,
      3.4e38f,
      -3.4e38f,
      1.2e-38f,
      1e-40f,
      -1e-42f,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN,
      65504f,
      65520f,
      6e-8f,
      448f,
      240f,
      1e9f,
      -4294967296f,
      0.99999994f
    };
    int[] special = new int[values.length];
    for (int k = 0; k < values.length; k++) {
      special[k] = Float.floatToRawIntBits(values[k]);
    }
    return fill(special, seed);
  }

  private static int[] fill(int[] special, long seed) {
    Random random = new Random(seed);
    int[] values = new int[LANES * Assembly.INPUTS];
    for (int k = 0; k < values.length; k++) {
      values[k] =
          random.nextInt(3) > 0 ? special[random.nextInt(special.length)] : random.nextInt();
    }
    return values;
  }

  static int[] of(int... values) {
    return values;
  }

  static int[] of64(long value) {
    return new int[] {(int) value, (int) (value >>> 32)};
  }

  static long pair(int low, int high) {
    return Integer.toUnsignedLong(low) | (long) high << 32;
  }
}
