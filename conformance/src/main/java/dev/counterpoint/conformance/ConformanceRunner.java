package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
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
   * @param backend name of a backend, or several separated by commas
   * @param full everything, for minutes, and the only mode whose report may say "conformant";
   *     otherwise a smoke run
   * @param only rules such as {@code GEMM-7} and parts of the specification such as {@code GEMM}
   *     whose tests are to run; empty for all, without which no report may say "conformant"
   * @param seed of everything that is chosen at random
   * @param properties settings for the backends
   * @param reportDirectory where reports are written, or null for none
   */
  public record Options(
      String backend,
      boolean full,
      Set<String> only,
      long seed,
      Map<String, String> properties,
      @Nullable Path reportDirectory) {
    /** Copies the collections. */
    public Options {
      only = Set.copyOf(only);
      properties = Map.copyOf(properties);
    }
  }

  /**
   * What came of it. A test counts once for each size of world that it ran in.
   *
   * @param failures one line for each: rules, backend, ranks, seed, what was wanted and seen
   * @param report the report for people, or null if none was asked for
   */
  public record Summary(
      int passed, int failed, int skipped, List<String> failures, @Nullable Path report) {
    /** Copies the list. */
    public Summary {
      failures = List.copyOf(failures);
    }
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
   * @throws InvalidArgumentException if there is no test of a rule that is to be tested
   */
  public static Summary run(Options options, ProgressListener listener) {
    requireTests(options.only());
    List<ConformanceTarget> targets = new ArrayList<>();
    for (String name : options.backend().split(",", -1)) {
      targets.add(RegistryTarget.find(name.trim(), options.properties()));
    }
    return run(options, targets, test -> isWanted(options.only(), test), listener);
  }

  private static boolean isWanted(Set<String> only, Method test) {
    return only.isEmpty()
        || Chapters.rules(test).stream()
            .anyMatch(rule -> only.contains(rule) || only.contains(rule.split("-", 2)[0]));
  }

  private static void requireTests(Set<String> only) {
    for (String name : only) {
      if (Chapters.tests().stream().noneMatch(test -> isWanted(Set.of(name), test))) {
        throw new InvalidArgumentException(
            "only", name, "be a rule that has a test, such as GEMM-7, or a part, such as GEMM");
      }
    }
  }

  /** Runs the tests that are wanted against given targets. */
  static Summary run(
      Options options,
      List<ConformanceTarget> targets,
      Predicate<Method> wanted,
      ProgressListener listener) {
    List<Session> sessions =
        targets.stream()
            .map(target -> new Session(target, options.full(), options.seed()))
            .toList();
    List<Method> tests = Chapters.tests().stream().filter(wanted).toList();
    listener.started(sessions.stream().mapToInt(session -> total(tests, session)).sum());
    List<TestResult> results = new ArrayList<>();
    Instant begin = Instant.now();
    for (Session session : sessions) {
      run(session, tests, new ResultCollector(session.target().name(), results, listener));
    }
    Path directory = options.reportDirectory();
    Path written =
        directory == null
            ? null
            : Reports.write(RunReport.of(options, sessions, begin, results), directory);
    return new Summary(
        count(results, Outcome.PASSED),
        count(results, Outcome.FAILED),
        count(results, Outcome.SKIPPED),
        results.stream()
            .filter(result -> result.outcome() == Outcome.FAILED)
            .map(TestResult::line)
            .toList(),
        written);
  }

  private static int count(List<TestResult> results, Outcome outcome) {
    return (int) results.stream().filter(result -> result.outcome() == outcome).count();
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
