package dev.counterpoint.cli;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A provider with a given answer that cannot be opened. */
public record FakeProvider(String name, int priority, Probe probe) implements BackendProvider {
  /** Two devices of one kind, and a note. */
  public static FakeProvider available(String name) {
    return new FakeProvider(
        name,
        100,
        new Probe.Available(
            "2 × Imaginary X1, driver 7",
            List.of(
                new DeviceInfo(0, "Imaginary X1", "im_1", 1L << 34, 64, false),
                new DeviceInfo(1, "Imaginary X1", "im_1", 1L << 34, 64, false)),
            Map.of("driver", "7.1", "blas", "2.0"),
            Set.of(Capability.GRAPHS, Capability.PEER_ACCESS),
            List.of("multicast is off; ask the administrator")));
  }

  /** One that says why not. */
  public static FakeProvider unavailable(String name) {
    return new FakeProvider(
        name,
        90,
        new Probe.Unavailable(
            "no driver",
            "libimaginary.so.1: cannot open shared object file",
            "install the driver"));
  }

  @Override
  public Backend open(BackendOptions options) {
    throw new UnsupportedOperationException("a fake cannot be opened");
  }
}
