package dev.counterpoint.core.fake;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Probe;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** A provider that answers as it is told. */
public record FakeProvider(
    String name, int priority, Supplier<Probe> answer, Function<BackendOptions, Backend> opening)
    implements BackendProvider {
  /** One that can run. */
  public static FakeProvider available(String name, int priority) {
    return new FakeProvider(
        name,
        priority,
        () -> new Probe.Available(name + " works", List.of(), Map.of(), Set.of(), List.of()),
        options -> {
          throw new UnsupportedOperationException();
        });
  }

  /** One that cannot. */
  public static FakeProvider unavailable(String name, int priority) {
    return failing(
        name,
        priority,
        () -> new Probe.Unavailable(name + " is missing", "looked", "install " + name));
  }

  /** One with the given answer. */
  public static FakeProvider failing(String name, int priority, Supplier<Probe> answer) {
    return new FakeProvider(
        name,
        priority,
        answer,
        options -> {
          throw new UnsupportedOperationException();
        });
  }

  @Override
  public Probe probe() {
    return answer.get();
  }

  @Override
  public Backend open(BackendOptions options) {
    return opening.apply(options);
  }
}
