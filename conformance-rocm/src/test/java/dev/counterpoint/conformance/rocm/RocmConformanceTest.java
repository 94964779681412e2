package dev.counterpoint.conformance.rocm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.DType;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Strategy;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.conformance.Chaos;
import dev.counterpoint.conformance.ConformanceRunner;
import dev.counterpoint.conformance.Outcome;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.TraceEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bindings, backend and kernels on the emulated gfx942, which stops at anything that its memory
 * model does not allow.
 */
@Timeout(2400)
class RocmConformanceTest {
  private static final String KERNELS = "/META-INF/counterpoint/kernels/cdna3/manifest.json";
  private static final Path LIBRARIES = Path.of(System.getProperty("counterpoint.rocm.hip", "."));
  private static final Path FAULTS = Path.of(System.getProperty("emulator.log", "emulator.log"));
  private static final ConformanceRunner.ProgressListener SILENT =
      new ConformanceRunner.ProgressListener() {
        @Override
        public void started(int total) {}

        @Override
        public void finished(String test, String outcome) {}
      };

  @BeforeAll
  static void find() throws IOException {
    assumeTrue(
        Files.exists(LIBRARIES.resolve("libamdhip64.so")),
        "the emulated device is not built, which takes g++: the ROCm backend is not tested here");
    assumeTrue(
        RocmConformanceTest.class.getResource(KERNELS) != null,
        "the CDNA3 kernels are not in this build: the ROCm backend is not tested here");
    Files.deleteIfExists(FAULTS);
  }

  /** Not even in a test that passes. */
  @AfterEach
  void theDeviceFoundNothingWrong() throws IOException {
    assertThat(Files.exists(FAULTS) ? Files.readString(FAULTS) : "").isEmpty();
  }

  @Test
  void theProbeSaysThatDevicesAreEmulated() {
    BackendProvider provider =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(candidate -> candidate.name().equals("rocm"))
            .findFirst()
            .orElseThrow();
    Probe probe = provider.probe();
    assertThat(probe).isInstanceOf(Probe.Available.class);
    Probe.Available available = (Probe.Available) probe;
    assertThat(available.summary()).startsWith("8 × gfx942 (emulated)");
    assertThat(available.devices()).hasSize(8).allMatch(DeviceInfo::emulated);
    assertThat(available.notes()).anyMatch(note -> note.contains("emulated in software"));
  }

  /** Which tile was held up by what: its gate, its stores, the signal behind them. */
  @Test
  void tracedTilesSayWhenTheyWereStoredAndPosted() {
    GemmReduceScatterSpec spec =
        GemmReduceScatterSpec.builder()
            .m(64)
            .n(64)
            .k(64)
            .dtype(DType.BF16)
            .strategy(Strategy.FUSED)
            .build();
    try (World world = World.open(WorldOptions.defaults().withBackend("rocm").withRanks(2))) {
      OperatorPlan plan = world.plan(spec);
      world.backend().startTrace();
      world.onEachRank(
          rank ->
              plan.launch(
                  rank,
                  rank.allocate(DType.BF16, spec.inputShape(rank.index(), 2)),
                  rank.allocate(DType.BF16, spec.weightShape(rank.index(), 2)),
                  rank.allocate(DType.BF16, spec.outputShape(rank.index(), 2))));
      world.synchronize(Duration.ofSeconds(60));
      List<TraceEvent> events = world.backend().stopTrace();
      List<TraceEvent> tiles =
          events.stream().filter(event -> event.name().matches("tile \\d+")).toList();
      assertThat(tiles).isNotEmpty();
      for (TraceEvent tile : tiles) {
        for (String part : List.of("store of ", "post of ")) {
          assertThat(events)
              .filteredOn(event -> event.rank() == tile.rank() && event.lane().equals(tile.lane()))
              .filteredOn(event -> event.name().equals(part + tile.name()))
              .as("%s%s", part, tile.name())
              .hasSize(1)
              .allMatch(event -> event.startNanos() >= tile.startNanos());
        }
      }
    }
  }

  /**
   * Every test on 1, 2, 3 and 8 devices, with delays wherever the kit has them; as often as in a
   * smoke run, or in a full one if that is asked for.
   */
  @Test
  void theBackendPassesTheKit() {
    ConformanceRunner.Summary summary = run(Boolean.getBoolean("conformance.full"), Set.of());
    assertThat(summary.failures()).isEmpty();
    // These kernels do not take factors of blocks. Beside them a few: the vendor's GEMM, and what
    // only holds where a rank has its own hardware.
    assertThat(summary.results())
        .filteredOn(result -> result.outcome() == Outcome.SKIPPED)
        .filteredOn(result -> !result.detail().contains("does not declare BLOCK_SCALES"))
        .hasSizeLessThan(summary.passed() / 20);
  }

  /** The one test that a smoke run leaves out. */
  @Test
  void whatIsBeyondTwoGigabytesWorks() {
    ConformanceRunner.Summary summary = run(true, Set.of("XFER-7"));
    assertThat(summary.failures()).isEmpty();
    assertThat(summary.passed()).isPositive();
  }

  private static ConformanceRunner.Summary run(boolean full, Set<String> rules) {
    return ConformanceRunner.run(
        new ConformanceRunner.Options(
            "rocm",
            full,
            rules,
            Set.of(1, 2, 3, 8),
            Chaos.INSTEAD,
            Long.getLong("conformance.seed", 20250101),
            Map.of(),
            Path.of(
                System.getProperty("conformance.report", "target/conformance"),
                rules.isEmpty() ? "all" : String.join("-", rules))),
        SILENT);
  }
}
