package dev.counterpoint;

import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.Stream;

/**
 * One member of a world: one device with its streams. Thread-safe unless a method says otherwise.
 */
public interface Rank {
  /** Position in the world, 0 … size−1. */
  int index();

  /** The world it belongs to. */
  World world();

  /** The device behind it. */
  Device device();

  /**
   * The stream on which operators are enqueued and on which their inputs and outputs are ordered.
   */
  Stream stream();

  /**
   * Allocates an uninitialized matrix on this rank's device. The caller closes it; the world closes
   * what is left and reports it as a leak.
   *
   * @throws DeviceMemoryException if there is not enough memory
   */
  Tensor allocate(DType dtype, int rows, int cols);

  /** {@link #allocate(DType, int, int)} with a shape. */
  default Tensor allocate(DType dtype, Shape shape) {
    return allocate(dtype, shape.rows(), shape.cols());
  }

  /**
   * A tensor over device memory that the caller owns, for use with other libraries.
   *
   * @param address device address that this rank's device can read and write
   * @param rowStride elements from one row to the next, ≥ cols
   */
  Tensor wrap(long address, DType dtype, int rows, int cols, int rowStride);
}
