package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.DType;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.core.strategy.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code auto} takes on a host world: cache, then model, then rule. */
class AutoTest {
  private static final int RANKS = 2;

  @TempDir private Path temporary;

  private World open(String... properties) {
    WorldOptions options =
        WorldOptions.defaults()
            .withBackend("host")
            .withRanks(RANKS)
            .withProperty(TuningAdvisor.CACHE, temporary.resolve("tuning").toString());
    for (int i = 0; i < properties.length; i += 2) {
      options = options.withProperty(properties[i], properties[i + 1]);
    }
    return World.open(options);
  }

  private TuningCache cache(World world) {
    return new TuningCache(
        temporary.resolve("tuning"),
        Fingerprint.of(world.backend()),
        warning -> {
          throw new AssertionError(warning);
        });
  }

  private static OperatorSpec spec(int m) {
    return GemmReduceScatterSpec.builder().m(m).n(64).k(64).dtype(DType.FP32).build();
  }

  private static TuningEntry entry(OperatorSpec spec, Strategy strategy, int chunks) {
    return Synthetic.entry(TuningKey.of(spec, RANKS), strategy, chunks);
  }

  private static String planned(World world, OperatorSpec spec) {
    try (OperatorPlan plan = world.plan(spec)) {
      assertThat(plan.spec()).isEqualTo(spec);
      return plan.explanation();
    }
  }

  @Test
  void cacheThenModelThenRule() {
    try (World world = open()) {
      assertThat(planned(world, spec(256))).startsWith("FUSED (peers can be addressed directly)");
      cache(world).put(entry(spec(256), Strategy.DECOMPOSED, 3));
      // A slow link and a fast GEMM: nothing to be gained, the link is busy all the time.
      cache(world).put(Synthetic.curves(RANKS, 1e6, 1e4, 1e6));
    }
    try (World world = open()) {
      assertThat(planned(world, spec(256)))
          .startsWith("DECOMPOSED (measured at 100 µs, sequential at 150 µs, on 2026-11-20")
          .contains("2 shards × 2 chunks"); // of 64 rows: three would be of 43
      assertThat(planned(world, spec(512))).startsWith("SEQUENTIAL (predicted at");
    }
  }

  @Test
  void anotherMachineKnowsNothingOfIt() {
    try (World world = open()) {
      cache(world).put(entry(spec(256), Strategy.DECOMPOSED, 3));
    }
    try (World world = open("host.link", "1GB/s")) {
      assertThat(planned(world, spec(256))).startsWith("FUSED (peers");
    }
  }

  @Test
  void whatIsForcedIsKept() {
    try (World world = open()) {
      cache(world).put(entry(spec(256), Strategy.DECOMPOSED, 3));
      cache(world).put(Synthetic.curves(RANKS, 0.01, 1, 1));
      OperatorSpec five = spec(256).withTuning(Tuning.AUTOMATIC.withChunks(5));
      TuningAdvisor advisor = new TuningAdvisor(world.backend(), temporary.resolve("tuning"));
      assertThat(advisor.advise(five))
          .hasValueSatisfying(
              advice -> {
                assertThat(advice.reason()).startsWith("predicted");
                assertThat(advice.tuning().chunks()).isEqualTo(5);
              });
      OperatorSpec sequential =
          spec(256).withTuning(Tuning.AUTOMATIC.withStrategy(Strategy.SEQUENTIAL));
      assertThat(planned(world, sequential)).startsWith("SEQUENTIAL (asked for)");
    }
  }

  @Test
  void aDamagedCacheIsNoFailure() throws Exception {
    try (World world = open()) {
      cache(world).put(entry(spec(256), Strategy.DECOMPOSED, 3));
    }
    try (Stream<Path> files = Files.walk(temporary)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.writeString(file, "damage");
      }
    }
    try (World world = open()) {
      assertThat(planned(world, spec(256))).startsWith("FUSED (peers");
    }
  }

  @Test
  void tuningMeasuresKeepsAndResumes() {
    OperatorSpec spec = spec(128);
    try (World world = open()) {
      TuningCache cache = cache(world);
      cache.put(Synthetic.curves(RANKS, 1, 10, 10));
      TuningEntry entry;
      try (Tuner tuner = new Tuner(world, cache, TuningProgress.NONE, 2, Duration.ofSeconds(60))) {
        tuner.validate(spec, false);
        assertThat(cache.entries()).as("validation keeps nothing").isEmpty();
        entry = tuner.tune(spec, false);
      }
      assertThat(cache.find(TuningKey.of(spec, RANKS))).contains(entry);
      assertThat(entry.candidates())
          .extracting(c -> c.tuning().strategy())
          .contains(Strategy.SEQUENTIAL, Strategy.DECOMPOSED, Strategy.SIGNALED, Strategy.FUSED);
      double fastest =
          entry.candidates().stream()
              .mapToDouble(TuningEntry.Candidate::measured)
              .min()
              .orElseThrow();
      assertThat(entry.best().measured()).isPositive().isLessThanOrEqualTo(1.01 * fastest);
    }
    try (World world = open()) {
      assertThat(planned(world, spec)).contains("(measured at");
    }
  }

  @Test
  void everyRouteCanBeSampled() {
    try (World world = open();
        Stopwatch stopwatch = new Stopwatch(world, Duration.ofSeconds(60));
        RouteSampler sampler = new RouteSampler(world, stopwatch, TuningProgress.NONE)) {
      assertThat(sampler.withComputePushes(true).sample(DType.FP32, DType.FP32))
          .containsOnlyKeys(Route.values())
          .allSatisfy(
              (route, curve) ->
                  assertThat(curve.micros(1 << 20))
                      .isGreaterThanOrEqualTo(route == Route.START ? 0 : Double.MIN_VALUE));
    }
  }

  @Test
  void aFingerprintIsTheSameForTheSameAndAnotherForAnother() {
    String first;
    try (World world = open()) {
      first = Fingerprint.of(world.backend()).id();
    }
    try (World world = open()) {
      assertThat(Fingerprint.of(world.backend()).id()).isEqualTo(first);
      assertThat(Fingerprint.of(world.backend()).parts())
          .containsKeys("backend", "devices", "link", "kernels", "strategies")
          .doesNotContainValue("unknown");
    }
    for (List<String> other :
        List.of(List.of("host.link", "1GB/s"), List.of("host.threads", "3"))) {
      try (World world = open(other.toArray(String[]::new))) {
        assertThat(Fingerprint.of(world.backend()).id()).as("%s", other).isNotEqualTo(first);
      }
    }
  }

  /** A command that is installed has jars, and its trimmed runtime no file system for them. */
  @Test
  void theStrategiesHaveOneHashInAFolderAndInAJar(@TempDir Path folder) throws Exception {
    Path classes =
        Path.of(Program.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    assumeTrue(Files.isDirectory(classes), "needs the classes in a folder");
    Path jar = folder.resolve("strategies.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new ZipEntry(classes.relativize(file).toString().replace('\\', '/')));
        out.write(Files.readAllBytes(file));
        out.closeEntry();
      }
    }
    String expected = Fingerprint.strategiesIn(classes);
    assertThat(expected).matches("[0-9a-f]{64}");
    assertThat(Fingerprint.strategiesIn(jar)).isEqualTo(expected);
  }
}
