package dev.counterpoint.spi;

import java.time.Duration;
import java.util.Map;

/**
 * How a backend is opened for one world.
 *
 * @param ranks number of ranks; 0 means one per local device
 * @param bootstrap how the processes of the world find each other
 * @param waitTimeout bound of every wait on a device
 * @param properties backend-specific settings; an unknown name that starts with the backend's
 *     prefix is an error
 */
public record BackendOptions(
    int ranks, Bootstrap bootstrap, Duration waitTimeout, Map<String, String> properties) {
  /** Copies the properties. */
  public BackendOptions {
    properties = Map.copyOf(properties);
  }
}
