package dev.counterpoint.core;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backends on the class path and what each answered when asked whether it can run here.
 *
 * <p>A provider that cannot even be loaded, or whose probe throws in spite of rule LIFE-1, becomes
 * an unavailable candidate with the reason; it never keeps the others from being used. Immutable
 * and thread-safe.
 */
public final class BackendRegistry {
  private static final Logger log = LoggerFactory.getLogger(BackendRegistry.class);

  /** A class path that cannot be read at all answers every attempt with another failure. */
  private static final int MOST_BROKEN = 16;

  private final List<Candidate> candidates;

  /**
   * One backend found.
   *
   * @param name the name users ask for it by
   * @param priority higher is preferred by {@code auto}
   * @param probe its answer
   * @param provider the provider, or null if it could not be loaded
   */
  public record Candidate(
      String name, int priority, Probe probe, @Nullable BackendProvider provider) {
    /** Whether it can run here. */
    public boolean available() {
      return provider != null && probe instanceof Probe.Available;
    }

    /** Whether it has devices and all of them are made in software. */
    public boolean emulated() {
      return probe instanceof Probe.Available here
          && !here.devices().isEmpty()
          && here.devices().stream().allMatch(DeviceInfo::emulated);
    }

    /** One line: name and summary, or name, reason and remedy. */
    public String describe() {
      if (probe instanceof Probe.Unavailable no) {
        return name + ": unavailable: " + why(no);
      }
      return name + ": " + ((Probe.Available) probe).summary();
    }

    private static String why(Probe.Unavailable no) {
      return no.reason()
          + (no.detail().isEmpty() ? "" : ", " + no.detail())
          + (no.remedy().isEmpty() ? "" : " (" + no.remedy() + ")");
    }
  }

  private BackendRegistry(List<Candidate> candidates) {
    this.candidates = List.copyOf(candidates);
  }

  /** Finds providers by {@link ServiceLoader} and probes each once. */
  public static BackendRegistry load() {
    List<BackendProvider> providers = new ArrayList<>();
    List<Candidate> broken = new ArrayList<>();
    Iterator<BackendProvider> found = ServiceLoader.load(BackendProvider.class).iterator();
    while (broken.size() < MOST_BROKEN) {
      try {
        if (!found.hasNext()) {
          break;
        }
        providers.add(found.next());
      } catch (ServiceConfigurationError | LinkageError e) {
        log.warn("a backend provider could not be loaded", e);
        broken.add(broken("(provider that could not be loaded)", e));
      }
    }
    return of(providers, broken);
  }

  /** A registry over given providers, for tests and embedding. */
  public static BackendRegistry of(List<BackendProvider> providers) {
    return of(providers, List.of());
  }

  private static BackendRegistry of(List<BackendProvider> providers, List<Candidate> broken) {
    List<Candidate> all = new ArrayList<>();
    for (BackendProvider provider : providers) {
      all.add(probe(provider));
    }
    // What makes a GPU of software is a test instrument that nobody should get unasked, so among
    // emulated devices those that are plainly the host's, with the least priority, come first.
    all.sort(
        Comparator.comparing(Candidate::available)
            .reversed()
            .thenComparing(Candidate::emulated)
            .thenComparingLong(c -> c.emulated() ? c.priority() : -(long) c.priority()));
    all.addAll(broken);
    return new BackendRegistry(all);
  }

  private static Candidate probe(BackendProvider provider) {
    try {
      return new Candidate(
          Objects.requireNonNull(provider.name(), "name"),
          provider.priority(),
          Objects.requireNonNull(provider.probe(), "answer of probe()"),
          provider);
    } catch (RuntimeException | LinkageError e) {
      log.warn(
          "the probe of {} threw; treating it as unavailable", provider.getClass().getName(), e);
      return broken(provider.getClass().getSimpleName(), e);
    }
  }

  private static Candidate broken(String name, Throwable e) {
    Throwable deepest = e;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    return new Candidate(
        name,
        Integer.MIN_VALUE,
        new Probe.Unavailable(
            "its provider is broken",
            deepest.toString(),
            "remove its jar or replace it by a matching version"),
        null);
  }

  /** All candidates: available ones first, real devices before emulated ones, then by priority. */
  public List<Candidate> candidates() {
    return candidates;
  }

  /**
   * The provider to use.
   *
   * @param name a backend's name, or {@code "auto"}: then the system property {@value
   *     WorldOptions#BACKEND_PROPERTY}, the environment variable {@value
   *     WorldOptions#BACKEND_VARIABLE}, or the first available candidate decides
   * @throws BackendUnavailableException with the reason and remedy of what was asked for
   */
  public BackendProvider select(String name) {
    String wanted = resolve(name);
    for (Candidate candidate : candidates) {
      boolean asked = wanted.equals("auto") || candidate.name().equals(wanted);
      if (asked && candidate.available() && candidate.provider() != null) {
        return candidate.provider();
      }
    }
    throw new BackendUnavailableException(explain(wanted));
  }

  /** What {@code name} means after the system property and the environment variable were asked. */
  public static String resolve(String name) {
    if (!name.equals("auto")) {
      return name;
    }
    String property = System.getProperty(WorldOptions.BACKEND_PROPERTY);
    if (property != null && !property.isBlank()) {
      return property.trim();
    }
    String variable = System.getenv(WorldOptions.BACKEND_VARIABLE);
    return variable != null && !variable.isBlank() ? variable.trim() : "auto";
  }

  /** One of a name is explained alone; the others are only named, unless any of them would do. */
  private String explain(String wanted) {
    boolean any = wanted.equals("auto");
    String head = any ? "no backend can run here" : "backend '" + wanted + "' is not available";
    if (candidates.isEmpty()) {
      return head
          + "; there is none on the class path: add one, such as dev.counterpoint:counterpoint-backend-host";
    }
    if (any) {
      return head + ": " + described(candidate -> true);
    }
    String here =
        candidates.stream()
            .filter(Candidate::available)
            .map(Candidate::name)
            .collect(Collectors.joining(", "));
    String others = here.isEmpty() ? "" : "; there is " + here;
    for (Candidate candidate : candidates) {
      if (candidate.name().equals(wanted) && candidate.probe() instanceof Probe.Unavailable no) {
        return head + ": " + Candidate.why(no) + others;
      }
    }
    String broken = described(candidate -> candidate.provider() == null);
    return head
        + ": it is not on the class path"
        + (broken.isEmpty() ? "" : "; " + broken)
        + others;
  }

  private String described(Predicate<Candidate> which) {
    return candidates.stream()
        .filter(which)
        .map(Candidate::describe)
        .collect(Collectors.joining("; "));
  }
}
