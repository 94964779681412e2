package dev.counterpoint.conformance.rocm;

import dev.counterpoint.conformance.ConformanceTarget;
import dev.counterpoint.conformance.RegistryTarget;
import dev.counterpoint.spi.BackendProvider;
import java.util.List;
import java.util.Map;

/** The ROCm backend in worlds of eight ranks only, which a smoke run has none of. */
public final class EightDevices implements ConformanceTarget {
  static final String NAME = "rocm-eight";

  /** For {@link java.util.ServiceLoader}. */
  public EightDevices() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public BackendProvider provider() {
    return RegistryTarget.find("rocm", Map.of()).provider();
  }

  @Override
  public List<Integer> rankCounts(boolean full) {
    return List.of(8);
  }
}
