package dev.counterpoint.backend.gpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The parameters of one kernel in native memory, behind the addresses by which a launch names them:
 * one, or two for kernels that read operands through descriptions.
 *
 * <p>Whoever launches with a block keeps it in a field for as long as it may launch: the driver
 * reads the bytes during the launch call, and memory of a block that nobody refers to is given
 * back.
 */
final class ParameterBlock {
  /** The addresses of two parameters. */
  private static final int HEADER = 2 * Long.BYTES;

  /** What the second parameter's address is a multiple of. */
  private static final int SECOND_ALIGNMENT = 64;

  private final ByteBuffer bytes;
  private final long address;

  /** A zeroed block of {@code size} bytes. */
  ParameterBlock(Driver driver, int size) {
    this(driver, size, 0);
  }

  /** A zeroed block of {@code size} bytes, and a second parameter unless that has no bytes. */
  ParameterBlock(Driver driver, int size, int secondSize) {
    int slack = secondSize == 0 ? 0 : SECOND_ALIGNMENT - 1;
    bytes =
        ByteBuffer.allocateDirect(HEADER + size + slack + secondSize)
            .order(ByteOrder.nativeOrder());
    address = driver.addressOf(bytes);
    bytes.putLong(0, address + HEADER);
    if (secondSize > 0) {
      long second = address + HEADER + size + slack;
      bytes.putLong(Long.BYTES, second - second % SECOND_ALIGNMENT);
    }
  }

  /** What {@link Driver#launch} wants: the address of the addresses of the parameters. */
  long address() {
    return address;
  }

  /** Where the second parameter lies, for what the driver writes there; 0 without one. */
  long secondAddress() {
    return bytes.getLong(Long.BYTES);
  }

  ParameterBlock set(int offset, int value) {
    bytes.putInt(HEADER + offset, value);
    return this;
  }

  ParameterBlock set(int offset, long value) {
    bytes.putLong(HEADER + offset, value);
    return this;
  }

  ParameterBlock set(int offset, float value) {
    bytes.putFloat(HEADER + offset, value);
    return this;
  }

  /** The beginning of every block: in whose name the kernel waits. */
  ParameterBlock operation(long waitContext, long localAbort, int operation) {
    set(OperationLayout.CONTEXT, waitContext);
    set(OperationLayout.ABORT, localAbort);
    return set(OperationLayout.OPERATION, operation);
  }

  /** A target: what a word must have reached. */
  ParameterBlock target(int offset, long epoch, long perEpoch, long added) {
    set(offset + TargetLayout.EPOCH, epoch);
    set(offset + TargetLayout.PER_EPOCH, perEpoch);
    return set(offset + TargetLayout.OFFSET, added);
  }

  int getInt(int offset) {
    return bytes.getInt(HEADER + offset);
  }

  long getLong(int offset) {
    return bytes.getLong(HEADER + offset);
  }

  float getFloat(int offset) {
    return bytes.getFloat(HEADER + offset);
  }
}
