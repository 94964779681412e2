package dev.counterpoint.core.tuner;

import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Transport;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how to run a problem on one open backend: as was measured for it, else as the model predicts
 * from sampled curves, else nothing. Measures nothing itself. Thread-safe.
 */
public final class TuningAdvisor {
  /** Property of a world: the folder of the cache, or {@code off}. */
  public static final String CACHE = "tuning.cache";

  /** System property for worlds that do not say. */
  public static final String CACHE_PROPERTY = "counterpoint." + CACHE;

  /** A prediction must be better than sequential by this much: models err. */
  private static final double LEAST_GAIN = 0.02;

  private static final Logger log = LoggerFactory.getLogger(TuningAdvisor.class);

  private final Backend backend;
  private final @Nullable Path root;
  private @Nullable TuningCache cache;
  private @Nullable Corrections corrections;

  /**
   * An answer.
   *
   * @param tuning how to run it, strategy included
   * @param reason why, for people
   */
  public record Advice(Tuning tuning, String reason) {}

  /**
   * Creates an advisor.
   *
   * @param root the folder of all caches, or null for none
   */
  public TuningAdvisor(Backend backend, @Nullable Path root) {
    this.backend = backend;
    this.root = root;
  }

  /** The folder that a world's properties, or else the process's, or else the user's home give. */
  public static @Nullable Path root(Map<String, String> properties) {
    String given = properties.getOrDefault(CACHE, System.getProperty(CACHE_PROPERTY, ""));
    if (given.isEmpty()) {
      return TuningCache.usualFolder();
    }
    return given.equals("off") ? null : Path.of(given);
  }

  /** What is best for a problem, as far as is known; what its tuning forces is kept. */
  public Optional<Advice> advise(OperatorSpec spec) {
    if (root == null) {
      return Optional.empty();
    }
    TuningKey key = TuningKey.of(spec, backend.size());
    return measured(key, spec.tuning()).or(() -> predicted(key, spec.tuning()));
  }

  private synchronized TuningCache cache() {
    if (cache == null) {
      cache = new TuningCache(root, Fingerprint.of(backend), log::warn);
      corrections = Corrections.from(cache.entries());
    }
    return cache;
  }

  private Optional<Advice> measured(TuningKey key, Tuning forced) {
    return cache()
        .find(key)
        .filter(entry -> agrees(entry.chosen(), forced))
        .map(
            entry ->
                new Advice(
                    entry.chosen(),
                    String.format(
                        Locale.ROOT,
                        "measured at %.0f µs, sequential at %.0f µs, on %s",
                        entry.best().measured(),
                        entry.sequential().map(s -> s.measured()).orElse(Double.NaN),
                        entry.time())));
  }

  private static boolean agrees(Tuning found, Tuning forced) {
    return (forced.chunks() == 0 || forced.chunks() == found.chunks())
        && (forced.tileRows() == 0 || forced.tileRows() == found.tileRows())
        && (forced.tileCols() == 0 || forced.tileCols() == found.tileCols())
        && (forced.reservedUnits() < 0 || forced.reservedUnits() == found.reservedUnits())
        && (forced.groups().isEmpty() || forced.groups().equals(found.groups()))
        && (forced.transport() == Transport.AUTO || forced.transport() == found.transport());
  }

  private Optional<Advice> predicted(TuningKey key, Tuning forced) {
    return model(key).map(model -> choose(model, key, forced));
  }

  private Optional<LatencyModel> model(TuningKey key) {
    return cache()
        .curves(key.inputType(), key.outputType(), key.weightLayout())
        .map(
            curves ->
                new LatencyModel(
                    curves,
                    Machine.of(backend, key.inputType(), key.outputType(), key.weightLayout()),
                    knownCorrections()));
  }

  private synchronized Corrections knownCorrections() {
    return corrections == null ? Corrections.NONE : corrections;
  }

  /**
   * The fastest predicted, each taken to be slower by what predictions of its strategy have been
   * off; sequential where nothing is faster than that even so.
   */
  static Advice choose(LatencyModel model, TuningKey key, Tuning forced) {
    return choose(model, key, Prospects.of(model, key, forced));
  }

  /** The same among candidates of which the first is sequential. */
  static Advice choose(LatencyModel model, TuningKey key, List<Candidate> prospects) {
    List<Tuning> candidates = prospects.stream().map(Candidate::tuning).toList();
    Tuning sequential = candidates.get(0);
    double baseline = model.predict(key, sequential);
    Tuning best =
        candidates.stream()
            .filter(tuning -> tuning.strategy() != Strategy.SEQUENTIAL)
            .min(Comparator.comparingDouble(tuning -> cautious(model, key, tuning)))
            .orElse(sequential);
    double fastest = model.predict(key, best);
    boolean gains = cautious(model, key, best) < baseline * (1 - LEAST_GAIN);
    return new Advice(
        gains ? best : sequential,
        gains
            ? String.format(
                Locale.ROOT, "predicted at %.0f µs, sequential at %.0f µs", fastest, baseline)
            : String.format(
                Locale.ROOT,
                "predicted at %.0f µs; %s at %.0f µs, give or take %.0f %%",
                baseline,
                best.strategy(),
                fastest,
                100 * model.doubt(key, best)));
  }

  /** Raised by the doubts in both of what is compared, as if they were independent. */
  private static double cautious(LatencyModel model, TuningKey key, Tuning tuning) {
    Tuning sequential = tuning.withStrategy(Strategy.SEQUENTIAL);
    double doubt = Math.hypot(model.doubt(key, tuning), model.doubt(key, sequential));
    return model.predict(key, tuning) * (1 + doubt);
  }
}
