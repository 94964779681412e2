package dev.counterpoint.core.strategy;

/** Does with the shards that arrive at a rank what the operator asks for. */
interface Receiver {
  /**
   * Enqueues one launch, on the receive stream and, last, on the main stream; tells the senders
   * when it has read everything.
   */
  void enqueue(Lane lane, Operands operands);
}
