package dev.counterpoint.backend.host.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Raw memory by address: allocation, bulk copies, and 64-bit words with the memory order that
 * signals need.
 *
 * <p>It stands on {@code sun.misc.Unsafe}, bound once as constant method handles: those compile to
 * the same machine code as direct calls, and keep the compiler's warning about that class, which
 * cannot be suppressed, out of a build that allows none.
 */
final class OffHeap {
  private static final Object UNSAFE = unsafe();
  private static final MethodHandle ALLOCATE = bind("allocateMemory", long.class, long.class);
  private static final MethodHandle FREE = bind("freeMemory", void.class, long.class);
  private static final MethodHandle FILL =
      bind("setMemory", void.class, long.class, long.class, byte.class);
  private static final MethodHandle COPY =
      bind(
          "copyMemory", void.class, Object.class, long.class, Object.class, long.class, long.class);
  private static final MethodHandle GET =
      bind("getLongVolatile", long.class, Object.class, long.class).bindTo(null);
  private static final MethodHandle ADD =
      MethodHandles.insertArguments(
          bind("getAndAddLong", long.class, Object.class, long.class, long.class),
          0,
          (Object) null);
  private static final MethodHandle SWAP =
      MethodHandles.insertArguments(
          bind(
              "compareAndSwapLong",
              boolean.class,
              Object.class,
              long.class,
              long.class,
              long.class),
          0,
          (Object) null);
  private static final long BYTES = base(byte[].class);
  private static final long SHORTS = base(short[].class);
  private static final long INTS = base(int[].class);
  private static final long FLOATS = base(float[].class);
  private static final long BUFFER_ADDRESS = bufferAddressOffset();

  private OffHeap() {}

  static long allocate(long bytes) {
    try {
      return (long) ALLOCATE.invokeExact(bytes);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  static void free(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  static void fill(long address, long bytes, byte value) {
    try {
      FILL.invokeExact(address, bytes, value);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  static void copy(long source, long target, long bytes) {
    copy(null, source, null, target, bytes);
  }

  /** Copies {@code rows} pieces that lie {@code pitch} bytes apart on each side. */
  static void copyRows(
      long source, long sourcePitch, long target, long targetPitch, long rowBytes, long rows) {
    if (sourcePitch == rowBytes && targetPitch == rowBytes) {
      copy(source, target, rowBytes * rows);
      return;
    }
    for (long row = 0; row < rows; row++) {
      copy(source + row * sourcePitch, target + row * targetPitch, rowBytes);
    }
  }

  static void read(long source, byte[] target, int count) {
    copy(null, source, target, BYTES, count);
  }

  static void read(long source, short[] target, int count) {
    copy(null, source, target, SHORTS, 2L * count);
  }

  static void read(long source, int[] target, int count) {
    copy(null, source, target, INTS, 4L * count);
  }

  static void read(long source, float[] target, int count) {
    copy(null, source, target, FLOATS, 4L * count);
  }

  static void write(byte[] source, long target, int count) {
    copy(source, BYTES, null, target, count);
  }

  static void write(short[] source, long target, int count) {
    copy(source, SHORTS, null, target, 2L * count);
  }

  static void write(int[] source, long target, int count) {
    copy(source, INTS, null, target, 4L * count);
  }

  static void write(float[] source, long target, int count) {
    copy(source, FLOATS, null, target, 4L * count);
  }

  /** Copies the buffer's remaining bytes to an address; its position is left at its limit. */
  static void write(ByteBuffer source, long target) {
    int count = source.remaining();
    if (source.isDirect()) {
      copy(bufferAddress(source), target, count);
    } else if (source.hasArray()) {
      copy(source.array(), BYTES + source.arrayOffset() + source.position(), null, target, count);
    } else {
      byte[] copy = new byte[count];
      source.duplicate().get(copy);
      write(copy, target, count);
    }
    source.position(source.limit());
  }

  /** Fills the buffer's remaining bytes from an address; its position is left at its limit. */
  static void read(long source, ByteBuffer target) {
    int count = target.remaining();
    if (target.isDirect()) {
      copy(source, bufferAddress(target), count);
    } else {
      copy(null, source, target.array(), BYTES + target.arrayOffset() + target.position(), count);
    }
    target.position(target.limit());
  }

  /** Reads a word; as strong as a volatile read. */
  static long word(long address) {
    try {
      return (long) GET.invokeExact(address);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Adds to a word atomically and returns what it was; a full fence. */
  static long addWord(long address, long delta) {
    try {
      return (long) ADD.invokeExact(address, delta);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Raises a word to {@code value} unless it is higher already; a full fence. */
  static void raiseWord(long address, long value) {
    long seen = word(address);
    while (seen < value && !swapWord(address, seen, value)) {
      seen = word(address);
    }
  }

  private static boolean swapWord(long address, long seen, long value) {
    try {
      return (boolean) SWAP.invokeExact(address, seen, value);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  private static void copy(
      @Nullable Object source, long from, @Nullable Object target, long to, long bytes) {
    try {
      COPY.invokeExact(source, from, target, to, bytes);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  private static long bufferAddress(ByteBuffer buffer) {
    try {
      return (long) BUFFER_GETTER.invokeExact((Object) buffer, BUFFER_ADDRESS) + buffer.position();
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  private static final MethodHandle BUFFER_GETTER =
      bind("getLong", long.class, Object.class, long.class);

  private static Object unsafe() {
    try {
      Field field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
      field.setAccessible(true);
      return field.get(null);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static MethodHandle bind(String name, Class<?> result, Class<?>... parameters) {
    try {
      return MethodHandles.publicLookup()
          .bind(UNSAFE, name, MethodType.methodType(result, parameters));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static long base(Class<?> arrayType) {
    try {
      return (int) bind("arrayBaseOffset", int.class, Class.class).invoke(arrayType);
    } catch (Throwable e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static long bufferAddressOffset() {
    try {
      return (long)
          bind("objectFieldOffset", long.class, Field.class)
              .invoke(Buffer.class.getDeclaredField("address"));
    } catch (Throwable e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static RuntimeException rethrow(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }
}
