package dev.counterpoint.backend.gpu;

import dev.counterpoint.DeadlineExceededException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Output addresses in device memory, each written once before the first launch that uses it and
 * left alone afterwards, so that launches in flight and captured ones keep theirs. A kernel that
 * takes a table of targets is launched with the address of the entry.
 */
final class TargetTable {
  private static final int ENTRIES = 512;

  private final RankState rank;
  private final long base;
  private final long[] known = new long[ENTRIES];
  private final ByteBuffer stage = Tables.buffer(Long.BYTES);
  private int used;
  private int last;

  TargetTable(RankState rank, String what) {
    this.rank = rank;
    base = rank.memory().allocate(what, (long) ENTRIES * Long.BYTES);
  }

  /** The address of an entry that holds {@code target}; copies it to the device when it is new. */
  long entry(GpuStream stream, long target) {
    if (last < used && known[last] == target) {
      return base + (long) last * Long.BYTES;
    }
    for (int i = 0; i < used; i++) {
      if (known[i] == target) {
        last = i;
        return base + (long) i * Long.BYTES;
      }
    }
    if (used == ENTRIES) {
      startAnew(stream);
    }
    stage.putLong(0, target);
    rank.upload(base + (long) used * Long.BYTES, stage.clear());
    known[used] = target;
    last = used;
    return base + (long) used++ * Long.BYTES;
  }

  /** After so many different outputs: entries may be written again once nothing reads them. */
  private void startAnew(GpuStream stream) {
    if (stream.capturing() || !rank.awaitIdle()) {
      throw new DeadlineExceededException(
          ENTRIES + " different outputs of one prepared object", Duration.ZERO);
    }
    used = 0;
  }

  void free() {
    rank.memory().free(base);
  }
}
