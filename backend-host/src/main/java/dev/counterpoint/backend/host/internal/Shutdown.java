package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.support.Resource;
import dev.counterpoint.spi.support.Threads;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a backend: lets the streams finish what waits allow, makes the rest leave, reports what was
 * not closed, and frees everything in reverse order of creation. Memory that a thread might still
 * use is given up rather than pulled from under it.
 */
final class Shutdown {
  private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

  /** For threads that have been told to end and are not waiting for anything. */
  private static final long GRACE_NANOS = 3_000_000_000L;

  private final HostContext context;
  private final List<HostDevice> devices;

  Shutdown(HostContext context, List<HostDevice> devices) {
    this.context = context;
    this.devices = devices;
  }

  void run() {
    List<HostStream> streams = new ArrayList<>();
    devices.forEach(device -> streams.addAll(device.streams()));
    drain(streams);
    context.resources.report(context.describe());
    context.resources.newestFirst().stream()
        .filter(resource -> resource instanceof HostStream)
        .forEach(Resource::close);
    stopHelpers();
    boolean ended = awaitEnd(streams);
    if (!ended) {
      log.warn(
          "{}: a device thread is still busy; memory is given up rather than freed under it",
          context.describe());
      context.memory.giveUp();
    }
    context.resources.newestFirst().forEach(Resource::close);
    context.memory.freeAll();
  }

  private void drain(List<HostStream> streams) {
    long deadline = System.nanoTime() + Math.min(context.options.waitNanos(), Long.MAX_VALUE / 4);
    boolean idle = true;
    for (HostStream stream : streams) {
      idle &=
          stream.awaitIdle(
              context.faults.raised() ? GRACE_NANOS : Math.max(0, deadline - System.nanoTime()),
              false);
    }
    if (!idle) {
      context.faults.raise(FaultRecord.aborted("the backend was closed while work was in flight"));
    }
  }

  private void stopHelpers() {
    for (int rank = 0; rank < context.size(); rank++) {
      context.rank(rank).crew.stop();
      context.rank(rank).agent.stop();
    }
  }

  private boolean awaitEnd(List<HostStream> streams) {
    long deadline = System.nanoTime() + GRACE_NANOS;
    boolean ended = true;
    for (HostStream stream : streams) {
      ended &= stream.awaitEnd(Math.max(0, deadline - System.nanoTime()));
    }
    for (int rank = 0; rank < context.size(); rank++) {
      for (Thread thread : context.rank(rank).crew.threads()) {
        ended &= Threads.join(thread, Math.max(0, deadline - System.nanoTime()));
      }
      for (Thread thread : context.rank(rank).agent.threads()) {
        ended &= Threads.join(thread, Math.max(0, deadline - System.nanoTime()));
      }
    }
    return ended;
  }
}
