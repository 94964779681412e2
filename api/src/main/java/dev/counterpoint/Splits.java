package dev.counterpoint;

import java.util.Arrays;

/**
 * How much each rank has for each other: the counts of an all-to-all whose blocks differ. Counts
 * are rows for an operator and elements for a collective. What a rank sends lies in the order of
 * the targets, and what it receives in the order of the sources, without gaps. A value.
 */
public final class Splits {
  private final int ranks;

  /** Source by source. */
  private final long[] counts;

  private final long[] sendStarts;
  private final long[] receiveStarts;
  private final long[] sent;
  private final long[] received;
  private final long most;

  private Splits(int ranks, long[] counts) {
    this.ranks = ranks;
    this.counts = counts;
    sendStarts = new long[counts.length];
    receiveStarts = new long[counts.length];
    sent = new long[ranks];
    received = new long[ranks];
    long largest = 0;
    for (int from = 0; from < ranks; from++) {
      for (int to = 0; to < ranks; to++) {
        int at = from * ranks + to;
        if (counts[at] < 0) {
          throw new InvalidArgumentException(
              "splits[" + from + "][" + to + "]", counts[at], "not be negative");
        }
        sendStarts[at] = sent[from];
        receiveStarts[at] = received[to];
        sent[from] = Math.addExact(sent[from], counts[at]);
        received[to] = Math.addExact(received[to], counts[at]);
        largest = Math.max(largest, counts[at]);
      }
    }
    most = largest;
  }

  /**
   * Those of a matrix.
   *
   * @param counts by source and target, as many of each
   */
  public static Splits of(long[][] counts) {
    int ranks = counts.length;
    if (ranks == 0) {
      throw new InvalidArgumentException("splits", "no ranks", "have at least one rank");
    }
    long[] all = new long[ranks * ranks];
    for (int from = 0; from < ranks; from++) {
      if (counts[from].length != ranks) {
        throw new InvalidArgumentException(
            "splits[" + from + "]",
            counts[from].length + " counts",
            "have one for each of the " + ranks + " ranks");
      }
      System.arraycopy(counts[from], 0, all, from * ranks, ranks);
    }
    return new Splits(ranks, all);
  }

  /** The same with every count multiplied. */
  public Splits times(long factor) {
    return new Splits(
        ranks, Arrays.stream(counts).map(count -> Math.multiplyExact(count, factor)).toArray());
  }

  /** Only what each rank has for the one so many places after it, in a ring. */
  public Splits shifted(int step) {
    long[] some = new long[counts.length];
    for (int from = 0; from < ranks; from++) {
      int at = from * ranks + (from + step) % ranks;
      some[at] = counts[at];
    }
    return new Splits(ranks, some);
  }

  /** Number of ranks. */
  public int ranks() {
    return ranks;
  }

  /** What one rank has for another. */
  public long count(int from, int to) {
    return counts[from * ranks + to];
  }

  /** What a rank sends before that. */
  public long sendStart(int from, int to) {
    return sendStarts[from * ranks + to];
  }

  /** What the other receives before that. */
  public long receiveStart(int from, int to) {
    return receiveStarts[from * ranks + to];
  }

  /** All that a rank sends. */
  public long sent(int from) {
    return sent[from];
  }

  /** All that a rank receives. */
  public long received(int to) {
    return received[to];
  }

  /** The largest count. */
  public long most() {
    return most;
  }

  /** The most that any rank sends. */
  public long mostSent() {
    return Arrays.stream(sent).max().orElse(0);
  }

  @Override
  public boolean equals(Object other) {
    return other == this
        || (other instanceof Splits splits
            && splits.ranks == ranks
            && Arrays.equals(splits.counts, counts));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts);
  }

  /** Source by source. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int from = 0; from < ranks; from++) {
      text.append(from == 0 ? "" : "; ")
          .append(Arrays.toString(Arrays.copyOfRange(counts, from * ranks, (from + 1) * ranks)));
    }
    return text.toString();
  }
}
