package dev.counterpoint;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * How a world is opened.
 *
 * @param backend name of the backend, or {@code "auto"}: the first available in order of priority
 * @param ranks number of ranks; 0 means one per local device
 * @param waitTimeout bound of every wait on a device; a wait that expires fails the world
 * @param properties backend-specific settings, by the names that the backend documents (the host
 *     backend's start with {@code host.}); {@code tuning.cache}, a folder or {@code off}; {@code
 *     plans.replay}, {@code on} or {@code off} (which it is by itself): whether plans capture
 *     launches that come again with the same tensors, and replay them
 */
public record WorldOptions(
    String backend, int ranks, Duration waitTimeout, Map<String, String> properties) {
  /** System property that replaces {@code "auto"}. */
  public static final String BACKEND_PROPERTY = "counterpoint.backend";

  /** Environment variable that replaces {@code "auto"} when the system property is absent. */
  public static final String BACKEND_VARIABLE = "COUNTERPOINT_BACKEND";

  /** Checks the values. */
  public WorldOptions {
    Objects.requireNonNull(backend, "backend");
    if (backend.isBlank()) {
      throw new InvalidArgumentException("backend", "''", "be 'auto' or the name of a backend");
    }
    if (ranks < 0 || ranks > 1024) {
      throw new InvalidArgumentException("ranks", ranks, "be 0 (one per device) to 1024");
    }
    if (waitTimeout.isNegative() || waitTimeout.isZero()) {
      throw new InvalidArgumentException(
          "waitTimeout", waitTimeout, "be positive: no wait is unbounded");
    }
    properties = Map.copyOf(properties);
  }

  /** Any backend, one rank per local device, waits bounded by 30 seconds. */
  public static WorldOptions defaults() {
    return new WorldOptions("auto", 0, Duration.ofSeconds(30), Map.of());
  }

  /** The same with another backend. */
  public WorldOptions withBackend(String name) {
    return new WorldOptions(name, ranks, waitTimeout, properties);
  }

  /** The same with another number of ranks. */
  public WorldOptions withRanks(int number) {
    return new WorldOptions(backend, number, waitTimeout, properties);
  }

  /** The same with another bound for device-side waits. */
  public WorldOptions withWaitTimeout(Duration timeout) {
    return new WorldOptions(backend, ranks, timeout, properties);
  }

  /** The same with one more backend-specific setting. */
  public WorldOptions withProperty(String name, String value) {
    Map<String, String> all = new TreeMap<>(properties);
    all.put(name, value);
    return new WorldOptions(backend, ranks, waitTimeout, all);
  }
}
