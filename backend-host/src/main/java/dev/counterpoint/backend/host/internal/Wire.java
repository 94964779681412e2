package dev.counterpoint.backend.host.internal;

/** Copies between ranks at the speed of the simulated link, or at once where there is none. */
final class Wire {
  /**
   * How much link time one piece takes: long enough to park for, short enough to share the link
   * fairly.
   */
  private static final long PIECE_NANOS = 200_000;

  private static final long SMALLEST_PIECE = 1 << 12;
  private final LinkModel link;
  private final FaultBoard faults;

  Wire(LinkModel link, FaultBoard faults) {
    this.link = link;
    this.faults = faults;
  }

  /** Copies bytes piece by piece, each once its time on the link has passed. */
  void copy(int from, int to, long source, long target, long bytes) {
    if (from == to || !link.on()) {
      OffHeap.copy(source, target, bytes);
      return;
    }
    long piece = Math.max(SMALLEST_PIECE, link.bytesIn(PIECE_NANOS));
    long time = System.nanoTime();
    for (long done = 0; done < bytes; done += piece) {
      long part = Math.min(piece, bytes - done);
      time = link.reserve(from, to, part, time);
      Pace.until(time + link.latencyNanos(), faults);
      OffHeap.copy(source + done, target + done, part);
    }
  }

  /** Copies rows, a group of rows at a time. */
  void copyRows(
      int from,
      int to,
      long source,
      long sourcePitch,
      long target,
      long targetPitch,
      long rowBytes,
      long rows) {
    if (from == to || !link.on() || rowBytes == 0) {
      OffHeap.copyRows(source, sourcePitch, target, targetPitch, rowBytes, rows);
      return;
    }
    long group = Math.max(1, link.bytesIn(PIECE_NANOS) / rowBytes);
    long time = System.nanoTime();
    for (long row = 0; row < rows; row += group) {
      long part = Math.min(group, rows - row);
      time = link.reserve(from, to, part * rowBytes, time);
      Pace.until(time + link.latencyNanos(), faults);
      OffHeap.copyRows(
          source + row * sourcePitch,
          sourcePitch,
          target + row * targetPitch,
          targetPitch,
          rowBytes,
          part);
    }
  }

  /** Lets the time of one small message pass. */
  void message(int from, int to, long bytes) {
    if (from != to && link.on()) {
      Pace.until(link.reserve(from, to, bytes, System.nanoTime()) + link.latencyNanos(), faults);
    }
  }

  /**
   * Copies from the root to the same place of everyone else, piece by piece; {@code targets[root]}
   * is left alone.
   */
  void broadcast(int root, long source, long[] targets, long bytes) {
    long piece =
        link.on() ? Math.max(SMALLEST_PIECE, link.bytesIn(PIECE_NANOS)) : Math.max(bytes, 1);
    long time = System.nanoTime();
    for (long done = 0; done < bytes; done += piece) {
      long part = Math.min(piece, bytes - done);
      if (link.on()) {
        time = link.reserveBroadcast(root, part, time);
        Pace.until(time + link.latencyNanos(), faults);
      }
      for (int rank = 0; rank < targets.length; rank++) {
        if (rank != root) {
          OffHeap.copy(source + done, targets[rank] + done, part);
        }
      }
    }
  }
}
