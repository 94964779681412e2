package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Fills operands with numbers between −1 and 1: zeros cost a device less power, and less time. */
final class RandomData {
  private static final int PIECE = 1 << 20;

  private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.nativeOrder());

  RandomData(DType dtype) {
    SplittableRandom random = new SplittableRandom(1);
    while (piece.remaining() >= dtype.bytes()) {
      int bits = dtype.encode((float) random.nextDouble(-1, 1));
      switch (dtype.bytes()) {
        case 1 -> piece.put((byte) bits);
        case 2 -> piece.putShort((short) bits);
        default -> piece.putInt(bits);
      }
    }
    piece.flip();
  }

  void fill(Rank rank, DeviceMemory memory) {
    for (long at = 0; at < memory.bytes(); at += PIECE) {
      int part = (int) Math.min(PIECE, memory.bytes() - at);
      rank.device().upload(memory, at, piece.duplicate().limit(part));
    }
  }
}
