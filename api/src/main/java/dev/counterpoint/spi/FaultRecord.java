package dev.counterpoint.spi;

/**
 * The first thing that went wrong in a world, as the device or host wrote it.
 *
 * @param kind what happened
 * @param rank the rank on which it was noticed
 * @param operation label of the plan or operation
 * @param waitedFor what was waited for: array, word; or the native call
 * @param tile the tile or block that waited; −1 if none
 * @param seen value last seen
 * @param wanted value wanted
 * @param elapsedMillis how long the wait had lasted
 * @param detail anything more: native status, reason of an abort; may be empty
 */
public record FaultRecord(
    Kind kind,
    int rank,
    String operation,
    String waitedFor,
    long tile,
    long seen,
    long wanted,
    long elapsedMillis,
    String detail) {

  /** Kinds of fault. */
  public enum Kind {
    /** A bounded wait expired. */
    WAIT_EXPIRED,
    /** A native call failed or the device reported an error. */
    NATIVE_ERROR,
    /** The host aborted the world. */
    ABORTED
  }

  /** What is on record when the host aborts a world. */
  public static FaultRecord aborted(String reason) {
    return new FaultRecord(Kind.ABORTED, 0, "", "", -1, 0, 0, 0, reason);
  }

  /** One sentence with all of it. */
  public String describe() {
    String where =
        "rank "
            + rank
            + (operation.isEmpty() ? "" : ", " + operation)
            + (tile >= 0 ? ", tile " + tile : "");
    String more = detail.isEmpty() ? "" : "; " + detail;
    return switch (kind) {
      case WAIT_EXPIRED ->
          "wait expired on "
              + where
              + ": "
              + waitedFor
              + " was "
              + seen
              + ", wanted "
              + wanted
              + ", after "
              + elapsedMillis
              + " ms"
              + more
              + "; a peer did not arrive, or arrived with another operation";
      case NATIVE_ERROR -> "device error on " + where + ": " + waitedFor + more;
      case ABORTED -> "world aborted on " + where + more;
    };
  }
}
