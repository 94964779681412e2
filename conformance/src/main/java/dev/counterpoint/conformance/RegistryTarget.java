package dev.counterpoint.conformance;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A target for any backend on the class path, by name. */
public final class RegistryTarget implements ConformanceTarget {
  private static final List<Integer> SMOKE = List.of(1, 2, 3);
  private static final List<Integer> FULL = List.of(1, 2, 3, 5, 8);

  private final BackendProvider provider;
  private final Map<String, String> properties;
  private final Probe.Available probe;
  private @Nullable Boolean hasChaos;

  private RegistryTarget(
      BackendProvider provider, Map<String, String> properties, Probe.Available probe) {
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
    for (ConformanceTarget target : ServiceLoader.load(ConformanceTarget.class)) {
      if (target.name().equals(name)) {
        return target;
      }
    }
    BackendRegistry registry = BackendRegistry.load();
    BackendProvider provider = registry.select(name);
    for (BackendRegistry.Candidate candidate : registry.candidates()) {
      if (candidate.provider() == provider
          && candidate.probe() instanceof Probe.Available available) {
        return new RegistryTarget(provider, properties, available);
      }
    }
    throw new InvalidArgumentException("backend", name, "be available");
  }

  @Override
  public String name() {
    return provider.name();
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
    boolean emulated = probe.devices().stream().allMatch(DeviceInfo::emulated);
    if (emulated) {
      return full ? FULL : SMOKE;
    }
    return rankCounts(full, places(name(), properties, probe.devices().size()));
  }

  /**
   * How many ranks there is a device for. By convention {@code <name>.devices} names the device of
   * each rank, one after the other, and may name a device more than once.
   */
  static int places(String name, Map<String, String> properties, int devices) {
    String named = properties.get(name + ".devices");
    return named == null ? devices : named.split(",", -1).length;
  }

  static List<Integer> rankCounts(boolean full, int places) {
    int devices = Math.max(1, places);
    TreeSet<Integer> counts = new TreeSet<>(full ? FULL : SMOKE);
    counts.add(devices);
    counts.removeIf(n -> n > devices);
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
      try {
        open(1, Duration.ofSeconds(5), settings).close();
        hasChaos = true;
      } catch (InvalidArgumentException e) {
        hasChaos = false;
      }
    }
    return hasChaos ? settings : Map.of();
  }
}
