package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import dev.counterpoint.spi.TraceEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Spans of streams by pairs of timed events, and of tiles by what the tile GEMM writes into an
 * arena.
 *
 * <p>One clock for all ranks: at the start every device records an event while idle and the host
 * reads its own clock beside it; all later times are that clock plus the device's time since. Tiles
 * carry their device's global timer, which is laid so that the first of a launch begins where the
 * launch's span does. Replayed graphs appear as one span: what is in them was recorded untraced.
 */
final class Tracer {
  private static final long ARENA_BYTES = 8L << 20;
  private static final long LEAST_WAIT_NANOS = 1_000;

  private final GpuContext context;
  private final List<Span> spans = new ArrayList<>();
  private final List<Base> bases = new ArrayList<>();
  private volatile boolean on;
  private long startNanos;

  /** A device's point on the host's clock, and the rest of its arena. */
  private static final class Base {
    final RankState rank;
    final long event;
    final long nanos;
    final long arena;
    long used;

    Base(RankState rank, long event, long nanos, long arena) {
      this.rank = rank;
      this.event = event;
      this.nanos = nanos;
      this.arena = arena;
    }
  }

  /** What one stream did between two events. */
  private static final class Span {
    final GpuStream stream;
    final String operation;
    final long from;
    final long to;
    TraceEvent.Kind kind = TraceEvent.Kind.OTHER;
    String name = "";
    long tiles;
    int tileCount;
    boolean ended;

    Span(GpuStream stream, long from, long to) {
      this.stream = stream;
      this.operation = stream.operationLabel();
      this.from = from;
      this.to = to;
    }
  }

  Tracer(GpuContext context) {
    this.context = context;
  }

  boolean on() {
    return on;
  }

  synchronized void start() {
    discard();
    startNanos = System.nanoTime();
    for (RankState rank : context.ranks()) {
      long arena = rank.memory().allocate("the trace of tiles", ARENA_BYTES);
      rank.zero(arena, ARENA_BYTES);
      rank.use();
      long event = context.driver.createEvent(true);
      long nanos = rank.recordNow(event);
      bases.add(new Base(rank, event, nanos, arena));
    }
    on = true;
  }

  /** Begins a span on a stream; its number. */
  synchronized int begin(GpuStream stream) {
    if (!on) {
      return -1;
    }
    try {
      long from = context.driver.createEvent(true);
      long to = context.driver.createEvent(true);
      context.driver.record(from, stream.handle(), false);
      spans.add(new Span(stream, from, to));
      return spans.size() - 1;
    } catch (NativeException e) {
      throw stream.failed(e);
    }
  }

  /** Where a launch of so many units writes their times; 0 when the arena is full. */
  synchronized long tiles(int number, int units) {
    Span span = spans.get(number);
    Base base = bases.get(span.stream.rank());
    long bytes = (long) units * TileSpanLayout.SIZE;
    if (base.used + bytes > ARENA_BYTES) {
      return 0;
    }
    span.tiles = base.arena + base.used;
    span.tileCount = units;
    base.used += bytes;
    return span.tiles;
  }

  synchronized void end(int number, GpuStream stream, TraceEvent.Kind kind, String name) {
    if (number >= spans.size()) {
      return; // stopped meanwhile
    }
    Span span = spans.get(number);
    span.kind = kind;
    span.name = name;
    try {
      context.driver.record(span.to, stream.handle(), false);
      span.ended = true;
    } catch (NativeException e) {
      throw stream.failed(e);
    }
  }

  /** Stops; the streams must be idle. */
  synchronized List<TraceEvent> stop() {
    on = false;
    long stopNanos = System.nanoTime();
    List<TraceEvent> events = new ArrayList<>();
    for (Span span : spans) {
      if (span.ended) {
        add(span, stopNanos, events);
      }
    }
    discard();
    events.sort(Comparator.comparingLong(TraceEvent::startNanos));
    return events;
  }

