package dev.counterpoint.backend.host.internal;

/** The collectives there are. */
enum CollectiveKind {
  /** Everyone's block to everyone. */
  ALL_GATHER("all-gather"),
  /** The sum of everyone's r-th block to rank r. */
  REDUCE_SCATTER("reduce-scatter"),
  /** The sum to everyone. */
  ALL_REDUCE("all-reduce"),
  /** The root's elements to everyone. */
  BROADCAST("broadcast"),
  /** Block s of rank r to rank s. */
  ALL_TO_ALL("all-to-all"),
  /** To one rank, from one rank. */
  SEND_RECEIVE("send-receive");

  private final String text;

  CollectiveKind(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
