package dev.counterpoint.backend.rocm.internal.hip;

import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;

/**
 * Calls every native method with arguments that all differ and prints, in the words of {@code
 * fake.h}, what a library should have got; complains about results that did not come back.
 */
final class ForwardingProgram {
  private ForwardingProgram() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    PrintStream out = System.out;
    for (Class<?> owner : List.of(Hip.class, Rccl.class, HipRtc.class, HipBlasLt.class)) {
      for (Method method : owner.getDeclaredMethods()) {
        if (Modifier.isNative(method.getModifiers())) {
          call(method, out);
        }
      }
    }
  }

  private static void call(Method method, PrintStream out) throws ReflectiveOperationException {
    Class<?>[] types = method.getParameterTypes();
    Object[] values = new Object[types.length];
    StringBuilder line = new StringBuilder(method.getName());
    for (int i = 0; i < types.length; i++) {
      values[i] = value(types[i], i);
      line.append('|').append(shown(values[i]));
    }
    out.println(line);
    Object result = method.invoke(null, values);
    Object wanted =
        method.getReturnType() == String.class
            ? "text of " + method.getName()
            : (Object) (40 + types.length);
    if (!wanted.equals(result)) {
      out.println("RESULT of " + method + " is " + result);
    }
    for (int i = 0; i < types.length; i++) {
      if (types[i].isArray() && !isInput(method, types[i])) {
        double first = ((Number) Array.get(values[i], 0)).doubleValue();
        if (first != filled(types[i], i + 1)) {
          out.println("RESULT " + i + " of " + method + " is " + first);
        }
      }
    }
  }

  /** Ids that go by value come back as they were. */
  private static boolean isInput(Method method, Class<?> type) {
    return type == byte[].class
        && (method.getName().equals("hipIpcOpenMemHandle")
            || method.getName().equals("ncclCommInitRank"));
  }

  private static Object value(Class<?> type, int i) {
    if (type == int.class) {
      return 0x40000000 + i;
    } else if (type == long.class) {
      return ((i + 1L) << 40) + i;
    } else if (type == String.class) {
      return "name" + i;
    } else if (type == byte[].class) {
      byte[] bytes = new byte[128];
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = (byte) ((7 * k + i) % 128);
      }
      return bytes;
    }
    return Array.newInstance(type.getComponentType(), 1);
  }

  private static String shown(Object value) {
    if (value instanceof byte[]) {
      return "bytes";
    }
    return value.getClass().isArray() ? "result" : value.toString();
  }

  /** What fake.h puts where an argument points, by the argument's position counted from one. */
  private static double filled(Class<?> type, int position) {
    if (type == int[].class) {
      return 500 + position;
    } else if (type == long[].class) {
      return (1L << 33) + position;
    }
    return type == float[].class ? 0.5 + position : 64 + position;
  }
}
