package dev.counterpoint;

import static dev.counterpoint.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GemmProblemTest {
  private static GemmProblem problem(int m, int n, int k, float alpha, float beta) {
    return new GemmProblem(m, n, k, DType.BF16, DType.BF16, WeightLayout.NK, alpha, beta, false);
  }

  private static GemmProblem typed(DType in, DType out, float alpha, float beta) {
    return new GemmProblem(1, 1, 1, in, out, WeightLayout.NK, alpha, beta, false);
  }

  @Test
  void theSmallestSizes() {
    assertThat(problem(0, 1, 1, 1, 0).m()).isZero();
    refused("m", () -> problem(-1, 1, 1, 1, 0));
    refused("n", () -> problem(1, 0, 1, 1, 0));
    refused("k", () -> problem(1, 1, 0, 1, 0));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void factorsAreFinite(float value) {
    refused("alpha", () -> problem(1, 1, 1, value, 0));
    refused("beta", () -> problem(1, 1, 1, 1, value));
  }

  @ParameterizedTest
  @EnumSource
  void floatsGoToFloatsAndInt8ToInt32(DType in) {
    for (DType out : DType.values()) {
      if (in == DType.INT32) {
        refused("inputType", () -> typed(in, out, 1, 0));
      } else if (in == DType.INT8 ? out == DType.INT32 : out.isFloating()) {
        assertThat(typed(in, out, 1, 0).outputType()).isEqualTo(out);
      } else {
        refused("outputType", () -> typed(in, out, 1, 0));
      }
    }
  }

  @Test
  void theRefusalSaysWhichOutputWouldDo() {
    assertThatThrownBy(() -> typed(DType.INT8, DType.FP32, 1, 0))
        .hasMessageContaining("must be INT32 for INT8 input");
    assertThatThrownBy(() -> typed(DType.FP16, DType.INT32, 1, 0))
        .hasMessageContaining("must be a floating type for FP16 input");
  }

  @Test
  void integerFactorsKeepSumsExact() {
    assertThat(typed(DType.INT8, DType.INT32, 1, 1).beta()).isEqualTo(1);
    refused("alpha/beta", () -> typed(DType.INT8, DType.INT32, 2, 0));
    refused("alpha/beta", () -> typed(DType.INT8, DType.INT32, 1, 0.5f));
    refused("alpha/beta", () -> typed(DType.INT8, DType.INT32, 1, -1));
    assertThat(typed(DType.FP8_E4M3, DType.FP8_E4M3, 0.5f, -2).alpha()).isEqualTo(0.5f);
  }

  @ParameterizedTest
  @EnumSource
  void onlyFp8HasScalesByBlock(DType in) {
    boolean fp8 = in == DType.FP8_E4M3 || in == DType.FP8_E5M2;
    if (fp8) {
      assertThat(blocks(in).scaling()).isEqualTo(Scaling.BLOCKS);
    } else if (in != DType.INT32) {
      refused("scaling", () -> blocks(in));
    }
    Scaling.TENSOR.requireFor(in);
  }

  private static GemmProblem blocks(DType in) {
    DType out = in.isFloating() ? DType.BF16 : DType.INT32;
    return new GemmProblem(1, 1, 1, in, out, WeightLayout.NK, 1, 0, false, Scaling.BLOCKS);
  }

  @Test
  void blocksCoverAllElements() {
    assertThat(Scaling.blocks(0)).isZero();
    assertThat(Scaling.blocks(1)).isEqualTo(1);
    assertThat(Scaling.blocks(128)).isEqualTo(1);
    assertThat(Scaling.blocks(129)).isEqualTo(2);
    assertThat(Scaling.blocks(Integer.MAX_VALUE)).isEqualTo(1 << 24);
  }

  @Test
  void operationsAreCountedWithoutOverflow() {
    assertThat(problem(3, 5, 7, 1, 0).flops()).isEqualTo(210);
    assertThat(problem(1 << 20, 1 << 20, 1 << 20, 1, 0).flops()).isEqualTo(Math.pow(2, 61));
  }
}
