package dev.counterpoint.backend.host;

import dev.counterpoint.backend.host.internal.HostBackend;
import dev.counterpoint.backend.host.internal.HostProbe;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Probe;

/**
 * Provides the host backend: ranks are virtual devices of this JVM, memory is off-heap, matrices
 * are multiplied by OpenBLAS.
 *
 * <p>Properties: {@code host.threads} (compute threads of each rank), {@code host.link} (simulated
 * bandwidth of each rank's link in one direction, such as {@code 40GB/s}), {@code host.latency}
 * (such as {@code 5us}), {@code host.chaos} (seed of pseudo-random delays; 0 is off) and {@code
 * host.panels} (bytes that one GEMM may spend on converted operands, such as {@code 256MB}).
 */
public final class HostBackendProvider implements BackendProvider {
  /** For {@link java.util.ServiceLoader}; touches nothing native. */
  public HostBackendProvider() {}

  @Override
  public String name() {
    return "host";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public Probe probe() {
    return HostProbe.probe();
  }

  @Override
  public Backend open(BackendOptions options) {
    return HostBackend.open(options);
  }
}
