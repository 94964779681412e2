package dev.counterpoint.backend.gpu;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/**
 * Copies between buffers of any kind and the current device, complete on return. A direct buffer is
 * used as it lies, and kept reachable while the driver has nothing but its address; others pass
 * through a stage.
 */
final class HostCopies {
  private static final int STAGE_BYTES = 1 << 20;

  private final Driver driver;
  private final ByteBuffer stage = Tables.buffer(STAGE_BYTES);
  private final long stageAddress;

  HostCopies(Driver driver) {
    this.driver = driver;
    stageAddress = driver.addressOf(stage);
  }

  /** Copies the remaining bytes; the buffer's position stays. */
  void upload(long target, ByteBuffer source) {
    if (source.isDirect()) {
      try {
        if (source.hasRemaining()) {
          long from = driver.addressOf(source) + source.position();
          driver.upload(target, from, source.remaining());
        }
      } finally {
        Reference.reachabilityFence(source);
      }
      return;
    }
    synchronized (stage) {
      ByteBuffer from = source.duplicate();
      long to = target;
      while (from.hasRemaining()) {
        int part = Math.min(STAGE_BYTES, from.remaining());
        stage.clear().put(from.slice(from.position(), part));
        driver.upload(to, stageAddress, part);
        from.position(from.position() + part);
        to += part;
      }
    }
  }

  /** Fills the remaining bytes; the buffer's position ends at its limit. */
  void download(long source, ByteBuffer target) {
    if (target.isDirect()) {
      try {
        if (target.hasRemaining()) {
          long to = driver.addressOf(target) + target.position();
          driver.download(to, source, target.remaining());
          target.position(target.limit());
        }
      } finally {
        Reference.reachabilityFence(target);
      }
      return;
    }
    synchronized (stage) {
      long from = source;
      while (target.hasRemaining()) {
        int part = Math.min(STAGE_BYTES, target.remaining());
        driver.download(stageAddress, from, part);
        target.put(stage.clear().limit(part));
        from += part;
      }
    }
  }
}
