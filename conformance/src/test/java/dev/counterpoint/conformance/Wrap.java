package dev.counterpoint.conformance;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Puts something between the kit and an interface of the SPI. Wrapped objects that come back as
 * arguments are unwrapped, since backends know only their own.
 */
final class Wrap {
  private Wrap() {}

  /** The call as it was meant. */
  interface Call {
    Object with(Object... arguments) throws Throwable;
  }

  /** What is done instead of a call. */
  interface Hook {
    Object call(String method, Object[] arguments, Call call) throws Throwable;
  }

  private record Handler(Object raw, Hook hook) implements InvocationHandler {
    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      Object[] plain = arguments == null ? new Object[0] : arguments.clone();
      for (int i = 0; i < plain.length; i++) {
        plain[i] = Wrap.raw(plain[i]);
      }
      return hook.call(
          method.getName(),
          plain,
          changed -> {
            try {
              return method.invoke(raw, changed);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          });
    }
  }

  static <T> T around(Class<T> type, Object raw, Hook hook) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new Handler(raw, hook)));
  }

  static Object raw(Object object) {
    return object != null
            && Proxy.isProxyClass(object.getClass())
            && Proxy.getInvocationHandler(object) instanceof Handler handler
        ? handler.raw()
        : object;
  }
}
