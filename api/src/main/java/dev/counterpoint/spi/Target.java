package dev.counterpoint.spi;

/**
 * The value that a wait waits for, as a function of the waiting rank's epoch: {@code perEpoch ·
 * epoch + offset}.
 *
 * @param perEpoch how much the word grows each launch
 * @param offset added; −1 with perEpoch 1 means "the launch before this one"
 */
public record Target(long perEpoch, long offset) {
  /** This launch's epoch. */
  public static final Target THIS_LAUNCH = new Target(1, 0);

  /** The epoch of the launch before this one: satisfied at once on the first launch. */
  public static final Target PREVIOUS_LAUNCH = new Target(1, -1);

  /** The value for a given epoch. */
  public long at(long epoch) {
    return perEpoch * epoch + offset;
  }
}
