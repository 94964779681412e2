package dev.counterpoint.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The linear layers of known models, as the whole matrices before they are divided among ranks.
 * Gate and up projections are one matrix, and so are query, key and value, as inference engines run
 * them.
 */
public final class Presets {
  private static final List<Layer> ALL = build();

  private Presets() {}

  /**
   * One linear layer.
   *
   * @param model the model's name on the command line
   * @param name the layer's name on the command line
   * @param description what it is in the model
   * @param n output features
   * @param k input features
   */
  public record Layer(String model, String name, String description, int n, int k) {
    /** As it is asked for and as it appears in outputs. */
    public String id() {
      return model + ":" + name;
    }

    /**
     * Whether its output features are usually divided among the ranks; otherwise its input features
     * are.
     */
    public boolean columnParallel() {
      return name.equals("qkv") || name.endsWith("up");
    }
  }

  /** Every layer of every model. */
  public static List<Layer> all() {
    return ALL;
  }

  /**
   * Finds a layer.
   *
   * @param text {@code model} or {@code model:layer}
   * @param operator chooses the layer when none is named
   * @throws IllegalArgumentException naming what there is
   */
  public static Layer find(String text, Operator operator) {
    int colon = text.indexOf(':');
    String model = (colon < 0 ? text : text.substring(0, colon)).toLowerCase(Locale.ROOT);
    List<Layer> layers = ALL.stream().filter(layer -> layer.model().equals(model)).toList();
    if (layers.isEmpty()) {
      String known = ALL.stream().map(Layer::model).distinct().collect(Collectors.joining(", "));
      throw new IllegalArgumentException("there is no preset '" + model + "'; there are " + known);
    }
    if (colon < 0) {
      return layers.stream().filter(layer -> fits(layer, operator)).findFirst().orElseThrow();
    }
    String name = text.substring(colon + 1).toLowerCase(Locale.ROOT);
    return layers.stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "preset "
                        + model
                        + " has no layer '"
                        + name
                        + "'; it has "
                        + layers.stream().map(Layer::name).collect(Collectors.joining(", "))));
  }

  /** Whether a layer is the one that an operator takes when only the model is named. */
  static boolean fits(Layer layer, Operator operator) {
    return switch (operator) {
      case AG_GEMM -> layer.name().endsWith("up");
      case GEMM_RS, GEMM_AR, GEMM_A2A -> layer.name().endsWith("down");
    };
  }

  private static List<Layer> build() {
    List<Layer> all = new ArrayList<>();
    all.add(new Layer("gpt3-175b", "up", "MLP up projection", 49152, 12288));
    all.add(new Layer("gpt3-175b", "down", "MLP down projection", 12288, 49152));
    all.add(new Layer("gpt3-175b", "qkv", "attention query, key, value", 36864, 12288));
    all.add(new Layer("gpt3-175b", "o", "attention output", 12288, 12288));
    transformer(all, "llama3-8b", 4096, 14336, 32, 8, 128);
    transformer(all, "llama3-70b", 8192, 28672, 64, 8, 128);
    transformer(all, "llama3-405b", 16384, 53248, 128, 8, 128);
    transformer(all, "qwen3-8b", 4096, 12288, 32, 8, 128);
    transformer(all, "qwen3-32b", 5120, 25600, 64, 8, 128);
    experts(all, "mixtral-8x7b", 4096, 14336, 32, 8, 128);
    experts(all, "qwen3-235b-a22b", 4096, 1536, 64, 4, 128);
    return List.copyOf(all);
  }

  private static void transformer(
      List<Layer> all, String model, int hidden, int inner, int heads, int kvHeads, int headSize) {
    all.add(new Layer(model, "up", "MLP gate and up projections", 2 * inner, hidden));
    all.add(new Layer(model, "down", "MLP down projection", hidden, inner));
    attention(all, model, hidden, heads, kvHeads, headSize);
  }

  private static void experts(
      List<Layer> all, String model, int hidden, int inner, int heads, int kvHeads, int headSize) {
    all.add(
        new Layer(model, "expert-up", "one expert's gate and up projections", 2 * inner, hidden));
    all.add(new Layer(model, "expert-down", "one expert's down projection", hidden, inner));
    attention(all, model, hidden, heads, kvHeads, headSize);
  }

  private static void attention(
      List<Layer> all, String model, int hidden, int heads, int kvHeads, int headSize) {
    all.add(
        new Layer(
            model, "qkv", "attention query, key, value", (heads + 2 * kvHeads) * headSize, hidden));
    all.add(new Layer(model, "o", "attention output", hidden, heads * headSize));
  }
}
