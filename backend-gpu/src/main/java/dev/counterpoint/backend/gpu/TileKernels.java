package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import java.util.Locale;

/**
 * One set of kernels of the tile GEMM. An architecture may have several: general ones, which take
 * any operands, and others that are faster where they serve.
 *
 * @param name by which a user asks for it, such as {@code sm80}
 * @param prefix how the names of its families and entry points begin
 * @param architecture what its code is compiled for, as manifests and the run-time compiler say it
 * @param shapes its tiles
 * @param access how it reads A and B
 * @param types what it multiplies
 */
public record TileKernels(
    String name,
    String prefix,
    String architecture,
    TileShapes shapes,
    Access access,
    Types types) {
  /** How kernels read A and B. */
  public enum Access {
    /** By addresses and strides, whatever these are. */
    ADDRESSES,
    /** By descriptions of the matrices ({@link OperandMaps}), which are a second parameter. */
    MAPS
  }

  /** Which types and layouts kernels multiply. */
  @FunctionalInterface
  public interface Types {
    /** Whether there are kernels for these. */
    boolean include(DType input, DType output, WeightLayout layout);
  }

  /** Kernels that take everything. */
  public static TileKernels general(String name, String architecture, TileShapes shapes) {
    return new TileKernels(
        name,
        "tile_gemm_",
        architecture,
        shapes,
        Access.ADDRESSES,
        (input, output, layout) -> true);
  }

  /** Whether these kernels multiply this; an empty matrix has no description. */
  boolean take(DType input, DType output, WeightLayout layout, int k) {
    return types.include(input, output, layout) && (access == Access.ADDRESSES || k > 0);
  }

  /** The source that holds the kernels of an input type. */
  String family(DType input) {
    return prefix + input.name().toLowerCase(Locale.ROOT);
  }
}
