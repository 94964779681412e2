package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.support.Threads;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Bounds library collectives, whose kernels wait for peers without bound (rule ERR-3), and ends
 * them when the world has failed.
 *
 * <p>Each call is put between two events. A thread of this backend asks for them: when the first
 * has been reached for longer than the wait timeout and the second has not, the wait has expired.
 * The clock begins with the first event, not with the call, so a long queue before it does not
 * count. A replayed graph with collectives in it is watched as a whole. More calls in flight than
 * there are places are not watched; the older ones, which hold them up, are.
 */
final class CollectiveWatch {
  private static final int PLACES = 64;
  private static final long BUSY_NANOS = 2_000_000;
  private static final long QUIET_NANOS = 10_000_000;

  private final GpuContext context;
  private Place[][] places = new Place[0][];
  private @Nullable Thread thread;
  private @Nullable Runnable endCollectives;
  private volatile boolean stopped;
  private Caller[] callers = new Caller[0];

  /** A native call of one rank that has not returned. */
  private static final class Caller {
    private volatile long nanos;
    private volatile @Nullable GpuStream stream;
  }

  /** One call in flight. */
  private static final class Place {
    private final long from;
    private final long to;
    private volatile boolean armed;
    private String operation = "";
    private String what = "";
    private long count;
    private long startNanos;

    Place(long from, long to) {
      this.from = from;
      this.to = to;
    }
  }

  CollectiveWatch(GpuContext context) {
    this.context = context;
  }

  /**
   * Begins to watch.
   *
   * @param abort ends all collectives; called once when the world has failed
   */
  void start(Runnable abort) {
    places = new Place[context.size()][PLACES];
    callers = new Caller[context.size()];
    Arrays.setAll(callers, rank -> new Caller());
    for (RankState rank : context.ranks()) {
      rank.use();
      for (int i = 0; i < PLACES; i++) {
        places[rank.index()][i] =
            new Place(context.driver.createEvent(false), context.driver.createEvent(false));
      }
    }
    endCollectives = abort;
    Thread mine = new Thread(this::run, "counterpoint-" + context.platform.name() + "-watch");
    mine.setDaemon(true);
    thread = mine;
    mine.start();
  }

  /** Before a call is enqueued; its place, or −1. */
  int begin(GpuStream stream) {
    Place[] mine = stream.rank() < places.length ? places[stream.rank()] : new Place[0];
    for (int i = 0; i < mine.length; i++) {
      if (!mine[i].armed) {
        try {
          context.driver.record(mine[i].from, stream.handle(), false);
        } catch (NativeException e) {
          throw stream.failed(e);
        }
        return i;
      }
    }
    return -1;
  }

  /** After it. */
  void end(int place, GpuStream stream, String what, long count) {
    if (place < 0) {
      return;
    }
    Place mine = places[stream.rank()][place];
    try {
      context.driver.record(mine.to, stream.handle(), false);
    } catch (NativeException e) {
      throw stream.failed(e);
    }
    mine.operation = stream.operationLabel();
    mine.what = what;
    mine.count = count;
    mine.startNanos = 0;
    mine.armed = true;
  }

  /** Before a native call that may wait for peers on the host itself. */
  void entering(GpuStream stream) {
    Caller mine = callers[stream.rank()];
    mine.nanos = System.nanoTime();
    mine.stream = stream;
  }

  /** After it. */
  void left(GpuStream stream) {
    callers[stream.rank()].stream = null;
  }

  private void run() {
    boolean aborted = false;
    while (!stopped) {
      boolean busy = false;
      try {
        busy = look();
      } catch (NativeException e) {
        context.faults.nativeError(0, "", e);
      }
      if (!aborted && context.faults.raised()) {
        aborted = true;
        Runnable abort = endCollectives;
        if (abort != null) {
          abort.run();
        }
      }
      LockSupport.parkNanos(busy ? BUSY_NANOS : QUIET_NANOS);
    }
  }

  /** Looks at everything once; whether anything is in flight. */
  boolean look() {
    boolean busy = false;
    for (int rank = 0; rank < places.length; rank++) {
      for (Place place : places[rank]) {
        if (place.armed) {
          busy = true;
          look(rank, place);
        }
      }
    }
    for (Caller caller : callers) {
      GpuStream stream = caller.stream;
      if (stream != null && System.nanoTime() - caller.nanos > context.options.waitNanos()) {
        expire(stream.rank(), stream.operationLabel(), "the library's call", 0, caller.nanos);
      }
    }
    return busy;
  }

  private void look(int rank, Place place) {
    context.rank(rank).use();
    if (context.driver.isComplete(place.to)) {
      place.armed = false;
      return;
    }
    if (place.startNanos == 0) {
      if (context.driver.isComplete(place.from)) {
        place.startNanos = System.nanoTime();
      }
    } else if (System.nanoTime() - place.startNanos > context.options.waitNanos()) {
      expire(rank, place.operation, place.what, place.count, place.startNanos);
    }
  }

  private void expire(int rank, String operation, String what, long count, long startNanos) {
    context.faults.raise(
        new FaultRecord(
            FaultRecord.Kind.WAIT_EXPIRED,
            rank,
            operation,
            "collective " + what + " of " + count + " elements",
            -1,
            0,
            1,
            (System.nanoTime() - startNanos) / 1_000_000,
            "collectives complete when every rank has called"));
  }

  /** Ends the thread and releases the events. */
  void stop() {
    stopped = true;
    Thread mine = thread;
    if (mine != null) {
      LockSupport.unpark(mine);
      if (!Threads.join(mine, 3_000_000_000L)) {
        return;
      }
    }
    for (int rank = 0; rank < places.length; rank++) {
      context.rank(rank).use();
      for (Place place : places[rank]) {
        try {
          context.driver.destroyEvent(place.from);
          context.driver.destroyEvent(place.to);
        } catch (NativeException e) {
          // A lost context has taken its events with it.
        }
      }
    }
    places = new Place[0][];
  }
}
