package dev.counterpoint.backend.host.internal;

/**
 * One device thread's view of the simulated link: copies between ranks at its speed, or at once
 * where there is none.
 *
 * <p>Transfers that follow each other on a stream continue where the model stands, not where the
 * thread does: a real copy engine does not wait for a processor that is busy computing. Each begins
 * as soon as the rank's own end of the link is done with the one before, also where the other end
 * is behind: what lies between them buffers. Whatever else the thread does in between brings the
 * model back to the present.
 */
final class Wire {
  /**
   * How much link time one piece takes: short enough to share the link fairly, and about as long as
   * computing threads may keep a processor from the thread that copies it.
   */
  private static final long PIECE_NANOS = 4_000_000;

  private static final long SMALLEST_PIECE = 1 << 12;
  private final int rank;
  private final LinkModel link;
  private final FaultBoard faults;
  private final LinkModel.Ends ends = new LinkModel.Ends();

  /** When the link was done with what this thread sent last; 0 when that no longer matters. */
  private long done;

  /** When the rank's own end of it was. */
  private long ownDone;

  /** The command that runs has to do with the link only. */
  private boolean carrying;

  Wire(int rank, LinkModel link, FaultBoard faults) {
    this.rank = rank;
    this.link = link;
    this.faults = faults;
  }

  /** A command begins. */
  void begin() {
    carrying = false;
  }

  /** A command has ended. */
  void end() {
    if (!carrying) {
      present();
    }
  }

  /** The thread had nothing to do, or has done something that takes time of its own. */
  void present() {
    done = 0;
    ownDone = 0;
  }

  /** When what follows the last transfer can begin. */
  long start() {
    return done != 0 ? done : System.nanoTime();
  }

  /** The next transfer begins at this time: that of the slowest of those who take part. */
  void startAt(long time) {
    carried(time);
  }

  /** The command that runs takes no time of its own. */
  void instant() {
    carrying = true;
  }

  private void carried(long until) {
    done = until;
    ownDone = until;
    carrying = true;
  }

  /** Lets the time of one piece on the link pass, behind the piece before it. */
  private void carry(int from, int to, long bytes) {
    link.reserve(from, to, bytes, ownDone != 0 ? ownDone : System.nanoTime(), ends);
    arrive(Math.max(ends.egress, ends.ingress));
    ownDone = from == rank ? ends.egress : ends.ingress;
  }

  /** Returns when a transfer that the link ends at this time has arrived. */
  void arrive(long end) {
    carried(end);
    Pace.until(end + link.latencyNanos(), faults);
  }

  /** Copies bytes piece by piece, each once its time on the link has passed. */
  void copy(int from, int to, long source, long target, long bytes) {
    if (from == to || !link.on()) {
      OffHeap.copy(source, target, bytes);
      return;
    }
    long piece = Math.max(SMALLEST_PIECE, link.bytesIn(PIECE_NANOS));
    for (long at = 0; at < bytes; at += piece) {
      long part = Math.min(piece, bytes - at);
      carry(from, to, part);
      OffHeap.copy(source + at, target + at, part);
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
    for (long row = 0; row < rows; row += group) {
      long part = Math.min(group, rows - row);
      carry(from, to, part * rowBytes);
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
    if (!link.on()) {
      return;
    }
    if (from == to) {
      instant();
    } else {
      arrive(link.reserve(from, to, bytes, start()));
    }
  }

  /**
   * Copies from the root to the same place of everyone else, piece by piece; {@code targets[root]}
   * is left alone.
   */
  void broadcast(int root, long source, long[] targets, long bytes) {
    long piece =
        link.on() ? Math.max(SMALLEST_PIECE, link.bytesIn(PIECE_NANOS)) : Math.max(bytes, 1);
    for (long at = 0; at < bytes; at += piece) {
      long part = Math.min(piece, bytes - at);
      if (link.on()) {
        arrive(link.reserveBroadcast(root, part, start()));
      }
      for (int rank = 0; rank < targets.length; rank++) {
        if (rank != root) {
          OffHeap.copy(source + at, targets[rank] + at, part);
        }
      }
    }
  }
}
