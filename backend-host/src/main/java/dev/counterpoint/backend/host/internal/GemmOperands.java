package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileRoute;
import org.jspecify.annotations.Nullable;

/**
 * The operands of one run as addresses; how they travel in a command's numbers, and their checks.
 */
final class GemmOperands {
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
  }

  /** Checks arguments and lays them out as a command's numbers. */
  static void write(GemmPlan plan, GemmArguments arguments, long[] numbers) {
    GemmSpec spec = plan.spec;
    numbers[0] = addressOfA(spec, arguments);
    numbers[1] = arguments.aStride();
    numbers[2] = addressOfB(spec, arguments);
    numbers[3] = arguments.bStride();
    numbers[4] = addressOfC(spec, arguments);
    numbers[5] = arguments.cStride();
    numbers[6] = spec.route() instanceof TileRoute.Owners ? 0 : addressOfD(plan, arguments);
    numbers[7] = arguments.dStride();
    int outputBytes = spec.outputType().bytes();
    numbers[8] =
        vector(
            spec,
            "bias",
            spec.epilogue().bias(),
            arguments.bias(),
            (long) spec.cols() * outputBytes);
    numbers[9] =
        vector(
            spec,
            "rowScale",
            spec.epilogue().rowScale(),
            arguments.rowScale(),
            (long) spec.rows() * DType.FP32.bytes());
    numbers[10] =
        vector(
            spec,
            "colScale",
            spec.epilogue().colScale(),
            arguments.colScale(),
            (long) spec.cols() * DType.FP32.bytes());
  }

  private static long addressOfA(GemmSpec spec, GemmArguments arguments) {
    return matrix(
        spec,
        "a",
        arguments.a(),
        arguments.aOffset(),
        spec.rows(),
        spec.k(),
        arguments.aStride(),
        spec.inputType());
  }

  private static long addressOfB(GemmSpec spec, GemmArguments arguments) {
    boolean byColumn = spec.weightLayout() == WeightLayout.NK;
    return matrix(
        spec,
        "b",
        arguments.b(),
        arguments.bOffset(),
        byColumn ? spec.cols() : spec.k(),
        byColumn ? spec.k() : spec.cols(),
        arguments.bStride(),
        spec.inputType());
  }

  private static long addressOfC(GemmSpec spec, GemmArguments arguments) {
    if (spec.epilogue().beta() == 0f) {
      return 0;
    }
    return matrix(
        spec,
        "c",
        arguments.c(),
        arguments.cOffset(),
        spec.epilogue().rowCount(),
        spec.cols(),
        arguments.cStride(),
        spec.outputType());
  }

  private static long addressOfD(GemmPlan plan, GemmArguments arguments) {
    GemmSpec spec = plan.spec;
    if (!(spec.route() instanceof TileRoute.Packed)) {
      return matrix(
          spec,
          "d",
          arguments.d(),
          arguments.dOffset(),
          spec.rows(),
          spec.cols(),
          arguments.dStride(),
          spec.outputType());
    }
    return range(
        spec,
        "d",
        arguments.d(),
        arguments.dOffset(),
        plan.packedElements * spec.outputType().bytes());
  }

  private static long matrix(
      GemmSpec spec,
      String name,
      @Nullable DeviceMemory memory,
      long offset,
      int rows,
      int cols,
      int stride,
      DType dtype) {
    if (rows > 1) {
      Ranges.requireStride(name, stride, cols);
    }
    return range(spec, name, memory, offset, Ranges.extent(rows, cols, stride, dtype.bytes()));
  }

  private static long vector(
      GemmSpec spec, String name, boolean wanted, @Nullable DeviceMemory memory, long bytes) {
    return wanted ? range(spec, name, memory, 0, bytes) : 0;
  }

  private static long range(
      GemmSpec spec, String name, @Nullable DeviceMemory memory, long offset, long bytes) {
    if (memory == null) {
      if (bytes == 0) {
        return 0;
      }
      throw new InvalidArgumentException(name, "absent", "be given for '" + spec.label() + "'");
    }
    Ranges.requireRank(name, memory, spec.rank());
    return Ranges.address(name, memory, offset, bytes);
  }
}
