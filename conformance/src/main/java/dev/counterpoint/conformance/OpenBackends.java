package dev.counterpoint.conformance;

import dev.counterpoint.World;
import dev.counterpoint.spi.Backend;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Backends and worlds that tests share, because opening one costs seconds on some devices. One that
 * a test may have harmed is thrown away.
 */
final class OpenBackends implements AutoCloseable {
  private final Session session;
  private final Map<Variant, Backend> backends = new HashMap<>();
  private final Map<Variant, World> worlds = new HashMap<>();

  OpenBackends(Session session) {
    this.session = session;
  }

  synchronized Backend backend(Variant variant) {
    return backends.computeIfAbsent(
        variant,
        v -> session.target().open(v.ranks(), session.target().waitTimeout(), settings(v)));
  }

  synchronized World world(Variant variant) {
    return worlds.computeIfAbsent(
        variant,
        v -> session.target().openWorld(v.ranks(), session.target().waitTimeout(), settings(v)));
  }

  Map<String, String> settings(Variant variant) {
    return variant.chaos() ? session.chaos().settings(session, variant.ranks()) : Map.of();
  }

  /** Throws away what the variant shares; called after a failure. */
  void discard(Variant variant) {
    Backend backend;
    World world;
    synchronized (this) {
      backend = backends.remove(variant);
      world = worlds.remove(variant);
    }
    if (backend != null) {
      Watchdog.closeQuietly(backend);
    }
    if (world != null) {
      Watchdog.closeQuietly(world);
    }
  }

  /** Throws away a variant's shared backend or world if it has failed although nobody said so. */
  void discardFailed(Variant variant) {
    Backend backend;
    World world;
    synchronized (this) {
      backend = backends.get(variant);
      world = worlds.get(variant);
    }
    boolean failed = backend != null && failed(backend::fault);
    if (failed || (world != null && failed(() -> world.backend().fault()))) {
      discard(variant);
    }
  }

  private static boolean failed(Supplier<java.util.Optional<?>> fault) {
    try {
      return fault.get().isPresent();
    } catch (RuntimeException e) {
      return true;
    }
  }

  @Override
  public void close() {
    for (Variant variant : java.util.Set.copyOf(backends.keySet())) {
      discard(variant);
    }
    for (Variant variant : java.util.Set.copyOf(worlds.keySet())) {
      discard(variant);
    }
  }
}
