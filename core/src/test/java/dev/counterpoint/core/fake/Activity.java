package dev.counterpoint.core.fake;

/**
 * Something that goes on in a {@link SimulatedMachine} at a rate that depends on what else does.
 */
final class Activity {
  /** What it needs. */
  enum Kind {
    /** Time alone. */
    FIXED,
    /** Compute units. */
    PRODUCTS,
    /** A device's memory. */
    MEMORY,
    /** The way from one device to another. */
    PUSH,
    /** The same for a tile: all of a device's together count as one. */
    STORE,
    /** All links, and compute units. */
    LIBRARY
  }

  final Kind kind;
  final int rank;

  /** Where it goes to, if it leaves the rank. */
  final int peer;

  /** Units that the products leave free. */
  final int reserved;

  final Runnable then;

  /** Microseconds at full speed, or bytes. */
  double left;

  double rate;

  private Activity(Kind kind, int rank, int peer, int reserved, double left, Runnable then) {
    this.kind = kind;
    this.rank = rank;
    this.peer = peer;
    this.reserved = reserved;
    this.left = left;
    this.then = then;
  }

  static Activity fixed(int rank, double micros, Runnable then) {
    return new Activity(Kind.FIXED, rank, rank, 0, micros, then);
  }

  static Activity products(int rank, double micros, int reserved, Runnable then) {
    return new Activity(Kind.PRODUCTS, rank, rank, reserved, micros, then);
  }

  static Activity memory(int rank, double bytes, Runnable then) {
    return new Activity(Kind.MEMORY, rank, rank, 0, bytes, then);
  }

  static Activity push(int rank, int peer, double bytes, Runnable then) {
    return new Activity(Kind.PUSH, rank, peer, 0, bytes, then);
  }

  static Activity store(int rank, int peer, double bytes, Runnable then) {
    return new Activity(Kind.STORE, rank, peer, 0, bytes, then);
  }

  static Activity library(int rank, double bytes, Runnable then) {
    return new Activity(Kind.LIBRARY, rank, rank, 0, bytes, then);
  }
}
