package dev.counterpoint.conformance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;

/**
 * One run of the kit against one target: given by {@link ConformanceRunner} in the launcher's
 * store, or else described by configuration parameters (which JUnit also takes from system
 * properties).
 */
record Session(
    ConformanceTarget target, boolean full, long seed, List<Integer> worlds, Chaos chaos) {
  static final String BACKEND = "counterpoint.conformance.backend";
  static final String FULL = "counterpoint.conformance.full";
  static final String SEED = "counterpoint.conformance.seed";
  static final String PROPERTIES = "counterpoint.conformance.properties";
  static final String STORE_PART = "dev.counterpoint.conformance";
  static final String STORE_KEY = "session";
  static final long DEFAULT_SEED = 20_250_101L;
  private static final Namespace NAMESPACE = Namespace.create(STORE_PART);

  /** With worlds and delays as the target and the kit have them. */
  Session(ConformanceTarget target, boolean full, long seed) {
    this(target, full, seed, target.rankCounts(full), Chaos.USUAL);
  }

  static Session of(ExtensionContext context) {
    Session given =
        context.getStore(StoreScope.LAUNCHER_SESSION, NAMESPACE).get(STORE_KEY, Session.class);
    if (given != null) {
      return given;
    }
    Store store = context.getRoot().getStore(NAMESPACE);
    return store.getOrComputeIfAbsent(STORE_KEY, key -> fromParameters(context), Session.class);
  }

  /** The open backends of the run; closed by JUnit when the run ends. */
  static OpenBackends backends(ExtensionContext context) {
    Session session = of(context);
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent("backends", key -> new OpenBackends(session), OpenBackends.class);
  }

  private static Session fromParameters(ExtensionContext context) {
    String backend = context.getConfigurationParameter(BACKEND).orElse("auto");
    boolean full = context.getConfigurationParameter(FULL).map(Boolean::parseBoolean).orElse(false);
    long seed = context.getConfigurationParameter(SEED).map(Long::parseLong).orElse(DEFAULT_SEED);
    Map<String, String> properties =
        context.getConfigurationParameter(PROPERTIES).map(Session::parse).orElse(Map.of());
    return new Session(RegistryTarget.find(backend, properties), full, seed);
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> properties = new LinkedHashMap<>();
    for (String entry : text.split(";", -1)) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        properties.put(entry.substring(0, equals).trim(), entry.substring(equals + 1).trim());
      }
    }
    return properties;
  }
}
