package dev.counterpoint.conformance;

import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Turns JUnit's events into results. */
final class ResultCollector implements TestExecutionListener {
  private final String backend;
  private final List<TestResult> results;
  private final ConformanceRunner.ProgressListener listener;
  private final Map<String, Long> starts = new HashMap<>();
  private final Map<String, String> refusals = new HashMap<>();

  ResultCollector(
      String backend, List<TestResult> results, ConformanceRunner.ProgressListener listener) {
    this.backend = backend;
    this.results = results;
    this.listener = listener;
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    starts.put(test.getUniqueId(), System.nanoTime());
  }

  @Override
  public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
    String capabilities = entry.getKeyValuePairs().get(KitExtension.REFUSALS);
    if (capabilities != null) {
      refusals.put(test.getUniqueId(), "not declared, so the refusal was tested: " + capabilities);
    }
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    add(test, Outcome.SKIPPED, reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    String detail = result.getThrowable().map(ResultCollector::text).orElse("");
    switch (result.getStatus()) {
      case SUCCESSFUL -> {
        if (test.isTest()) {
          add(test, Outcome.PASSED, refusals.getOrDefault(test.getUniqueId(), ""));
        }
      }
      case ABORTED -> add(test, Outcome.SKIPPED, detail);
      case FAILED -> add(test, Outcome.FAILED, detail);
    }
  }

  private static String text(Throwable e) {
    return e.getMessage() == null ? e.toString() : e.getMessage().strip();
  }

  private void add(TestIdentifier test, Outcome outcome, String detail) {
    Optional<Method> method =
        test.getSource()
            .filter(MethodSource.class::isInstance)
            .map(source -> ((MethodSource) source).getJavaMethod());
    if (method.isEmpty() && outcome == Outcome.PASSED) {
      return;
    }
    String chapter = method.map(m -> Chapters.title(m.getDeclaringClass())).orElse("kit");
    String name = method.map(Method::getName).orElse(test.getDisplayName());
    List<String> rules = method.map(Chapters::rules).orElse(List.of());
    String variant = test.isTest() ? test.getDisplayName() : "before it ran";
    long millis =
        (System.nanoTime() - starts.getOrDefault(test.getUniqueId(), System.nanoTime()))
            / 1_000_000;
    TestResult result =
        new TestResult(backend, chapter, name, variant, rules, outcome, detail, millis);
    results.add(result);
    listener.finished(result.title(), outcome.word());
  }
}
