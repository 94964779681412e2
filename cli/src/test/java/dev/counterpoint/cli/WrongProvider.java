package dev.counterpoint.cli;

import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.Stream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The host backend with a fault: {@code -P wrong.sums=true} spoils one element of each all-reduce
 * on rank 1, and {@code -P wrong.lacks=CAPABILITY} takes a capability away.
 */
public final class WrongProvider implements BackendProvider {
  @Override
  public String name() {
    return "wrong";
  }

  @Override
  public int priority() {
    return 1;
  }

  @Override
  public Probe probe() {
    return FakeProvider.available("wrong").probe();
  }

  @Override
  public Backend open(BackendOptions options) {
    Backend host =
        BackendRegistry.load()
            .select("host")
            .open(
                new BackendOptions(
                    options.ranks(), options.bootstrap(), options.waitTimeout(), Map.of()));
    Set<Capability> capabilities = EnumSet.copyOf(host.capabilities());
    if (options.properties().containsKey("wrong.lacks")) {
      capabilities.remove(Capability.valueOf(options.properties().get("wrong.lacks")));
    }
    Collectives collectives =
        options.properties().containsKey("wrong.sums") ? spoiled(host) : host.collectives();
    return wrap(
        Backend.class,
        host,
        Map.of("capabilities", () -> capabilities, "collectives", () -> collectives));
  }

  private static Collectives spoiled(Backend host) {
    return (Collectives)
        Proxy.newProxyInstance(
            Collectives.class.getClassLoader(),
            new Class<?>[] {Collectives.class},
            (proxy, method, arguments) -> {
              Object result = invoke(host.collectives(), method, arguments);
              if (method.getName().equals("allReduce") && ((Stream) arguments[0]).rank() == 1) {
                host.transfers()
                    .fill(
                        (Stream) arguments[0],
                        (DeviceMemory) arguments[3],
                        (long) arguments[4] + 8,
                        4,
                        (byte) 0x41);
              }
              return result;
            });
  }

  private static <T> T wrap(Class<T> type, T target, Map<String, Supplier<Object>> changed) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                changed.containsKey(method.getName())
                    ? changed.get(method.getName()).get()
                    : invoke(target, method, arguments)));
  }

  private static Object invoke(Object target, java.lang.reflect.Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
