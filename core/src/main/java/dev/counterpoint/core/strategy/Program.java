package dev.counterpoint.core.strategy;

/**
 * A strategy of an operator made ready on all local ranks of a world. Its resources belong to the
 * {@link PlanContext}.
 */
public interface Program {
  /** Enqueues one launch on a rank; allocation-free. */
  void enqueue(int rank, Operands operands);

  /** Tiles, chunks and the like, in words. */
  String describe();
}
