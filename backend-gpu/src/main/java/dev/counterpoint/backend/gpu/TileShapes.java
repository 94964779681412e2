package dev.counterpoint.backend.gpu;

import java.util.List;

/**
 * The tiles that the tile GEMM has on one architecture, and the room that they share.
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
   * @param rate products per time of a full multiprocessor, relative to the largest tile's
   */
  public record Shape(int rows, int cols, int stages, int byRegisters, double rate) {}

  /** How many blocks of a shape fit one multiprocessor. */
  int perUnit(Shape shape) {
    int blockBytes = shape.stages() * (shape.rows() + shape.cols()) * stageBytes;
    return Math.min(shape.byRegisters(), sharedBytes / (blockBytes + systemSharedBytes));
  }

  /** The shapes that fit. */
  List<Shape> fitting() {
    return shapes.stream().filter(shape -> perUnit(shape) > 0).toList();
  }
}
