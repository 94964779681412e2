package dev.counterpoint.spi;

import java.nio.ByteBuffer;

/** The device of one local rank. */
public interface Device {
  /** The rank it serves. */
  int rank();

  /** What it is. */
  DeviceInfo info();

  /**
   * Creates a stream. The caller closes it.
   *
   * @param name lane name in traces
   * @param priority higher values are scheduled first where the device can; 0 is normal
   */
  Stream newStream(String name, int priority);

  /**
   * Creates an event. The caller closes it.
   *
   * @param timed whether its time will be asked for; needs {@link Capability#TIMED_EVENTS}
   */
  Event newEvent(boolean timed);

  /**
   * Allocates uninitialized memory, aligned to 256 bytes at least, on this device only. The caller
   * closes it.
   *
   * @throws dev.counterpoint.DeviceMemoryException if there is not enough
   */
  DeviceBuffer allocate(long bytes);

  /**
   * Copies the buffer's remaining bytes to the device; returns when they are there. Not ordered
   * after any stream.
   */
  void upload(DeviceMemory target, long offset, ByteBuffer source);

  /**
   * Fills the buffer's remaining bytes from the device; returns when they are there. Not ordered
   * after any stream.
   */
  void download(DeviceMemory source, long offset, ByteBuffer target);

  /** Waits until every stream of this device is idle, within the deadline. */
  void synchronize(java.time.Duration deadline);
}
