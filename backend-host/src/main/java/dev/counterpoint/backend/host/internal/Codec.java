package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;

/**
 * Conversions between rows of elements in device memory and arrays of the accumulator's type; at
 * most {@link Scratch#LENGTH} at a time.
 */
final class Codec {
  private static final float[] HALF = table(DType.FP16, 1 << 16);
  private static final float[] E4M3 = table(DType.FP8_E4M3, 1 << 8);
  private static final float[] E5M2 = table(DType.FP8_E5M2, 1 << 8);

  private Codec() {}

  /** Reads floating elements as floats. */
  static void decode(DType dtype, long address, int count, float[] floats, Scratch scratch) {
    switch (dtype) {
      case FP32 -> OffHeap.read(address, floats, count);
      case BF16 -> decodeBfloat16(address, count, floats, scratch.shorts);
      case FP16 -> decodeHalf(address, count, floats, scratch.shorts);
      case FP8_E4M3 -> decodeByTable(E4M3, address, count, floats, scratch.bytes);
      case FP8_E5M2 -> decodeByTable(E5M2, address, count, floats, scratch.bytes);
      case INT8 -> decodeBytes(address, count, floats, scratch.bytes);
      case INT32 -> throw new AssertionError("INT32 does not fit in floats");
    }
  }

  /** Rounds floats to elements. */
  static void encode(DType dtype, float[] floats, int count, long address, Scratch scratch) {
    switch (dtype) {
      case FP32 -> OffHeap.write(floats, address, count);
      case BF16 -> encodeBfloat16(floats, count, address, scratch.shorts);
      case FP16 -> encodeShorts(dtype, floats, count, address, scratch.shorts);
      case FP8_E4M3, FP8_E5M2, INT8 -> encodeBytes(dtype, floats, count, address, scratch.bytes);
      case INT32 -> throw new AssertionError("INT32 does not fit in floats");
    }
  }

  /** Rounds floats to what a type can hold. */
  static void round(DType dtype, float[] floats, int count) {
    if (dtype != DType.FP32) {
      for (int i = 0; i < count; i++) {
        floats[i] = dtype.decode(dtype.encode(floats[i]));
      }
    }
  }

  /** Reads integer elements. */
  static void decode(DType dtype, long address, int count, int[] ints, Scratch scratch) {
    if (dtype == DType.INT32) {
      OffHeap.read(address, ints, count);
      return;
    }
    byte[] bytes = scratch.bytes;
    OffHeap.read(address, bytes, count);
    for (int i = 0; i < count; i++) {
      ints[i] = bytes[i];
    }
  }

  /** Writes integer elements; INT8 saturates. */
  static void encode(DType dtype, int[] ints, int count, long address, Scratch scratch) {
    if (dtype == DType.INT32) {
      OffHeap.write(ints, address, count);
      return;
    }
    byte[] bytes = scratch.bytes;
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) Math.max(Byte.MIN_VALUE, Math.min(Byte.MAX_VALUE, ints[i]));
    }
    OffHeap.write(bytes, address, count);
  }

  /** Converts {@code rows} rows of any type to FP32 rows without gaps. */
  static void toFloats(
      DType dtype,
      long source,
      long sourcePitch,
      long target,
      int rows,
      int cols,
      Scratch scratch) {
    float[] floats = scratch.floats;
    int elementBytes = dtype.bytes();
    for (int row = 0; row < rows; row++) {
      long from = source + row * sourcePitch;
      long to = target + 4L * row * cols;
      for (int col = 0; col < cols; col += Scratch.LENGTH) {
        int count = Math.min(Scratch.LENGTH, cols - col);
        decode(dtype, from + (long) col * elementBytes, count, floats, scratch);
        OffHeap.write(floats, to + 4L * col, count);
      }
    }
  }

  private static void decodeBfloat16(long address, int count, float[] floats, short[] shorts) {
    OffHeap.read(address, shorts, count);
    for (int i = 0; i < count; i++) {
      floats[i] = Float.intBitsToFloat(shorts[i] << 16);
    }
  }

  private static void decodeHalf(long address, int count, float[] floats, short[] shorts) {
    OffHeap.read(address, shorts, count);
    for (int i = 0; i < count; i++) {
      floats[i] = HALF[shorts[i] & 0xffff];
    }
  }

  private static void decodeByTable(
      float[] table, long address, int count, float[] floats, byte[] bytes) {
    OffHeap.read(address, bytes, count);
    for (int i = 0; i < count; i++) {
      floats[i] = table[bytes[i] & 0xff];
    }
  }

  private static void decodeBytes(long address, int count, float[] floats, byte[] bytes) {
    OffHeap.read(address, bytes, count);
    for (int i = 0; i < count; i++) {
      floats[i] = bytes[i];
    }
  }

  private static void encodeBfloat16(float[] floats, int count, long address, short[] shorts) {
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits(floats[i]);
      boolean nan = (bits & 0x7fffffff) > 0x7f800000;
      shorts[i] =
          (short) (nan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
    OffHeap.write(shorts, address, count);
  }

  private static void encodeShorts(
      DType dtype, float[] floats, int count, long address, short[] shorts) {
    for (int i = 0; i < count; i++) {
      shorts[i] = (short) dtype.encode(floats[i]);
    }
    OffHeap.write(shorts, address, count);
  }

  private static void encodeBytes(
      DType dtype, float[] floats, int count, long address, byte[] bytes) {
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) dtype.encode(floats[i]);
    }
    OffHeap.write(bytes, address, count);
  }

  private static float[] table(DType dtype, int patterns) {
    float[] values = new float[patterns];
    for (int bits = 0; bits < patterns; bits++) {
      values[bits] = dtype.decode(bits);
    }
    return values;
  }
}
