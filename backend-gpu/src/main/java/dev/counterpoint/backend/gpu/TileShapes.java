package dev.counterpoint.backend.gpu;

import java.util.List;

/**
 * The tiles that a set of kernels of the tile GEMM has, and the room that they share.
 *
 * @param shapes every shape; each type and layout has all of them
 * @param stageBytes bytes of K in one stage of a kernel's pipeline
 * @param sharedBytes shared memory of one multiprocessor
 * @param systemSharedBytes shared memory that the system takes of each block
 */
public record TileShapes(
    List<Shape> shapes, int stageBytes, int sharedBytes, int systemSharedBytes) {
  /** Copies the list. */
  public TileShapes {
    shapes = List.copyOf(shapes);
  }

  /**
   * A shape that every type and layout has.
   *
   * @param byRegisters how many fit one multiprocessor, as far as registers go
   * @param rate products per time of a full multiprocessor, relative to the largest tile's; 0 for a
   *     tile that is taken only when it is asked for
   * @param cluster blocks that compute neighbouring tiles in step and are resident together
   * @param extraSharedBytes dynamic shared memory beside the stages
   * @param exposedBytes bytes of K that are multiplied at rate 1 in the time that the end of a tile
   *     takes, during which its multiprocessor multiplies nothing
   * @param suffix how the names of its entry points go on after the stages
   */
  public record Shape(
      int rows,
      int cols,
      int stages,
      int byRegisters,
      double rate,
      int cluster,
      int extraSharedBytes,
      int exposedBytes,
      String suffix) {
    /** A block on its own, which needs nothing but its stages and always multiplies. */
    public Shape(int rows, int cols, int stages, int byRegisters, double rate) {
      this(rows, cols, stages, byRegisters, rate, 1, 0, 0, "");
    }
  }

  /** Dynamic shared memory of a block. */
  int sharedBytes(Shape shape) {
    return shape.stages() * (shape.rows() + shape.cols()) * stageBytes + shape.extraSharedBytes();
  }

  /** How many blocks of a shape fit one multiprocessor. */
  int perUnit(Shape shape) {
    return Math.min(shape.byRegisters(), sharedBytes / (sharedBytes(shape) + systemSharedBytes));
  }

  /** The shapes that fit. */
  List<Shape> fitting() {
    return shapes.stream().filter(shape -> perUnit(shape) > 0).toList();
  }
}
