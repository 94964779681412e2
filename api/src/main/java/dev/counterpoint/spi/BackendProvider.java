package dev.counterpoint.spi;

/**
 * Entry point of a backend; found by {@link java.util.ServiceLoader}. Constructing one must be
 * cheap and must not touch native code, so that a broken installation is one line in a report and
 * not a crash.
 */
public interface BackendProvider {
  /** Short lower-case name by which users ask for it, such as {@code "host"}. */
  String name();

  /**
   * Higher is preferred by {@code auto}. Devices made for this work use 100 and more, fallbacks
   * less.
   */
  int priority();

  /**
   * Looks whether the backend can run here. Never throws (rule LIFE-1): whatever goes wrong becomes
   * {@link Probe.Unavailable} with reason and remedy.
   */
  Probe probe();

  /**
   * Opens the backend for one world.
   *
   * @throws dev.counterpoint.BackendUnavailableException if it cannot run here
   * @throws dev.counterpoint.InvalidArgumentException for an option it does not understand
   */
  Backend open(BackendOptions options);
}
