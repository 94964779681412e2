package dev.counterpoint.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TensorParallelMlpTest {
  @Test
  void computesTheSameAsOneDeviceWould() {
    int tokens = 37; // divides nothing
    int model = 29;
    int hidden = 53;
    try (World world = World.open(WorldOptions.defaults().withBackend("host").withRanks(3));
        TensorParallelMlp mlp = new TensorParallelMlp(world, tokens, model, hidden)) {
      double[][] x = new double[tokens][];
      double[][] up = new double[hidden][];
      double[][] down = new double[model][hidden];
      int token = 0;
      int unit = 0;
      for (Rank rank : world.localRanks()) {
        TensorParallelMlp.Layer layer = mlp.layer(rank.index());
        TensorParallelMlp.fill(layer.x(), 1 + rank.index());
        TensorParallelMlp.fill(layer.wUp(), 101 + rank.index());
        TensorParallelMlp.fill(layer.wDown(), 201 + rank.index());
        for (double[] row : rows(layer.x())) {
          x[token++] = row;
        }
        double[][] columns = rows(layer.wDown());
        for (int o = 0; o < model; o++) {
          System.arraycopy(columns[o], 0, down[o], unit, columns[o].length);
        }
        for (double[] row : rows(layer.wUp())) {
          up[unit++] = row;
        }
      }
      mlp.forward();
      mlp.forward(); // a second launch reuses every buffer
      token = 0;
      for (Rank rank : world.localRanks()) {
        for (double[] row : rows(mlp.layer(rank.index()).y())) {
          for (int o = 0; o < model; o++) {
            assertThat(row[o])
                .as("token %d, output %d", token, o)
                .isCloseTo(expected(x[token], up, down[o]), within(1e-4));
          }
          token++;
        }
      }
      assertThat(token).isEqualTo(tokens);
    }
  }

  private static double expected(double[] x, double[][] up, double[] down) {
    double sum = 0;
    for (int h = 0; h < up.length; h++) {
      double activation = 0;
      for (int i = 0; i < x.length; i++) {
        activation += x[i] * up[h][i];
      }
      sum += Math.max(0, activation) * down[h];
    }
    return sum;
  }

  private static double[][] rows(Tensor tensor) {
    float[] values = tensor.toFloats();
    double[][] rows = new double[tensor.rows()][tensor.cols()];
    for (int i = 0; i < values.length; i++) {
      rows[i / tensor.cols()][i % tensor.cols()] = values[i];
    }
    return rows;
  }

  @Test
  void isQuotedInTheReadmeAsItIs() throws IOException {
    Path module = Path.of("").toAbsolutePath();
    String source =
        Files.readString(
            module.resolve("src/main/java/dev/counterpoint/examples/TensorParallelMlp.java"));
    String quoted =
        source
            .substring(
                source.indexOf("// README: begin\n") + 17, source.indexOf("  // README: end"))
            .stripTrailing();
    String readme = Files.readString(module.resolveSibling("README.md"));
    assertThat(readme).contains("```java\n" + quoted.stripIndent().stripTrailing() + "\n```");
  }
}
