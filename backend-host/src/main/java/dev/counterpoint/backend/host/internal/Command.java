package dev.counterpoint.backend.host.internal;

/**
 * One enqueued item: an operation and its arguments. Mutable and reused, so that enqueuing
 * allocates nothing; which argument is where is between the operation and the method that enqueues
 * it.
 */
final class Command {
  private static final Object NOTHING = new Object();
  private static final Operation NO_OPERATION = (command, execution) -> {};

  Operation operation = NO_OPERATION;
  String label = "";
  final long[] numbers = new long[16];
  Object first = NOTHING;
  Object second = NOTHING;
  Object third = NOTHING;

  /** Forgets objects, so that a queue that rests keeps nothing alive. */
  void clear() {
    operation = NO_OPERATION;
    first = NOTHING;
    second = NOTHING;
    third = NOTHING;
  }
}
