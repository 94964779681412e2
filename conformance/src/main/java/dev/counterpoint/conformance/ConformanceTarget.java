package dev.counterpoint.conformance;

import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.world.DefaultWorldProvider;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Bootstrap;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the kit runs against. Backends that are found by {@link java.util.ServiceLoader} need none:
 * {@link RegistryTarget} serves them by name. One that wants other worlds, or delays of its own,
 * registers an implementation as a service of this type under the name that it returns.
 */
public interface ConformanceTarget {
  /** The name by which runs and reports refer to it. */
  String name();

  /** The backend's provider. */
  BackendProvider provider();

  /**
   * The sizes of world to test, ascending; all ranks must be in this process.
   *
   * @param full whether the run is a full one
   */
  List<Integer> rankCounts(boolean full);

  /** The most ranks that a world may have. */
  default int mostRanks() {
    List<Integer> counts = rankCounts(true);
    return counts.get(counts.size() - 1);
  }

  /** Settings for every world that is opened. */
  default Map<String, String> properties() {
    return Map.of();
  }

  /**
   * Further settings that delay work at random without changing a result; empty if there are none.
   */
  default Map<String, String> chaos(long seed) {
    return Map.of();
  }

  /**
   * Bound of waits in worlds that are not meant to fail; generous, since nothing waits that long
   * unless it is broken.
   */
  default Duration waitTimeout() {
    return Duration.ofSeconds(10);
  }

  /** Bound of waits in worlds that are meant to fail. */
  default Duration shortTimeout() {
    return Duration.ofMillis(400);
  }

  /** Opens the backend; the caller closes it. */
  default Backend open(int ranks, Duration waitTimeout, Map<String, String> extra) {
    Map<String, String> all = new HashMap<>(properties());
    all.putAll(extra);
    return provider().open(new BackendOptions(ranks, Bootstrap.singleProcess(), waitTimeout, all));
  }

  /** Opens a world over the backend; the caller closes it. */
  default World openWorld(int ranks, Duration waitTimeout, Map<String, String> extra) {
    Map<String, String> all = new HashMap<>(properties());
    all.putAll(extra);
    WorldOptions options = new WorldOptions(provider().name(), ranks, waitTimeout, all);
    return DefaultWorldProvider.open(options, BackendRegistry.of(List.of(provider())));
  }
}
