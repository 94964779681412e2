package dev.counterpoint.spi.support;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Scaling;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileRoute;

/**
 * The checked operands of one launch as addresses (rule GEMM-17). A prepared GEMM keeps one and
 * refills it at each launch; an address is 0 where the specification has no use for the operand.
 */
public final class GemmOperands {
  private final GemmSpec spec;
  private final OperandAddresses addresses;
  private final long packedElements;
  private long a;
  private long b;
  private long c;
  private long d;
  private long bias;
  private long rowScale;
  private long colScale;
  private long aScales;
  private long bScales;

  /** For launches of this GEMM. */
  public GemmOperands(GemmSpec spec) {
    this.spec = spec;
    this.addresses = new OperandAddresses(spec.label(), spec.rank());
    this.packedElements =
        spec.route() instanceof TileRoute.Packed packed
            ? GemmChecks.packedElements(spec.tiling(), packed.slots())
            : 0;
  }

  /**
   * Checks all operands and takes their addresses; nothing is kept when one is refused.
   *
   * @throws InvalidArgumentException naming the operand that is absent, too small or elsewhere
   */
  public void take(GemmArguments arguments) {
    boolean byColumn = spec.weightLayout() == WeightLayout.NK;
    int inputBytes = spec.inputType().bytes();
    long newA =
        addresses.matrix(
            "a",
            arguments.a(),
            arguments.aOffset(),
            spec.rows(),
            spec.k(),
            arguments.aStride(),
            inputBytes);
    long newB =
        addresses.matrix(
            "b",
            arguments.b(),
            arguments.bOffset(),
            byColumn ? spec.cols() : spec.k(),
            byColumn ? spec.k() : spec.cols(),
            arguments.bStride(),
            inputBytes);
    long newC = addressOfC(arguments);
    long newD = addressOfD(arguments);
    int outputBytes = spec.outputType().bytes();
    long newBias =
        addresses.vector(
            "bias", spec.epilogue().bias(), arguments.bias(), (long) spec.cols() * outputBytes);
    long scaleBytes = DType.FP32.bytes();
    long newRowScale =
        addresses.vector(
            "rowScale", spec.epilogue().rowScale(), arguments.rowScale(), spec.rows() * scaleBytes);
    long newColScale =
        addresses.vector(
            "colScale", spec.epilogue().colScale(), arguments.colScale(), spec.cols() * scaleBytes);
    long newAScales = addressOfAScales(arguments);
    long newBScales = addressOfBScales(arguments);
    a = newA;
    b = newB;
    c = newC;
    d = newD;
    bias = newBias;
    rowScale = newRowScale;
    colScale = newColScale;
    aScales = newAScales;
    bScales = newBScales;
  }

  private long addressOfAScales(GemmArguments arguments) {
    if (spec.scaling() != Scaling.BLOCKS) {
      return 0;
    }
    return addresses.matrix(
        "aScales",
        arguments.aScales(),
        arguments.aScalesOffset(),
        spec.rows(),
        Scaling.blocks(spec.k()),
        arguments.aScalesStride(),
        DType.FP32.bytes());
  }

  private long addressOfBScales(GemmArguments arguments) {
    if (spec.scaling() != Scaling.BLOCKS) {
      return 0;
    }
    return addresses.matrix(
        "bScales",
        arguments.bScales(),
        arguments.bScalesOffset(),
        Scaling.blocks(spec.cols()),
        Scaling.blocks(spec.k()),
        arguments.bScalesStride(),
        DType.FP32.bytes());
  }

  private long addressOfC(GemmArguments arguments) {
    if (spec.epilogue().beta() == 0f) {
      return 0;
    }
    return addresses.matrix(
        "c",
        arguments.c(),
        arguments.cOffset(),
        spec.epilogue().rowCount(),
        spec.cols(),
        arguments.cStride(),
        spec.outputType().bytes());
  }

  private long addressOfD(GemmArguments arguments) {
    int bytes = spec.outputType().bytes();
    if (spec.route() instanceof TileRoute.Owners) {
      return 0;
    }
    if (spec.route() instanceof TileRoute.Packed) {
      return addresses.range("d", arguments.d(), arguments.dOffset(), packedElements * bytes);
    }
    return addresses.matrix(
        "d",
        arguments.d(),
        arguments.dOffset(),
        spec.rows(),
        spec.cols(),
        arguments.dStride(),
        bytes);
  }

  /** Address of A. */
  public long a() {
    return a;
  }

  /** Address of B. */
  public long b() {
    return b;
  }

  /** Address of C's row 0, which belongs to the first row of the epilogue's window. */
  public long c() {
    return c;
  }

  /** Address of the local output. */
  public long d() {
    return d;
  }

  /** Address of the bias. */
  public long bias() {
    return bias;
  }

  /** Address of the factors of rows. */
  public long rowScale() {
    return rowScale;
  }

  /** Address of the factors of columns. */
  public long colScale() {
    return colScale;
  }

  /** Address of the factors of A by block. */
  public long aScales() {
    return aScales;
  }

  /** Address of the factors of B by block. */
  public long bScales() {
    return bScales;
  }
}
