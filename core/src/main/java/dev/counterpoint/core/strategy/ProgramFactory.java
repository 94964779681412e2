package dev.counterpoint.core.strategy;

/** Builds a program. */
@FunctionalInterface
public interface ProgramFactory {
  /**
   * Allocates and prepares everything; what it leaves in the context is released by the context,
   * also when it throws.
   */
  Program create(PlanContext context);
}
