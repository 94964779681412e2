package dev.counterpoint.backend.host.internal;

/**
 * Unwinds a device thread after a fault that is already on the {@link FaultBoard}; never reaches a
 * user.
 */
final class WorldFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings(
      "StaticAssignmentOfThrowable") // it has no stack, and unwinding allocates nothing
  static final WorldFailed INSTANCE = new WorldFailed();

  private WorldFailed() {
    super("the world has failed", null, false, false);
  }
}
