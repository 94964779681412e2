package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.support.GemmOperands;

/** The operands of one run as addresses and strides, and how they travel in a command's numbers. */
final class RunOperands {
  long a;
  int aStride;
  long b;
  int bStride;
  long c;
  int cStride;
  long d;
  int dStride;
  long bias;
  long rowScale;
  long colScale;
  long aScales;
  int aScalesStride;
  long bScales;
  int bScalesStride;

  /** Takes them out of a command. */
  void read(long[] numbers) {
    a = numbers[0];
    aStride = (int) numbers[1];
    b = numbers[2];
    bStride = (int) numbers[3];
    c = numbers[4];
    cStride = (int) numbers[5];
    d = numbers[6];
    dStride = (int) numbers[7];
    bias = numbers[8];
    rowScale = numbers[9];
    colScale = numbers[10];
    aScales = numbers[11];
    aScalesStride = (int) numbers[12];
    bScales = numbers[13];
    bScalesStride = (int) numbers[14];
  }

  /** Lays checked operands out as a command's numbers. */
  static void write(GemmOperands checked, GemmArguments arguments, long[] numbers) {
    numbers[0] = checked.a();
    numbers[1] = arguments.aStride();
    numbers[2] = checked.b();
    numbers[3] = arguments.bStride();
    numbers[4] = checked.c();
    numbers[5] = arguments.cStride();
    numbers[6] = checked.d();
    numbers[7] = arguments.dStride();
    numbers[8] = checked.bias();
    numbers[9] = checked.rowScale();
    numbers[10] = checked.colScale();
    numbers[11] = checked.aScales();
    numbers[12] = arguments.aScalesStride();
    numbers[13] = checked.bScales();
    numbers[14] = arguments.bScalesStride();
  }
}
