package dev.counterpoint.conformance;

import dev.counterpoint.Rank;
import dev.counterpoint.World;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;

/** A world on the test bench; plans and tensors that a test makes are closed behind it. */
final class Desk implements AutoCloseable {
  /** What operands are drawn from. */
  final Random random;

  final World world;
  final int ranks;
  final Duration waitTimeout;

  /** The world's backend, for memory and signals. */
  final Rig rig;

  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  Desk(Random random, World world, Duration waitTimeout) {
    this.random = random;
    this.world = world;
    this.ranks = world.size();
    this.waitTimeout = waitTimeout;
    this.rig = new Rig(world.backend(), waitTimeout);
  }

  <T extends AutoCloseable> T own(T resource) {
    synchronized (resources) {
      resources.push(resource);
    }
    return resource;
  }

  Rank rank(int index) {
    return world.rank(index);
  }

  void settle() {
    world.synchronize(Rig.DEADLINE);
  }

  @Override
  public void close() {
    RuntimeException first = null;
    boolean failed = world.backend().fault().isPresent();
    while (true) {
      AutoCloseable resource;
      synchronized (resources) {
        if (resources.isEmpty()) {
          break;
        }
        resource = resources.pop();
      }
      try {
        resource.close();
      } catch (Exception e) {
        if (!failed && first == null) {
          first =
              new IllegalStateException(
                  "closing " + resource.getClass().getSimpleName() + ": " + e.getMessage(), e);
        }
      }
    }
    try {
      rig.close();
    } catch (RuntimeException e) {
      first = first == null ? e : first;
    }
    if (first != null) {
      throw first;
    }
  }
}
