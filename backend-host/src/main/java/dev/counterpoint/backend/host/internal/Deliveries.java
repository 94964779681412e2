package dev.counterpoint.backend.host.internal;

import java.util.concurrent.atomic.AtomicInteger;

/** The parcels of one run that are still on their way. */
final class Deliveries {
  private final AtomicInteger pending = new AtomicInteger();
  private final Bell bell = new Bell();
  private final Bell.Condition none = () -> pending.get() == 0;

  void sent() {
    pending.incrementAndGet();
  }

  void delivered() {
    pending.decrementAndGet();
    bell.ring();
  }

  /** Waits until all have arrived, or were dropped because the world failed. */
  void awaitAll() {
    bell.await(none, Long.MAX_VALUE, null);
  }
}
