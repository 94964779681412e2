package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A target for any backend on the class path, by name. */
public final class RegistryTarget implements ConformanceTarget {
  private static final List<Integer> SMOKE = List.of(1, 2, 3);
  private static final List<Integer> FULL = List.of(1, 2, 3, 5, 8);
  private static final Duration A_MOMENT = Duration.ofSeconds(5);

  private final String label;
  private final BackendProvider provider;
  private final Map<String, String> properties;
  private final Probe.Available probe;
  private @Nullable Boolean hasChaos;
  private int places;

  private RegistryTarget(
      String label,
      BackendProvider provider,
      Map<String, String> properties,
      Probe.Available probe) {
    this.label = label;
    this.provider = provider;
    this.properties = Map.copyOf(properties);
    this.probe = probe;
  }

  /**
   * The target of this name: one registered as a service, or else the backend of that name.
   *
   * @param properties settings for every world
   * @throws dev.counterpoint.BackendUnavailableException if the backend cannot run here
   */
  public static ConformanceTarget find(String name, Map<String, String> properties) {
    return find("", name, properties);
  }

  /**
   * The same under a name of its own, for several targets of one backend.
   *
   * @param label what runs and reports call it; empty for the backend's name
   */
  static ConformanceTarget find(String label, String name, Map<String, String> properties) {
    for (ConformanceTarget target : ServiceLoader.load(ConformanceTarget.class)) {
      if (target.name().equals(name)) {
        return new Configured(label.isEmpty() ? name : label, target, properties);
      }
    }
    BackendRegistry registry = BackendRegistry.load();
    BackendProvider provider = registry.select(name);
    for (BackendRegistry.Candidate candidate : registry.candidates()) {
      if (candidate.provider() == provider
          && candidate.probe() instanceof Probe.Available available) {
        return new RegistryTarget(
            label.isEmpty() ? provider.name() : label, provider, properties, available);
      }
    }
    throw new InvalidArgumentException("backend", name, "be available");
  }

  /** A registered target with the user's settings on top of its own. */
  private record Configured(String name, ConformanceTarget target, Map<String, String> given)
      implements ConformanceTarget {
    @Override
    public BackendProvider provider() {
      return target.provider();
    }

    @Override
    public List<Integer> rankCounts(boolean full) {
      return target.rankCounts(full);
    }

    @Override
    public int mostRanks() {
      return target.mostRanks();
    }

    @Override
    public Map<String, String> properties() {
      Map<String, String> all = new HashMap<>(target.properties());
      all.putAll(given);
      return all;
    }

    @Override
    public Map<String, String> chaos(long seed) {
      return target.chaos(seed);
    }

    @Override
    public Duration waitTimeout() {
      return target.waitTimeout();
    }

    @Override
    public Duration shortTimeout() {
      return target.shortTimeout();
    }

    @Override
    public Backend open(int ranks, Duration waitTimeout, Map<String, String> extra) {
      return target.open(ranks, waitTimeout, with(extra));
    }

    @Override
    public dev.counterpoint.World openWorld(
        int ranks, Duration waitTimeout, Map<String, String> extra) {
      return target.openWorld(ranks, waitTimeout, with(extra));
    }

    private Map<String, String> with(Map<String, String> extra) {
      Map<String, String> all = new HashMap<>(given);
      all.putAll(extra);
      return all;
    }
  }

  @Override
  public String name() {
    return label;
  }

  @Override
  public BackendProvider provider() {
    return provider;
  }

  @Override
  public Map<String, String> properties() {
    return properties;
  }

  @Override
  public List<Integer> rankCounts(boolean full) {
    int most = mostRanks();
    return most == Integer.MAX_VALUE ? (full ? FULL : SMOKE) : rankCounts(full, most);
  }

  @Override
  public synchronized int mostRanks() {
    if (places == 0) {
      int devices = places(provider.name(), properties, probe.devices().size());
      boolean named = properties.containsKey(provider.name() + ".devices");
      places = !named && isElastic(devices) ? Integer.MAX_VALUE : devices;
    }
    return places;
  }

  /** Whether devices are made in software as they are asked for. */
  private boolean isElastic(int devices) {
    return probe.devices().stream().allMatch(DeviceInfo::emulated)
        && accepts(devices + 1, Map.of());
  }

  private boolean accepts(int ranks, Map<String, String> settings) {
    try {
      open(ranks, A_MOMENT, settings).close();
      return true;
    } catch (InvalidArgumentException e) {
      return false;
    }
  }

  /**
   * How many ranks there is a device for. By convention {@code <name>.devices} names the device of
   * each rank, one after the other, and may name a device more than once.
   */
  static int places(String name, Map<String, String> properties, int devices) {
    String named = properties.get(name + ".devices");
    return Math.max(1, named == null ? devices : named.split(",", -1).length);
  }

  static List<Integer> rankCounts(boolean full, int places) {
    TreeSet<Integer> counts = new TreeSet<>(full ? FULL : SMOKE);
    counts.add(places);
    counts.removeIf(n -> n > places);
    return List.copyOf(counts);
  }

  /**
   * By convention {@code <name>.chaos}; a backend that does not know the setting refuses it (rule
   * LIFE-9).
   */
  @Override
  public synchronized Map<String, String> chaos(long seed) {
    Map<String, String> settings =
        Map.of(provider.name() + ".chaos", Long.toString(seed & 0x7fffffffL));
    if (hasChaos == null) {
      hasChaos = accepts(1, settings);
    }
    return hasChaos ? settings : Map.of();
  }
}
