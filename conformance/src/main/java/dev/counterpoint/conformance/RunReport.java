package dev.counterpoint.conformance;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/** Everything that the reports say. */
record RunReport(
    Instant date,
    long millis,
    long seed,
    boolean full,
    String kitVersion,
    String platform,
    List<BackendInfo> backends,
    List<RuleRow> rules,
    List<TestResult> tests) {

  /** A column. */
  record BackendInfo(
      String name,
      String description,
      String summary,
      List<DeviceInfo> devices,
      Map<String, String> versions,
      List<String> capabilities,
      List<Integer> worlds,
      String verdict) {}

  /** A row: what each backend made of one rule. */
  record RuleRow(
      String name,
      boolean must,
      String text,
      String chapter,
      String untestable,
      List<Cell> cells) {}

  /** One rule on one backend. */
  record Cell(int passed, int failed, int skipped, List<String> reasons) {
    String status() {
      return failed > 0 ? "failed" : passed > 0 ? "passed" : skipped > 0 ? "skipped" : "none";
    }
  }

  /** By backend, what the run says of it in one line. */
  static Map<String, String> verdicts(
      ConformanceRunner.Options options, List<Session> sessions, List<TestResult> tests) {
    List<RuleRow> rows = rows(sessions, tests);
    Map<String, String> verdicts = new LinkedHashMap<>();
    for (int i = 0; i < sessions.size(); i++) {
      String name = sessions.get(i).target().name();
      verdicts.put(name, verdict(options, i, rows, tests, name));
    }
    return verdicts;
  }

  int count(Outcome outcome) {
    return (int) tests.stream().filter(test -> test.outcome() == outcome).count();
  }

  static RunReport of(
      ConformanceRunner.Options options,
      List<Session> sessions,
      Instant begin,
      List<TestResult> tests) {
    List<RuleRow> rows = rows(sessions, tests);
    List<BackendInfo> infos = new ArrayList<>();
    for (int i = 0; i < sessions.size(); i++) {
      infos.add(
          info(sessions.get(i), verdict(options, i, rows, tests, sessions.get(i).target().name())));
    }
    String version =
        Objects.requireNonNullElse(
            RunReport.class.getPackage().getImplementationVersion(), "unpackaged");
    String platform =
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
            + ", Java "
            + Runtime.version();
    long millis = Duration.between(begin, Instant.now()).toMillis();
    return new RunReport(
        begin,
        millis,
        options.seed(),
        options.full(),
        version,
        platform,
        infos,
        rows,
        List.copyOf(tests));
  }

  private static List<RuleRow> rows(List<Session> sessions, List<TestResult> tests) {
    RuleCatalog catalog = RuleCatalog.load();
    List<RuleRow> rows = new ArrayList<>();
    for (RuleCatalog.Entry entry : catalog.entries().values()) {
      List<Cell> cells =
          sessions.stream()
              .map(session -> cell(entry.name(), session.target().name(), tests))
              .toList();
      String reason = catalog.untestable().getOrDefault(entry.name(), "");
      rows.add(
          new RuleRow(entry.name(), entry.must(), entry.text(), entry.chapter(), reason, cells));
    }
    return rows;
  }

  private static Cell cell(String rule, String backend, List<TestResult> tests) {
    Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    TreeSet<String> reasons = new TreeSet<>();
    for (TestResult test : tests) {
      if (test.backend().equals(backend) && test.rules().contains(rule)) {
        counts.merge(test.outcome(), 1, Integer::sum);
        if (!test.detail().isEmpty()) {
          reasons.add(test.outcome().word() + ": " + test.line());
        }
      }
    }
    return new Cell(
        counts.getOrDefault(Outcome.PASSED, 0),
        counts.getOrDefault(Outcome.FAILED, 0),
        counts.getOrDefault(Outcome.SKIPPED, 0),
        List.copyOf(reasons));
  }

  /** Only a full run in which every MUST rule was tested or has a reason may say "conformant". */
  private static String verdict(
      ConformanceRunner.Options options,
      int column,
      List<RuleRow> rows,
      List<TestResult> tests,
      String backend) {
    long failed =
        tests.stream()
            .filter(t -> t.backend().equals(backend) && t.outcome() == Outcome.FAILED)
            .count();
    if (failed > 0) {
      return "not conformant: " + failed + " failed";
    }
    if (!options.only().isEmpty()) {
      return "passed as far as it was asked for, which was "
          + String.join(", ", new TreeSet<>(options.only()));
    }
    if (!options.ranks().isEmpty()) {
      return "passed in worlds of the sizes asked for, which were "
          + new TreeSet<>(options.ranks()).toString().replaceAll("[\\[\\]]", "");
    }
    if (options.chaos().mode() == Chaos.Mode.OFF) {
      return "passed without delays thrown in, as asked for";
    }
    if (!options.full()) {
      return "smoke run passed; only a full run may say more";
    }
    List<String> open = new ArrayList<>();
    for (RuleRow row : rows) {
      if (row.must() && row.untestable().isEmpty() && row.cells().get(column).passed() == 0) {
        open.add(row.name());
      }
    }
    return open.isEmpty()
        ? "conformant"
        : "conformant where it can be tested here; not tested: " + String.join(", ", open);
  }

  private static BackendInfo info(Session session, String verdict) {
    ConformanceTarget target = session.target();
    String description = "";
    List<String> capabilities = new ArrayList<>();
    try {
      Backend backend = target.open(1, target.waitTimeout(), Map.of());
      try {
        description = backend.description();
        for (Capability capability : new TreeSet<>(backend.capabilities())) {
          capabilities.add(capability.name());
        }
      } finally {
        Watchdog.closeQuietly(backend);
      }
    } catch (RuntimeException e) {
      description = "could not be opened for a description: " + e.getMessage();
    }
    String summary = "";
    List<DeviceInfo> devices = List.of();
    Map<String, String> versions = Map.of();
    if (target.provider().probe() instanceof Probe.Available available) {
      summary = available.summary();
      devices = available.devices();
      versions = new TreeMap<>(available.versions());
    }
    return new BackendInfo(
        target.name(),
        description,
        summary,
        devices,
        versions,
        capabilities,
        session.worlds(),
        verdict);
  }
}
