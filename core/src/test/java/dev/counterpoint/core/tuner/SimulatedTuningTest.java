package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Splits;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.core.fake.Speeds;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.core.world.DefaultWorldProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The tuner on machines whose times are known and never vary: what it samples is what the real
 * samplers measure there, what it predicts is compared with what the real strategies take there,
 * and what it chooses with the fastest of everything.
 */
class SimulatedTuningTest {
  private static final int RANKS = 4;
  private static final int TUNED = 3;

  /** Of each operator, measured exhaustively; more than the usual are asked for by hand. */
  private static final int UNSEEN = Integer.getInteger("counterpoint.simulated.unseen", 2);

  /** Of each operator, of which the choice and sequential are measured. */
  private static final int MANY = 16;

  private static final double NOT_SLOWER = 1.02;
  private static final double NEAR = 1.03;

  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.PEER_ACCESS,
          Capability.TIMED_EVENTS,
          Capability.VENDOR_GEMM,
          Capability.GEMM_BF16);

  /** Copy engines and compute units push alike there, and need not be told apart. */
  private static final Tuning FORCED = Tuning.AUTOMATIC.withTransport(Transport.COPY_ENGINE);

  /** Machines. */
  enum Simulated {
    /** Long products, fast links. */
    LARGE,
    /** Few units, a slow link. */
    SMALL;

    Speeds speeds() {
      return this == LARGE ? Speeds.large() : Speeds.small();
    }
  }

  private static World open(Simulated machine) {
    RecordingBackend backend = RecordingBackend.simulated(RANKS, CAPABILITIES, machine.speeds());
    return DefaultWorldProvider.open(
        WorldOptions.defaults().withProperty(TuningAdvisor.CACHE, "off"),
        BackendRegistry.of(List.of(backend.provider())));
  }

  private static Tuner tuner(World world) {
    TuningCache cache = new TuningCache(null, Fingerprint.of(world.backend()), warning -> {});
    return new Tuner(world, cache, TuningProgress.NONE, 1, Duration.ofMinutes(1));
  }

  private static GemmProblem problem(int m, int n, int k) {
    return new GemmProblem(m, n, k, DType.BF16, DType.BF16, WeightLayout.NK, 1f, 0f, false);
  }

  /** Some shapes of each operator, large and small, even and odd. */
  private static List<OperatorSpec> shapes(long seed, int each) {
    SplittableRandom random = new SplittableRandom(seed);
    List<OperatorSpec> specs = new ArrayList<>();
    for (int i = 0; i < each; i++) {
      specs.add(new AllGatherGemmSpec(drawn(random), FORCED));
      specs.add(new GemmReduceScatterSpec(drawn(random), FORCED));
      specs.add(new GemmAllReduceSpec(drawn(random), FORCED));
      specs.add(new GemmAllToAllSpec(drawn(random), FORCED));
    }
    return specs;
  }

  private static GemmProblem drawn(SplittableRandom random) {
    return problem(size(random, 128, 2048), size(random, 1024, 6144), size(random, 1024, 8192));
  }

  private static int size(SplittableRandom random, int least, int most) {
    return (int) Math.exp(random.nextDouble(Math.log(least), Math.log(most)));
  }

  /** What is said of some shapes; also left in a file, to be read. */
  private static final class Verdict {
    private final List<String> lines = new ArrayList<>();
    private final List<String> slower = new ArrayList<>();
    private final List<String> far = new ArrayList<>();
    private final List<String> farTuned = new ArrayList<>();
    private final List<Double> errors = new ArrayList<>();

    void add(TuningEntry entry) {
      double choice = entry.predictedBest().measured();
      String words = words(entry);
      lines.add(words);
      errors.add(Math.abs(entry.predictedBest().error()));
      if (choice > NOT_SLOWER * entry.sequential().orElseThrow().measured()) {
        slower.add(words);
      }
      if (choice > NEAR * entry.best().measured()) {
        far.add(words);
      }
      if (entry.shortlistedBest().measured() > NEAR * entry.best().measured()) {
        farTuned.add(words);
      }
    }

    double medianError() {
      return errors.stream().sorted().skip(errors.size() / 2).findFirst().orElseThrow();
    }

    void write(String name) throws IOException {
      Path file = Path.of("target", "simulated-tuning", name + ".txt");
      Files.createDirectories(file.getParent());
      lines.add(
          String.format(
              Locale.ROOT,
              "%d shapes; median error of choices %.1f %%; slower than sequential %d; choice not"
                  + " within 3 %% of the fastest measured %d; nor the fastest of the few %d",
              errors.size(),
              100 * medianError(),
              slower.size(),
              far.size(),
              farTuned.size()));
      Files.write(file, lines);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theChoiceIsNearTheFastestOfEverything(Simulated machine) throws IOException {
    Verdict verdict = new Verdict();
    List<OperatorSpec> unseen = shapes(22, UNSEEN);
    try (World world = open(machine);
        Tuner tuner = tuner(world)) {
      shapes(21, TUNED).forEach(spec -> tuner.tune(spec, false));
      unseen.forEach(spec -> verdict.add(tuner.validate(spec, true)));
    }
    verdict.write("exhaustive-" + machine);
    assertThat(verdict.slower).isEmpty();
    assertThat(verdict.medianError()).isLessThan(0.05);
    assertThat(verdict.farTuned).hasSizeLessThanOrEqualTo(unseen.size() / 20);
    assertThat(verdict.far).hasSizeLessThanOrEqualTo(unseen.size() / 3);
  }

  /** What {@code auto} takes for shapes that nobody tuned; the curves know nothing of them. */
  @ParameterizedTest
  @EnumSource
  void theChoiceIsNotSlowerThanSequential(Simulated machine) throws IOException {
    Verdict verdict = new Verdict();
    try (World world = open(machine);
        Tuner tuner = tuner(world)) {
      shapes(21, TUNED).forEach(spec -> tuner.tune(spec, false));
      shapes(24, MANY).forEach(spec -> verdict.add(tuner.validate(spec, false)));
    }
    verdict.write("unseen-" + machine);
    assertThat(verdict.errors).hasSizeGreaterThanOrEqualTo(60);
    assertThat(verdict.slower).isEmpty();
    assertThat(verdict.medianError()).isLessThan(0.05);
  }

  private static String words(TuningEntry entry) {
    return entry.key().title()
        + " "
        + List.of(entry.key().m(), entry.key().n(), entry.key().k())
        + ": chose "
        + entry.predictedBest()
        + ", best is "
        + entry.best()
        + ", sequential "
        + entry.sequential().orElseThrow().measured();
  }

  /** Before anything was tuned there are no corrections: the model alone. */
  @ParameterizedTest
  @EnumSource
  void nothingTunedIsNeededForAPrediction(Simulated machine) {
    try (World world = open(machine);
        Tuner tuner = tuner(world)) {
      for (OperatorSpec spec : shapes(23, 2)) {
        TuningEntry entry = tuner.validate(spec, false);
        for (Candidate candidate : entry.candidates()) {
          assertThat(candidate.error())
              .as("%s of %s %s", candidate, spec.operator(), spec.problem())
              .isBetween(-0.15, 0.2);
        }
        assertThat(entry.predictedBest().measured())
            .as(words(entry))
            .isLessThan(1.02 * entry.sequential().orElseThrow().measured());
      }
    }
  }

  /** A rank that gets most of the rows is what all wait for; and splits are keys of their own. */
  @ParameterizedTest
  @EnumSource
  void splitsArePredictedAsTheyAre(Simulated machine) {
    long[][] even = new long[RANKS][RANKS];
    long[][] hot = new long[RANKS][RANKS];
    for (int from = 0; from < RANKS; from++) {
      for (int to = 0; to < RANKS; to++) {
        even[from][to] = 256;
        hot[from][to] = to == 1 ? 640 : 128;
      }
    }
    try (World world = open(machine);
        Tuner tuner = tuner(world)) {
      List<TuningEntry> entries = new ArrayList<>();
      for (long[][] counts : List.of(even, hot)) {
        GemmAllToAllSpec spec =
            new GemmAllToAllSpec(problem(1024, 4096, 2048), FORCED, Splits.of(counts));
        entries.add(tuner.validate(spec, true));
      }
      assertThat(entries.get(0).key()).isNotEqualTo(entries.get(1).key());
      assertThat(entries.get(0).key().fileName()).isNotEqualTo(entries.get(1).key().fileName());
      for (TuningEntry entry : entries) {
        assertThat(entry.predictedBest().measured())
            .as(words(entry))
            .isLessThan(1.1 * entry.best().measured());
      }
      double gain = entries.get(1).sequential().orElseThrow().predicted();
      assertThat(gain).isGreaterThan(entries.get(0).sequential().orElseThrow().predicted());
    }
  }

  /** Where nothing but a norm differs, the signaled strategy has one pass fewer than the others. */
  @ParameterizedTest
  @EnumSource
  void normsArePredictedForEachStrategy(Simulated machine) {
    Norm norm = Norm.rms(1e-5f).withResidual().withSum();
    try (World world = open(machine);
        Tuner tuner = tuner(world)) {
      for (OperatorSpec spec :
          List.of(
              new GemmReduceScatterSpec(problem(1024, 4096, 4096), FORCED, norm),
              new GemmAllReduceSpec(problem(1024, 4096, 4096), FORCED, norm))) {
        TuningEntry entry = tuner.tune(spec, false);
        assertThat(entry.key().norm()).isEqualTo("rms+residual+sum");
        assertThat(entry.candidates())
            .extracting(c -> c.tuning().strategy())
            .contains(Strategy.SEQUENTIAL, Strategy.SIGNALED, Strategy.FUSED, Strategy.RING);
        for (Candidate candidate : entry.candidates()) {
          assertThat(candidate.error()).as("%s", candidate).isBetween(-0.2, 0.2);
        }
      }
    }
  }
}
