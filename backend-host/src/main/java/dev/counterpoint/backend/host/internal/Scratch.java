package dev.counterpoint.backend.host.internal;

/**
 * Arrays on the Java heap through which one thread converts rows; loops over them are vectorized,
 * loops over addresses are not.
 */
final class Scratch {
  /** Elements in each array. */
  static final int LENGTH = 4096;

  final float[] floats = new float[LENGTH];
  final float[] moreFloats = new float[LENGTH];
  final float[] addends = new float[LENGTH];
  final int[] ints = new int[LENGTH];
  final int[] moreInts = new int[LENGTH];
  final short[] shorts = new short[LENGTH];
  final byte[] bytes = new byte[LENGTH];
}
