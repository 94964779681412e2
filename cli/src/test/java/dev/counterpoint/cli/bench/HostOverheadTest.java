package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostOverheadTest {
  private static CommandRun overhead(String arguments) {
    return CommandRun.of(
        ("bench --host-overhead --ranks 2 --iterations 3 --warmup 1 " + arguments).split(" "));
  }

  @Test
  void everyOperatorStrategyAndPathIsARow(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("o.json");
    CommandRun run = overhead("--backend host --json " + file);
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("host time of a launch on host", "[emulated devices]", "of 24 launches");
    JsonNode rows = new ObjectMapper().readTree(file.toFile()).path("rows");
    assertThat(rows).hasSize(4 * 6 * 2);
    for (JsonNode row : rows) {
      assertThat(row.path("status").asText()).isEqualTo("OK");
      assertThat(row.path("medianNanos").asDouble()).isPositive();
      assertThat(row.path("p99Nanos").asDouble())
          .isGreaterThanOrEqualTo(row.path("medianNanos").asDouble());
      assertThat(row.path("byRank")).hasSize(2);
    }
  }

  @Test
  void withoutGraphsThereIsNoReplay() {
    CommandRun run =
        overhead("gemm-rs --backend wrong --dtype fp32 --strategy fused -P wrong.lacks=GRAPHS");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("gemm-rs by fused, replay: backend 'host' lacks GRAPHS");
  }

  @Test
  void aWrongResultFailsTheRow() {
    CommandRun run =
        overhead("gemm-ar --backend wrong --dtype fp32 --strategy sequential -P wrong.sums=true");
    assertThat(run.status()).isEqualTo(ExitCode.CHECK_FAILED);
    assertThat(run.out().lines())
        .anySatisfy(line -> assertThat(line).contains("direct").endsWith("FAILED"));
  }
}
