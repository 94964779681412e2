package dev.counterpoint.conformance;

import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The host backend with something put between it and the kit. */
final class SpoiledHost {
  private SpoiledHost() {}

  static ConformanceTarget target(String name, UnaryOperator<Backend> spoil) {
    BackendProvider host = BackendRegistry.load().select("host");
    BackendProvider spoiled =
        Wrap.around(
            BackendProvider.class,
            host,
            (method, a, call) ->
                method.equals("open") ? spoil.apply((Backend) call.with(a)) : call.with(a));
    return new BrokenBackendsTest.Target(name, spoiled);
  }

  /** Some calls of a collective on rank 1, counted from 0, leave a wrong element behind. */
  static ConformanceTarget wrong(String collective, int from, int count) {
    return target(
        "wrong",
        raw -> {
          AtomicInteger calls = new AtomicInteger();
          return Spoiling.replacing(
              raw,
              "collectives",
              Collectives.class,
              (method, a, call) -> {
                Object result = call.with(a);
                if (method.equals(collective) && ((Stream) a[0]).rank() == 1) {
                  int number = calls.getAndIncrement();
                  if (number >= from && number - from < count) {
                    raw.transfers()
                        .fill((Stream) a[0], (DeviceMemory) a[3], (long) a[4], 4, (byte) 0x41);
                  }
                }
                return result;
              });
        });
  }
}
