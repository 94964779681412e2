package dev.counterpoint;

/**
 * Marks every exception this library throws on purpose, and sorts it for callers that decide by
 * kind.
 */
public interface Failure {
  /** What kind of failure this is. */
  Category category();

  /** Kinds of failure. */
  enum Category {
    /** The caller passed something that cannot be; nothing was changed. */
    USAGE,
    /** What was asked for is not there on this machine or in this backend. */
    UNAVAILABLE,
    /** Memory or another resource ran out; the world is still usable. */
    RESOURCE,
    /** A deadline passed; see the fault record. The world has failed and can only be closed. */
    TIMEOUT,
    /** A native library reported an error; the world has failed and can only be closed. */
    NATIVE,
    /** The resource, or the world it belongs to, was closed or had already failed. */
    STATE
  }
}
