package dev.counterpoint.backend.gpu;

import dev.counterpoint.NativeException;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.support.Resource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a backend: lets the streams finish what waits allow, makes the rest leave, reports what was
 * not closed, and frees everything in reverse order of creation. Memory that a device might still
 * use is given up rather than pulled from under it.
 */
final class Shutdown {
  private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

  /** For devices that have been told to leave and wait for nothing. */
  private static final long GRACE_NANOS = 3_000_000_000L;

  private final GpuContext context;
  private final @Nullable CollectiveLibrary library;
  private final List<@Nullable VendorBlas> blas;

  Shutdown(
      GpuContext context, @Nullable CollectiveLibrary library, List<@Nullable VendorBlas> blas) {
    this.context = context;
    this.library = library;
    this.blas = blas;
  }

  void run() {
    context.letGo();
    if (!awaitIdle(context.faults.raised() ? GRACE_NANOS : context.options.waitNanos())) {
      context.faults.raise(FaultRecord.aborted("the backend was closed while work was in flight"));
      if (library != null) {
        library.abort();
      }
    }
    context.letGo();
    boolean idle = awaitIdle(GRACE_NANOS);
    context.resources.report(context.describe());
    context.watch().stop();
    if (!idle) {
      log.warn("{}: a device is still busy; its memory is not freed", context.describe());
      return;
    }
    for (Resource resource : context.resources.newestFirst()) {
      resource.close();
    }
    endLibraries();
    context.ranks().forEach(RankState::close);
    freePage();
  }

  private boolean awaitIdle(long nanos) {
    long start = System.nanoTime();
    List<GpuStream> streams = new ArrayList<>();
    context.ranks().forEach(rank -> streams.addAll(rank.streams()));
    boolean idle = true;
    for (GpuStream stream : streams) {
      idle &= stream.awaitIdle(Math.max(0, nanos - (System.nanoTime() - start)), false);
    }
    return idle;
  }

  private void endLibraries() {
    if (library != null) {
      library.close();
    }
    for (int rank = 0; rank < blas.size(); rank++) {
      VendorBlas handle = blas.get(rank);
      if (handle != null) {
        context.rank(rank).use();
        handle.close();
      }
    }
  }

  private void freePage() {
    try {
      context.page.free();
    } catch (NativeException e) {
      log.debug("the page that devices write was not freed", e);
    }
  }
}
