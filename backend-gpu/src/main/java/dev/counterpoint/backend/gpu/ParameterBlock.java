package dev.counterpoint.backend.gpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The parameter of one kernel in native memory, behind the address by which a launch names it.
 *
 * <p>Whoever launches with a block keeps it in a field for as long as it may launch: the driver
 * reads the bytes during the launch call, and memory of a block that nobody refers to is given
 * back.
 */
final class ParameterBlock {
  private static final int HEADER = 16;
  private final ByteBuffer bytes;
  private final long address;

  /** A zeroed block of {@code size} bytes. */
  ParameterBlock(Driver driver, int size) {
    bytes = ByteBuffer.allocateDirect(HEADER + size).order(ByteOrder.nativeOrder());
    address = driver.addressOf(bytes);
    bytes.putLong(0, address + HEADER);
  }

  /** What {@link Driver#launch} wants: the address of the address of the parameter. */
  long address() {
    return address;
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
