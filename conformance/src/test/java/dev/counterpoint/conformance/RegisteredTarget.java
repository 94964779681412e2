package dev.counterpoint.conformance;

import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import java.util.List;
import java.util.Map;

/** A target that is found as a service. */
public final class RegisteredTarget implements ConformanceTarget {
  @Override
  public String name() {
    return "registered";
  }

  @Override
  public BackendProvider provider() {
    return BackendRegistry.load().select("host");
  }

  @Override
  public List<Integer> rankCounts(boolean full) {
    return List.of(2, 4);
  }

  @Override
  public Map<String, String> properties() {
    return Map.of("host.threads", "2", "host.panels", "0");
  }
}