  private void add(Span span, long stopNanos, List<TraceEvent> events) {
    Base base = bases.get(span.stream.rank());
    base.rank.use();
    long from;
    long to;
    try {
      from = base.nanos + Math.round(context.driver.nanosBetween(base.event, span.from));
      to = base.nanos + Math.round(context.driver.nanosBetween(base.event, span.to));
    } catch (NativeException e) {
      return; // not complete: the world failed meanwhile
    }
    String lane = span.stream.name();
    addClamped(span, lane, span.kind, span.name, from, to, stopNanos, events);
    if (span.tiles != 0) {
      addTiles(span, base, from, stopNanos, events);
    }
  }

  private void addTiles(Span span, Base base, long from, long stopNanos, List<TraceEvent> events) {
    ByteBuffer bytes = Tables.buffer(span.tileCount * TileSpanLayout.SIZE);
    base.rank.download(span.tiles, bytes);
    long first = Long.MAX_VALUE;
    for (int unit = 0; unit < span.tileCount; unit++) {
      long wait = bytes.getLong(unit * TileSpanLayout.SIZE + TileSpanLayout.WAIT_NANOS);
      first = wait == 0 ? first : Math.min(first, wait);
    }
    long shift = from - first;
    for (int unit = 0; unit < span.tileCount; unit++) {
      int at = unit * TileSpanLayout.SIZE;
      long wait = bytes.getLong(at + TileSpanLayout.WAIT_NANOS);
      long start = bytes.getLong(at + TileSpanLayout.START_NANOS);
      long end = bytes.getLong(at + TileSpanLayout.END_NANOS);
      if (wait == 0 || end == 0) {
        continue; // a tile without elements, or one that was not reached
      }
      int tile = bytes.getInt(at + TileSpanLayout.TILE);
      String lane = "SM " + bytes.getInt(at + TileSpanLayout.MULTIPROCESSOR);
      if (start - wait > LEAST_WAIT_NANOS) {
        String gate = "gate of tile " + tile;
        addClamped(
            span, lane, TraceEvent.Kind.WAIT, gate, wait + shift, start + shift, stopNanos, events);
      }
      String name = "tile " + tile;
      addClamped(
          span, lane, TraceEvent.Kind.COMPUTE, name, start + shift, end + shift, stopNanos, events);
      long computed = bytes.getLong(at + TileSpanLayout.COMPUTED_NANOS);
      long posted = bytes.getLong(at + TileSpanLayout.POSTED_NANOS);
      addPart(span, lane, "store of " + name, computed, end, shift, stopNanos, events);
      addPart(span, lane, "post of " + name, end, posted, shift, stopNanos, events);
    }
  }

  /** What a multiprocessor does for a tile besides multiplying, where it was noted. */
  private void addPart(
      Span span,
      String lane,
      String name,
      long from,
      long to,
      long shift,
      long stopNanos,
      List<TraceEvent> events) {
    if (from != 0 && to != 0) {
      addClamped(
          span, lane, TraceEvent.Kind.OTHER, name, from + shift, to + shift, stopNanos, events);
    }
  }

  private void addClamped(
      Span span,
      String lane,
      TraceEvent.Kind kind,
      String name,
      long from,
      long to,
      long stopNanos,
      List<TraceEvent> events) {
    long start = Math.max(startNanos, Math.min(from, stopNanos));
    long end = Math.max(start, Math.min(to, stopNanos));
    events.add(new TraceEvent(span.stream.rank(), lane, kind, name, span.operation, start, end));
  }

  private void discard() {
    for (Span span : spans) {
      span.stream.state().use();
      destroy(span.from);
      destroy(span.to);
    }
    spans.clear();
    for (Base base : bases) {
      base.rank.use();
      destroy(base.event);
      base.rank.memory().free(base.arena);
    }
    bases.clear();
  }

  private void destroy(long event) {
    try {
      context.driver.destroyEvent(event);
    } catch (NativeException e) {
      // A lost context has taken its events with it.
    }
  }
}
