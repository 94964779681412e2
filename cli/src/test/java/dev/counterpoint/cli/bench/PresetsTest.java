package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PresetsTest {
  /** The rows of performance.md that are layers of models. */
  @ParameterizedTest
  @CsvSource({
    "gpt3-175b:up, 49152, 12288",
    "gpt3-175b:down, 12288, 49152",
    "llama3-70b:up, 57344, 8192",
    "llama3-70b:down, 8192, 28672",
    "llama3-70b:qkv, 10240, 8192",
    "llama3-70b:o, 8192, 8192",
    "llama3-8b:up, 28672, 4096",
    "llama3-405b:down, 16384, 53248",
    "llama3-405b:qkv, 18432, 16384",
    "qwen3-32b:qkv, 10240, 5120",
    "qwen3-32b:o, 5120, 8192"
  })
  void layersHaveTheSizesOfTheirModels(String id, int n, int k) {
    Presets.Layer layer = Presets.find(id, Operator.AG_GEMM);
    assertThat(layer.n()).isEqualTo(n);
    assertThat(layer.k()).isEqualTo(k);
    assertThat(layer.id()).isEqualTo(id);
  }

  @Test
  void eachOperatorHasItsLayer() {
    assertThat(Presets.find("llama3-70b", Operator.AG_GEMM).name()).isEqualTo("up");
    assertThat(Presets.find("LLAMA3-70B", Operator.GEMM_RS).name()).isEqualTo("down");
    assertThat(Presets.find("mixtral-8x7b", Operator.GEMM_A2A).name()).isEqualTo("expert-down");
  }

  @ParameterizedTest
  @EnumSource(Operator.class)
  void everyModelHasALayerForEveryOperator(Operator operator) {
    assertThat(Presets.all())
        .allSatisfy(layer -> assertThat(Presets.find(layer.model(), operator)).isNotNull());
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> Presets.find("gpt9", Operator.AG_GEMM))
        .hasMessageContaining("'gpt9'")
        .hasMessageContaining("llama3-70b");
    assertThatThrownBy(() -> Presets.find("llama3-8b:mlp", Operator.AG_GEMM))
        .hasMessageContaining("'mlp'")
        .hasMessageContaining("up, down, qkv, o");
  }
}
