package dev.counterpoint.cli.report;

import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;

/**
 * What a compute lane spends its time on for one tile, by the names that traces give it: first its
 * gate, then the tile, the end of which is its store; then the post.
 */
public enum TilePart {
  /** Held until what the tile needs is there. */
  GATE,
  /** The whole tile, its store included. */
  TILE,
  /** The end of a tile, when it goes to where it belongs. */
  STORE,
  /** After a tile: until everybody who waits for it has been told. */
  POST,
  /** No tile's. */
  NONE;

  /** Which part an event is. */
  public static TilePart of(TraceEvent event) {
    String name = event.name();
    if (event.kind() == Kind.COMPUTE) {
      return isNumbered(name) ? TILE : NONE;
    }
    if (event.kind() == Kind.WAIT) {
      return name.startsWith("gate of tile ") ? GATE : NONE;
    }
    return event.kind() != Kind.OTHER
        ? NONE
        : name.startsWith("store of tile ")
            ? STORE
            : name.startsWith("post of tile ") ? POST : NONE;
  }

  private static boolean isNumbered(String name) {
    return name.startsWith("tile ")
        && name.length() > 5
        && name.chars().skip(5).allMatch(c -> c >= '0' && c <= '9');
  }

  /** Whether it lies within a tile's span. */
  boolean isInside() {
    return this == STORE;
  }
}
