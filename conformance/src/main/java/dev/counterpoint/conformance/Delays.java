package dev.counterpoint.conformance;

import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes ranks late at random, on any backend: now the thread that launches for a rank pauses, now
 * its device does, whose stream waits for a word that a timer raises later. Which launch of which
 * rank is late, and by how much, follows from a seed.
 */
final class Delays implements AutoCloseable {
  /** One launch in so many is late. */
  private static final int SELDOM = 97;

  private static final int LONGEST_MICROS = 3000;

  private final long seed;
  private final Rig rig;
  private final SignalArray words;
  private final Epoch[] epochs;
  private final ScheduledExecutorService timer;
  private final AtomicLong count = new AtomicLong();
  private final AtomicLong micros = new AtomicLong();

  Delays(long seed, Rig rig) {
    this.seed = seed;
    this.rig = rig;
    this.words = rig.words(1);
    this.epochs = rig.epochs();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            action -> {
              Thread thread = new Thread(action, "conformance-delays");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** A number for a launch, spread over all 64 bits. */
  static long mix(long seed, long launch, long salt) {
    long z = seed * 0x632BE59BD9B4E019L + launch * 0x9E3779B97F4A7C15L + salt * 0xD1B54A32D192ED03L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Called by the thread that launches for a rank, before a launch on this stream. */
  void before(long launch, int rank, Stream stream) {
    long chance = mix(seed, launch, rank + 1L);
    if (Long.remainderUnsigned(chance, SELDOM) != 0) {
      return;
    }
    long pause = 1 + Long.remainderUnsigned(chance >>> 20, LONGEST_MICROS);
    count.incrementAndGet();
    micros.addAndGet(pause);
    if ((chance & 1L << 63) != 0) {
      LockSupport.parkNanos(pause * 1000);
      return;
    }
    rig.backend.signals().advance(stream, epochs[rank]);
    rig.backend.signals().await(stream, words, 0, epochs[rank], Target.THIS_LAUNCH);
    // A release that fails shows as a wait that expires.
    Future<?> unused = timer.schedule(() -> release(rank), pause, TimeUnit.MICROSECONDS);
  }

  private void release(int rank) {
    if (rig.backend.fault().isEmpty()) {
      rig.backend.signals().addFromHost(words, rank, 0, 1);
    }
  }

  /** How many launches were made late. */
  long count() {
    return count.get();
  }

  /** By how much, all together. */
  long millis() {
    return micros.get() / 1000;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
