package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.support.CollectiveKind;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the ranks meet for one collective call: each brings its addresses, waits until all have
 * come, works, and waits until all have finished. Used again for a later call, {@link
 * HostCollectives#SLOTS} on.
 */
final class Rendezvous {
  private final HostContext context;
  private final Bell bell;
  private final int size;

  /** By rank, valid while all have arrived and not all have finished. */
  final long[] send;

  final long[] receive;
  private final BitSet present;
  private volatile long call;
  private volatile int arrived;
  private volatile int finished;
  private @Nullable CollectiveKind kind;
  private long count;
  private @Nullable Splits counts;
  private @Nullable DType dtype;
  private int root;
  private int firstRank;
  private volatile long start;

  Rendezvous(HostContext context, int slot) {
    this.context = context;
    this.bell = context.faults.register(new Bell());
    this.size = context.size();
    this.send = new long[size];
    this.receive = new long[size];
    this.present = new BitSet(size);
    this.call = slot;
  }

  /** What one device thread needs to wait at any rendezvous without allocating. */
  static final class Waits {
    private @Nullable Rendezvous place;
    private long number;
    private final Bell.Condition turn = () -> place().call == number;
    private final Bell.Condition together =
        () -> place().call != number || place().arrived == place().size;
    private final Bell.Condition done = () -> place().call != number;

    private Rendezvous place() {
      return Objects.requireNonNull(place);
    }
  }

  /** Brings this rank's part and returns when every rank has brought its own. */
  void arrive(
      Waits waits,
      long number,
      Execution by,
      CollectiveKind what,
      long elements,
      @Nullable Splits blocks,
      DType type,
      int rootRank,
      long from,
      long to) {
    waits.place = this;
    waits.number = number;
    long start = System.nanoTime();
    if (!bell.await(waits.turn, context.options.waitNanos(), context.faults)) {
      by.expired(
          "collective call "
              + number
              + " ("
              + what
              + "), whose place is still taken by call "
              + call,
          -1,
          call,
          number,
          start);
    }
    enter(number, by, what, elements, blocks, type, rootRank, from, to);
    if (!bell.await(waits.together, context.options.waitNanos(), context.faults)) {
      by.expired(
          "collective call "
              + number
              + " ("
              + describe(what, elements, blocks, type, rootRank)
              + "): ranks that did not arrive: "
              + missing(),
          -1,
          arrived,
          size,
          start);
    }
    context.faults.leaveIfRaised();
    if (context.link.on()) {
      by.wire.startAt(this.start);
    }
  }

  private synchronized void enter(
      long number,
      Execution by,
      CollectiveKind what,
      long elements,
      @Nullable Splits blocks,
      DType type,
      int rootRank,
      long from,
      long to) {
    start = arrived == 0 ? by.wire.start() : Math.max(start, by.wire.start());
    if (arrived == 0) {
      kind = what;
      count = elements;
      counts = blocks;
      dtype = type;
      root = rootRank;
      firstRank = by.rank;
    } else if (kind != what
        || count != elements
        || !Objects.equals(counts, blocks)
        || dtype != type
        || root != rootRank) {
      disagree(number, by, what, elements, blocks, type, rootRank);
    }
    send[by.rank] = from;
    receive[by.rank] = to;
    present.set(by.rank);
    arrived = arrived + 1;
    bell.ring();
  }

  private void disagree(
      long number,
      Execution by,
      CollectiveKind what,
      long elements,
      @Nullable Splits blocks,
      DType type,
      int rootRank) {
    CollectiveKind theirs = kind == null ? what : kind;
    DType theirType = dtype == null ? type : dtype;
    context.faults.raise(
        new FaultRecord(
            FaultRecord.Kind.NATIVE_ERROR,
            by.rank,
            by.operation,
            "collective call " + number,
            -1,
            elements,
            count,
            0,
            "rank "
                + by.rank
                + " calls "
                + describe(what, elements, blocks, type, rootRank)
                + " where rank "
                + firstRank
                + " calls "
                + describe(theirs, count, counts, theirType, root)
                + "; every rank makes the same calls in the same order"));
    throw WorldFailed.INSTANCE;
  }

  private static String describe(
      CollectiveKind what, long elements, @Nullable Splits blocks, DType type, int rootRank) {
    return what
        + " of "
        + (blocks == null ? String.valueOf(elements) : blocks.toString())
        + " "
        + type
        + (what == CollectiveKind.BROADCAST ? " from root " + rootRank : "");
  }

  private synchronized String missing() {
    BitSet missing = new BitSet(size);
    missing.set(0, size);
    missing.andNot(present);
    return missing.toString();
  }

  /**
   * Returns when every rank has finished; that is bounded, since all are here and none waits for
   * anything else.
   */
  void finish(Waits waits) {
    leave();
    bell.await(waits.done, Long.MAX_VALUE, context.faults);
  }

  private synchronized void leave() {
    if (finished + 1 < size) {
      finished = finished + 1;
      return;
    }
    finished = 0;
    arrived = 0;
    present.clear();
    Arrays.fill(send, 0);
    Arrays.fill(receive, 0);
    call = call + HostCollectives.SLOTS;
    bell.ring();
  }
}
