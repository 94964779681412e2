package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.report.ReorderReport;
import dev.counterpoint.cli.report.SampleReport;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReorderOverheadTest {
  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16 --weight-layout kn --tile 16x16", "fp16"})
  void bothWaysGiveTheSameBits(String options, @TempDir Path directory) throws Exception {
    Path file = directory.resolve("r.json");
    CommandRun run =
        CommandRun.of(
            ("bench --reorder-overhead --backend host --ranks 2 -m 67 -n 45 -k 33 --iterations 2"
                    + " --warmup 1 --json "
                    + file
                    + " --dtype "
                    + options)
                .split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("tile GEMM", "RMSNorm", "[emulated devices]");
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    assertThat(report.path("same").asBoolean()).isTrue();
    assertThat(report.path("rows")).hasSize(2);
    for (JsonNode row : report.path("rows")) {
      double inPlace = row.path("inPlace").asDouble();
      assertThat(inPlace).isPositive();
      assertThat(row.path("overhead").asDouble())
          .isEqualTo(row.path("packed").asDouble() / inPlace - 1);
    }
  }

  @Test
  void otherBitsAreAFailure() {
    ReorderReport report =
        new ReorderReport(
            SampleReport.create().machine(), 2, "sizes", "128×128", 3, false, List.of());
    assertThat(report.lines()).last().asString().startsWith("FAILED");
  }
}
