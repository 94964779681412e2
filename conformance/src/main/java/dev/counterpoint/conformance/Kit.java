package dev.counterpoint.conformance;

import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.World;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;
import org.opentest4j.TestAbortedException;

/**
 * What one run of one test has: its target, its size of world, its seed, and everything that it
 * opened.
 */
public final class Kit {
  private final Session session;
  private final OpenBackends backends;
  private final Variant variant;
  private final Method method;
  private final long seed;
  private final Random random;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private boolean usesShared;
  private String note = "";
  private final Set<Capability> refused = EnumSet.noneOf(Capability.class);

  Kit(Session session, OpenBackends backends, Variant variant, Method method) {
    this.session = session;
    this.backends = backends;
    this.variant = variant;
    this.method = method;
    this.seed = session.seed() * 31 + method.getName().hashCode() * 1_000_003L + variant.hashCode();
    this.random = new Random(seed);
  }

  /** What is tested. */
  public ConformanceTarget target() {
    return session.target();
  }

  /** Whether this is a full run. */
  public boolean full() {
    return session.full();
  }

  /** {@code smoke} in a smoke run, {@code full} in a full one. */
  int rounds(int smoke, int full) {
    return full() ? full : smoke;
  }

  /** Size of this run's world. */
  public int ranks() {
    return variant.ranks();
  }

  Variant variant() {
    return variant;
  }

  /** The seed of {@link #random()}, the same at each run of the kit with the same seed. */
  public long seed() {
    return seed;
  }

  /** The only source of chance in a test. */
  public Random random() {
    return random;
  }

  /** The backend that tests of this size of world share. Do not make it fail. */
  Rig rig() {
    usesShared = true;
    return own(new Rig(backends.backend(variant), session.target().waitTimeout()));
  }

  /** A backend of this test's own, with short waits, that may be made to fail. */
  Rig fragile() {
    return open(session.target().shortTimeout());
  }

  /** A backend of this test's own. */
  Rig open(Duration waitTimeout) {
    return open(ranks(), waitTimeout, Map.of());
  }

  /** A backend of this test's own. */
  Rig open(int ranks, Duration waitTimeout, Map<String, String> extra) {
    Map<String, String> all = new HashMap<>(backends.settings(variant));
    all.putAll(extra);
    Backend backend = session.target().open(ranks, waitTimeout, all);
    own(backend);
    return own(new Rig(backend, waitTimeout));
  }

  /** The world that tests of this size share. Do not make it fail. */
  Desk desk() {
    usesShared = true;
    return own(new Desk(random, backends.world(variant), session.target().waitTimeout()));
  }

  /** A world of this test's own. */
  Desk openDesk(Duration waitTimeout) {
    return openDesk(waitTimeout, Map.of());
  }

  /** The same with further properties of the world. */
  Desk openDesk(Duration waitTimeout, Map<String, String> extra) {
    Map<String, String> all = new HashMap<>(backends.settings(variant));
    all.putAll(extra);
    World world = session.target().openWorld(ranks(), waitTimeout, all);
    own(world);
    return own(new Desk(random, world, waitTimeout));
  }

  /** What makes the target delay work; empty if it cannot or must not. */
  Map<String, String> delays(long delaySeed) {
    return session.chaos().mode() == Chaos.Mode.OFF ? Map.of() : session.target().chaos(delaySeed);
  }

  /** Closes something when the test has ended, in reverse order. */
  <T extends AutoCloseable> T own(T resource) {
    synchronized (resources) {
      resources.push(resource);
    }
    return resource;
  }

  /** Says with which values a loop in a test is at, for the message of a failure. */
  void at(String format, @Nullable Object... values) {
    note = String.format(Locale.ROOT, format, values);
  }

  /**
   * For a test of something that needs a capability: whether the backend does not declare it, in
   * which case the test is that it is refused (rule CAP-2).
   */
  boolean refused(Capability capability, Backend backend, Executable use) {
    if (backend.capabilities().contains(capability)) {
      return false;
    }
    try {
      use.execute();
    } catch (UnsupportedCapabilityException e) {
      Check.equal("[CAP-2] capability named by the refusal", capability, e.capability());
      refused.add(capability);
      return true;
    } catch (Throwable e) {
      throw new AssertionError(
          "[CAP-2] "
              + capability
              + " is not declared; its use must be refused with UnsupportedCapabilityException, but threw "
              + e,
          e);
    }
    throw new AssertionError(
        "[CAP-2] " + capability + " is not declared, but its use was accepted");
  }

  /** Ends the test with a reason when a SHOULD rule does not hold. */
  void should(boolean holds, String format, @Nullable Object... values) {
    if (!holds) {
      throw new TestAbortedException(
          "SHOULD rule not kept here: " + String.format(Locale.ROOT, format, values));
    }
  }

  /** Ends the test with a reason that it cannot be run. */
  void assume(boolean possible, String format, @Nullable Object... values) {
    if (!possible) {
      throw new TestAbortedException(String.format(Locale.ROOT, format, values));
    }
  }

  /** Closes what the test opened and judges: the failure, or what closing did wrong, or null. */
  @Nullable Throwable finish(@Nullable Throwable failure) {
    boolean broken = failure != null && !(failure instanceof TestAbortedException);
    Throwable result = failure;
    while (true) {
      AutoCloseable resource;
      synchronized (resources) {
        if (resources.isEmpty()) {
          break;
        }
        resource = resources.pop();
      }
      if (broken) {
        Watchdog.closeQuietly(resource);
        continue;
      }
      try {
        Watchdog.run("close after the test", Duration.ofSeconds(30), resource::close);
      } catch (Throwable e) {
        broken = true;
        result = new AssertionError("closing what the test opened failed: " + e, e);
      }
    }
    if (usesShared) {
      if (broken) {
        backends.discard(variant);
      } else {
        backends.discardFailed(variant);
      }
    }
    return result;
  }

  /** What was not declared, so that its refusal was the test. */
  Set<Capability> refusals() {
    return refused;
  }

  /** Rules, backend, variant, seed and position, for the head of a failure message. */
  String describe() {
    String rules = Arrays.toString(method.getAnnotation(Rule.class).value());
    return rules
        + " "
        + session.target().name()
        + ", "
        + variant
        + ", seed "
        + session.seed()
        + (note.isEmpty() ? "" : ", " + note);
  }
}
