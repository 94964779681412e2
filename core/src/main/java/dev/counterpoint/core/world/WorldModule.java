package dev.counterpoint.core.world;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.counterpoint.WorldOptions;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.operator.OperatorModule;
import dev.counterpoint.core.tuner.TuningAdvisor;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Bootstrap;

/** Wires one world: its options, the backend they select, and the operators on it. */
final class WorldModule extends AbstractModule {
  private final WorldOptions options;
  private final BackendRegistry registry;

  WorldModule(WorldOptions options, BackendRegistry registry) {
    this.options = options;
    this.registry = registry;
  }

  @Override
  protected void configure() {
    bind(WorldOptions.class).toInstance(options);
    bind(BackendRegistry.class).toInstance(registry);
    install(new OperatorModule());
  }

  @Provides
  @Singleton
  BackendProvider provider() {
    return registry.select(options.backend());
  }

  @Provides
  @Singleton
  Bootstrap bootstrap() {
    ProcessEnvironment.of(System.getenv()).requireSingleProcess();
    return Bootstrap.singleProcess();
  }

  @Provides
  @Singleton
  Backend backend(BackendProvider provider, Bootstrap bootstrap) {
    return provider.open(
        new BackendOptions(
            options.ranks(), bootstrap, options.waitTimeout(), options.properties()));
  }

  @Provides
  @Singleton
  TuningAdvisor advisor(Backend backend) {
    return new TuningAdvisor(backend, TuningAdvisor.root(options.properties()));
  }
}
