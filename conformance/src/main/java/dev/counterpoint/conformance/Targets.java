package dev.counterpoint.conformance;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.core.BackendRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The backends of one run: names separated by commas. One that is named more than once is told
 * apart by a number, such as {@code host#2}; a setting {@code 2:host.threads} is for the second
 * name alone.
 */
final class Targets {
  private static final Pattern NUMBERED = Pattern.compile("([0-9]+):(.+)");

  private final List<String> names;
  private final Map<String, String> properties;

  Targets(String backends, Map<String, String> properties) {
    this.names = List.of(backends.split(",", -1)).stream().map(String::trim).toList();
    this.properties = properties;
    for (String name : properties.keySet()) {
      Matcher matcher = NUMBERED.matcher(name);
      if (matcher.matches() && !isNumber(matcher.group(1))) {
        throw new InvalidArgumentException(
            "property", name, "begin with the number of a backend, 1 to " + names.size());
      }
    }
  }

  private boolean isNumber(String text) {
    return text.length() < 3
        && Integer.parseInt(text) >= 1
        && Integer.parseInt(text) <= names.size();
  }

  /** A backend that cannot run here. */
  record Missing(String name, String reason) {}

  /** All of them, opened once each, so that a setting that is refused is so before any test. */
  List<ConformanceTarget> all() {
    List<ConformanceTarget> targets = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      targets.add(target(i));
    }
    return targets;
  }

  /** Those that can run here; the others are put into the list. */
  List<ConformanceTarget> available(List<Missing> missing) {
    List<ConformanceTarget> targets = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      try {
        targets.add(target(i));
      } catch (BackendUnavailableException e) {
        missing.add(new Missing(names.get(i), reason(names.get(i))));
      }
    }
    return targets;
  }

  private ConformanceTarget target(int index) {
    Map<String, String> own = new LinkedHashMap<>();
    properties.forEach((name, value) -> own.put(name, value));
    own.keySet().removeIf(name -> NUMBERED.matcher(name).matches());
    properties.forEach(
        (name, value) -> {
          Matcher matcher = NUMBERED.matcher(name);
          if (matcher.matches() && Integer.parseInt(matcher.group(1)) == index + 1) {
            own.put(matcher.group(2), value);
          }
        });
    ConformanceTarget target = RegistryTarget.find(label(index), names.get(index), own);
    Watchdog.within(
        "opening " + target.name(),
        Duration.ofMinutes(5),
        () -> target.open(target.rankCounts(false).get(0), target.waitTimeout(), Map.of()).close());
    return target;
  }

  /** Refuses a size of world that the target cannot have. */
  static void requireRanks(ConformanceTarget target, int ranks) {
    int most = target.mostRanks();
    if (ranks < 1 || ranks > most) {
      throw new InvalidArgumentException(
          "ranks",
          ranks,
          most == Integer.MAX_VALUE
              ? "be at least 1"
              : "be 1 to "
                  + most
                  + ", the most that backend '"
                  + target.name()
                  + "' has devices for; "
                  + target.provider().name()
                  + ".devices may name one device for several ranks");
    }
  }

  /** Why a backend cannot run here. */
  private static String reason(String name) {
    BackendRegistry registry = BackendRegistry.load();
    return registry.candidates().stream()
        .filter(candidate -> candidate.name().equals(name))
        .map(BackendRegistry.Candidate::describe)
        .findFirst()
        .orElseGet(
            () ->
                name
                    + ": unavailable: it is not on the class path, which has "
                    + registry.candidates().stream()
                        .map(BackendRegistry.Candidate::name)
                        .collect(Collectors.joining(", ")));
  }

  private String label(int index) {
    String name = names.get(index);
    boolean alone = names.stream().filter(name::equals).count() == 1;
    return alone
        ? ""
        : name + "#" + (names.subList(0, index).stream().filter(name::equals).count() + 1);
  }
}
