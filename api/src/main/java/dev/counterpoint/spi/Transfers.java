package dev.counterpoint.spi;

/**
 * Copies within a rank and between ranks, in stream order. Source and destination must not overlap.
 * Offsets and lengths are bytes; any alignment works, 16 bytes is fast. Zero bytes is allowed and,
 * for {@link #putSignal}, still signals.
 */
public interface Transfers {
  /**
   * Copies from this rank's memory to any rank's. Complete in stream order; visible to the peer
   * only through a later signal.
   */
  void put(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport);

  /**
   * {@link #put} followed by raising {@code array[word]} at the target's rank to the epoch's value.
   * The signal is not visible before all bytes are (rule XFER-3).
   */
  void putSignal(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport,
      SignalArray array,
      int word,
      Epoch epoch);

  /**
   * Copies {@code rows} pieces of {@code rowBytes} that lie {@code pitch} bytes apart on each side.
   */
  void put2d(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      long sourcePitch,
      DeviceMemory target,
      long targetOffset,
      long targetPitch,
      long rowBytes,
      long rows,
      Transport transport);

  /** Copies from any rank's memory to this rank's. */
  void get(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport);

  /** Sets bytes of this rank's memory. */
  void fill(Stream stream, DeviceMemory target, long offset, long bytes, byte value);
}
