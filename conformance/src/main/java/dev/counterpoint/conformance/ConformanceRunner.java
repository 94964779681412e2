package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.store.Namespace;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the kit in this process, against one backend or several, and writes reports.
 *
 * <p>Not reentrant with respect to devices: two runs at once compete for them.
 */
public final class ConformanceRunner {
  private ConformanceRunner() {}

  /**
   * What to run.
   *
   * @param backend name of a backend, or several separated by commas; one may be named more than
   *     once
   * @param full everything, for minutes, and the only mode whose report may say "conformant";
   *     otherwise a smoke run
   * @param only rules such as {@code GEMM-7}, parts of the specification such as {@code GEMM},
   *     classes of tests and single tests; empty for all, without which no report may say
   *     "conformant"
   * @param ranks sizes of world; empty for the kit's choice
   * @param chaos where delays are thrown in
   * @param seed of everything that is chosen at random
   * @param properties settings for the backends; {@code 2:host.threads} is for the second of {@code
   *     backend} alone
   * @param reportDirectory where reports are written, or null for none
   */
  public record Options(
      String backend,
      boolean full,
      Set<String> only,
      Set<Integer> ranks,
      Chaos chaos,
      long seed,
      Map<String, String> properties,
      @Nullable Path reportDirectory) {
    /** Copies the collections. */
    public Options {
      only = Set.copyOf(only);
      ranks = Set.copyOf(ranks);
      properties = Map.copyOf(properties);
    }

    /** Everything as the kit has it. */
    public static Options of(String backend) {
      return new Options(
          backend, false, Set.of(), Set.of(), Chaos.USUAL, Session.DEFAULT_SEED, Map.of(), null);
    }

    /** All tests, for minutes, or a smoke run. */
    public Options withFull(boolean newFull) {
      return new Options(backend, newFull, only, ranks, chaos, seed, properties, reportDirectory);
    }

    /** Other tests. */
    public Options withOnly(Set<String> newOnly) {
      return new Options(backend, full, newOnly, ranks, chaos, seed, properties, reportDirectory);
    }

    /** Other sizes of world. */
    public Options withRanks(Set<Integer> newRanks) {
      return new Options(backend, full, only, newRanks, chaos, seed, properties, reportDirectory);
    }

    /** Delays elsewhere. */
    public Options withChaos(Chaos newChaos) {
      return new Options(backend, full, only, ranks, newChaos, seed, properties, reportDirectory);
    }

    /** Another seed. */
    public Options withSeed(long newSeed) {
      return new Options(backend, full, only, ranks, chaos, newSeed, properties, reportDirectory);
    }

    /** Other settings. */
    public Options withProperties(Map<String, String> newProperties) {
      return new Options(backend, full, only, ranks, chaos, seed, newProperties, reportDirectory);
    }

    /** Reports in a directory, or none. */
    public Options withReport(@Nullable Path directory) {
      return new Options(backend, full, only, ranks, chaos, seed, properties, directory);
    }
  }

  /**
   * What came of it. A test counts once for each size of world that it ran in.
   *
   * @param results every test
   * @param verdicts by backend, what the run says of it in one line
   * @param report the report for people, or null if none was asked for
   */
  public record Summary(
      List<TestResult> results, Map<String, String> verdicts, @Nullable Path report) {
    /** Copies the collections. */
    public Summary {
      results = List.copyOf(results);
      verdicts = Collections.unmodifiableMap(new LinkedHashMap<>(verdicts));
    }

    /** Tests that passed. */
    public int passed() {
      return count(Outcome.PASSED);
    }

    /** Tests that failed. */
    public int failed() {
      return count(Outcome.FAILED);
    }

    /** Tests that could not be run. */
    public int skipped() {
      return count(Outcome.SKIPPED);
    }

    private int count(Outcome outcome) {
      return (int) results.stream().filter(result -> result.outcome() == outcome).count();
    }

    /** One line for each failure: rules, backend, ranks, seed, what was wanted and seen. */
    public List<String> failures() {
      return results.stream()
          .filter(result -> result.outcome() == Outcome.FAILED)
          .map(TestResult::line)
          .toList();
    }
  }

  /** What runs tests: {@link #run(Options, ProgressListener)}, or something in its place. */
  @FunctionalInterface
  public interface Kit {
    /** Runs them and sums up. */
    Summary run(Options options, ProgressListener listener);
  }

  /** Hears how a run goes; called from the thread that runs it. */
  public interface ProgressListener {
    /** The run begins. */
    void started(int total);

    /**
     * A test has ended.
     *
     * @param test chapter, sentence and size of world
     * @param outcome {@code passed}, {@code failed} or {@code skipped}
     */
    void finished(String test, String outcome);
  }

  /**
   * Runs the kit.
   *
   * @throws dev.counterpoint.BackendUnavailableException if one of the backends cannot run here
   * @throws InvalidArgumentException if there is no test of what is to be tested, or no world of so
   *     many ranks, or a backend refuses a setting
   */
  public static Summary run(Options options, ProgressListener listener) {
    List<Method> tests = new Selection(options.only()).tests();
    return run(
        options, new Targets(options.backend(), options.properties()).all(), tests, listener);
  }

  /** Runs tests against given targets. */
  static Summary run(
      Options options,
      List<ConformanceTarget> targets,
      List<Method> tests,
      ProgressListener listener) {
    List<Session> sessions = targets.stream().map(target -> session(options, target)).toList();
    listener.started(sessions.stream().mapToInt(session -> total(tests, session)).sum());
    List<TestResult> results = new ArrayList<>();
    Instant begin = Instant.now();
    for (Session session : sessions) {
      run(session, tests, new ResultCollector(session.target().name(), results, listener));
    }
    Path directory = options.reportDirectory();
    Path page =
        directory == null
            ? null
            : Reports.write(RunReport.of(options, sessions, begin, results), directory);
    return new Summary(results, RunReport.verdicts(options, sessions, results), page);
  }

  private static Session session(Options options, ConformanceTarget target) {
    if (options.chaos().mode() == Chaos.Mode.EVERYWHERE
        && target.chaos(options.chaos().seed()).isEmpty()) {
      throw new InvalidArgumentException(
          "chaos",
          options.chaos().seed(),
          "be off or left out: backend '" + target.name() + "' cannot delay its work at random");
    }
    for (int ranks : options.ranks()) {
      Targets.requireRanks(target, ranks);
    }
    List<Integer> worlds =
        options.ranks().isEmpty()
            ? target.rankCounts(options.full())
            : List.copyOf(new TreeSet<>(options.ranks()));
    return new Session(target, options.full(), options.seed(), worlds, options.chaos());
  }

  private static int total(List<Method> tests, Session session) {
    int total = 0;
    for (Method test : tests) {
      boolean left = test.getAnnotation(ConformanceTest.class).fullOnly() && !session.full();
      total += left ? 1 : Math.max(1, Variant.of(test, session).size());
    }
    return total;
  }

  private static void run(Session session, List<Method> tests, ResultCollector collector) {
    List<DiscoverySelector> selectors = new ArrayList<>();
    for (Method test : tests) {
      selectors.add(DiscoverySelectors.selectMethod(test.getDeclaringClass(), test));
    }
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectors)
            .filters(EngineFilter.includeEngines("junit-jupiter"))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
            .build();
    LauncherConfig config =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
    try (LauncherSession launcher = LauncherFactory.openSession(config)) {
      launcher.getStore().put(Namespace.create(Session.STORE_PART), Session.STORE_KEY, session);
      launcher.getLauncher().execute(request, collector);
    }
  }
}
