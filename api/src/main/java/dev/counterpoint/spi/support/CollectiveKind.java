package dev.counterpoint.spi.support;

/** The collectives there are; as text, the name of the method. */
public enum CollectiveKind {
  /** Everyone's block to everyone. */
  ALL_GATHER("allGather"),
  /** The sum of everyone's r-th block to rank r. */
  REDUCE_SCATTER("reduceScatter"),
  /** The sum to everyone. */
  ALL_REDUCE("allReduce"),
  /** The root's elements to everyone. */
  BROADCAST("broadcast"),
  /** Block s of rank r to rank s. */
  ALL_TO_ALL("allToAll"),
  /** The same with blocks that differ. */
  ALL_TO_ALL_V("allToAllV"),
  /** To one rank, from one rank. */
  SEND_RECEIVE("sendReceive");

  private final String text;

  CollectiveKind(String text) {
    this.text = text;
  }

  /** Whether elements are added up. */
  public boolean sums() {
    return this == REDUCE_SCATTER || this == ALL_REDUCE;
  }

  @Override
  public String toString() {
    return text;
  }
}
