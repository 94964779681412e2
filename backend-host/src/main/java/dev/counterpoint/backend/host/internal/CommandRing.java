package dev.counterpoint.backend.host.internal;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The queue between one enqueuing thread and one device thread. Commands that have run are used
 * again, so there are as many as were ever in flight at once, and enqueuing allocates nothing in
 * steady state.
 *
 * <p>Positions count up for ever: {@code [reclaim, head)} have run and can be reused, {@code [head,
 * tail)} are in flight.
 */
final class CommandRing {
  static final int CAPACITY = 8192;
  private static final int PREALLOCATED = 256;
  private static final int SPINS = 100;

  private final @Nullable Command[] slots = new Command[CAPACITY];
  private long reclaim;
  private volatile long head = PREALLOCATED;
  private volatile long tail = PREALLOCATED;
  private volatile @Nullable Thread parked;
  private volatile boolean stopped;

  /** The first command waits for another stream, which will {@link #wake} this one. */
  private volatile boolean dormant;

  private boolean waited;

  CommandRing() {
    for (int i = 0; i < PREALLOCATED; i++) {
      slots[i] = new Command();
    }
  }

  /** Position after the last command that has run. */
  long head() {
    return head;
  }

  /** Position after the last command that was published. */
  long tail() {
    return tail;
  }

  boolean full() {
    return tail - head >= CAPACITY;
  }

  /** A command to fill; the ring must not be full. */
  Command claim() {
    if (reclaim < head) {
      int index = (int) (reclaim & (CAPACITY - 1));
      Command command = slots[index];
      slots[index] = null;
      reclaim++;
      if (command != null) {
        return command;
      }
    }
    return new Command();
  }

  /** Hands a claimed command to the device thread. */
  void publish(Command command) {
    long position = tail;
    slots[(int) (position & (CAPACITY - 1))] = command;
    tail = position + 1;
    if (!dormant) {
      unpark();
    }
  }

  /**
   * Hands over a command that has to wait for another stream. If the device thread sleeps, it is
   * left asleep: waking it only to wait again would cost the enqueuing thread more than the whole
   * command. What is published next does not wake it either; {@link #wake} does.
   *
   * @return whether somebody has to call {@link #wake}
   */
  boolean publishDormant(Command command) {
    boolean asleep = parked != null && head >= tail;
    if (asleep) {
      dormant = true;
    }
    publish(command);
    return asleep;
  }

  /** Wakes the device thread after {@link #publishDormant}. */
  void wake() {
    dormant = false;
    unpark();
  }

  private void unpark() {
    Thread sleeper = parked;
    if (sleeper != null) {
      LockSupport.unpark(sleeper);
    }
  }

  /** The next command to run, or null once the ring has been stopped and is empty. */
  @Nullable Command take() {
    waited = head >= tail;
    for (int i = 0; i < SPINS; i++) {
      if (head < tail) {
        return slots[(int) (head & (CAPACITY - 1))];
      }
      Thread.onSpinWait();
    }
    parked = Thread.currentThread();
    while ((head >= tail || dormant) && !stopped) {
      LockSupport.park(this);
    }
    parked = null;
    return head < tail ? slots[(int) (head & (CAPACITY - 1))] : null;
  }

  /** Whether the command taken last had to be waited for. Called by the device thread only. */
  boolean waited() {
    return waited;
  }

  /** The command that was taken has run. Called by the device thread only. */
  void done() {
    long next = head + 1; // only the device thread writes it
    head = next;
  }

  /** Lets the device thread end when it has run what is there. */
  void stop() {
    stopped = true;
    unpark();
  }
}
