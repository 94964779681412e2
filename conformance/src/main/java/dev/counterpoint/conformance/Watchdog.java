package dev.counterpoint.conformance;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.function.Executable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs things that may never return. */
final class Watchdog {
  private static final Logger log = LoggerFactory.getLogger(Watchdog.class);
  private static final AtomicInteger number = new AtomicInteger();
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

  private Watchdog() {}

  /**
   * Runs an action in a daemon thread and rethrows what it throws.
   *
   * @throws AssertionError with the thread's stack if it does not return within the deadline; the
   *     thread is interrupted and left behind
   */
  static void run(String what, Duration deadline, Executable action) throws Throwable {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread = start("conformance-" + number.incrementAndGet(), action, done);
    try {
      done.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() == null ? e : e.getCause();
    } catch (TimeoutException e) {
      StackTraceElement[] stack = thread.getStackTrace();
      thread.interrupt();
      AssertionError hang =
          new AssertionError(
              what
                  + " did not return within "
                  + deadline.toMillis()
                  + " ms; it was at "
                  + top(stack));
      hang.setStackTrace(stack);
      throw hang;
    }
  }

  /** Like {@link #run}, for actions that throw nothing checked. */
  static void within(String what, Duration deadline, Executable action) {
    try {
      run(what, deadline, action);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(what + " threw " + e, e);
    }
  }

  /** Closes something, within a deadline, whatever it answers. */
  static void closeQuietly(AutoCloseable resource) {
    try {
      run("close of " + resource.getClass().getSimpleName(), CLOSE_DEADLINE, resource::close);
    } catch (Throwable e) {
      log.debug("closing {} failed", resource, e);
    }
  }

  static Thread start(String name, Executable action, CompletableFuture<Void> done) {
    Thread thread =
        new Thread(
            () -> {
              try {
                action.execute();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static String top(StackTraceElement[] stack) {
    for (StackTraceElement element : stack) {
      if (element.getClassName().startsWith("dev.counterpoint")) {
        return element.toString();
      }
    }
    return stack.length == 0 ? "its end" : stack[0].toString();
  }
}
