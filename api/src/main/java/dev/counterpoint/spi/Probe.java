package dev.counterpoint.spi;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Answer of {@link BackendProvider#probe}. */
public sealed interface Probe {
  /**
   * The backend can run here.
   *
   * @param summary one line for people, such as {@code "8 × NVIDIA H200, driver 580.159"}
   * @param devices what it would drive
   * @param versions versions of drivers and libraries, by name
   * @param capabilities what it can do on these devices
   * @param notes things worth telling: what is missing or slower than it could be, each with its
   *     remedy
   */
  record Available(
      String summary,
      List<DeviceInfo> devices,
      Map<String, String> versions,
      Set<Capability> capabilities,
      List<String> notes)
      implements Probe {
    /** Copies the collections. */
    public Available {
      devices = List.copyOf(devices);
      versions = Map.copyOf(versions);
      capabilities = capabilities.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(capabilities));
      notes = List.copyOf(notes);
    }
  }

  /**
   * The backend cannot run here.
   *
   * @param reason one short sentence: what is missing
   * @param detail what was tried and what it answered, down to the native status; may be empty
   * @param remedy what the user can do about it
   */
  record Unavailable(String reason, String detail, String remedy) implements Probe {}
}
