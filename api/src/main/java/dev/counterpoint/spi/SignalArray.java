package dev.counterpoint.spi;

/**
 * 64-bit counters in symmetric memory, the same number on every rank, zero at first. They only grow
 * (rule SIG-1). Closing does not wait: the owner sees to it that no work of any rank uses it.
 */
public interface SignalArray extends AutoCloseable {
  /** The name given at allocation; appears in fault records. */
  String name();

  /** Number of words on each rank. */
  int words();

  @Override
  void close();
}
