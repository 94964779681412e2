package dev.counterpoint.backend.gpu;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.DeviceInfo;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What belongs to one rank: its device's context, memory, kernels, and what its waits read. */
final class RankState {
  private static final Logger log = LoggerFactory.getLogger(RankState.class);
  private static final long PAUSE_NANOS = 20_000;

  /** The world has failed: kernels do nothing, and streams are held, which bit 0 says. */
  private static final int FAILED = 1;

  /** The same, and streams are held no longer. */
  private static final int FAILED_AND_LET_GO = 2;

  private final Driver driver;
  private final HostPage page;
  private final int index;
  private final int ordinal;
  private final DeviceInfo info;
  private final int units;
  private final long waitNanos;
  private final long context;
  private final Memory memory;
  private final List<GpuStream> streams = new CopyOnWriteArrayList<>();
  private final HostCopies copies;
  private final long control;
  private final long urgent;
  private final long localAbort;
  private final long waitContext;
  private final KernelSet kernels;
  private final boolean holds;
  private final boolean holdsInCaptures;

  /** All ranks of the world, once they are connected. */
  private volatile List<RankState> everyone = List.of();

  /**
   * Sets a rank up.
   *
   * @param sharers number of ranks that share the device, this one included
   */
  RankState(
      Driver driver,
      HostPage page,
      int index,
      int ordinal,
      DeviceInfo info,
      int sharers,
      long waitNanos,
      KernelStore kernels) {
    this.driver = driver;
    this.page = page;
    this.index = index;
    this.ordinal = ordinal;
    this.info = info;
    this.units = Math.max(1, info.computeUnits() / sharers);
    this.waitNanos = waitNanos;
    context = driver.retainContext(ordinal);
    driver.use(context);
    memory = new Memory(this);
    copies = new HostCopies(driver);
    control = driver.createStream(0);
    urgent = driver.createStream(Integer.MAX_VALUE);
    long words = memory.allocateShared("flags", Memory.ALIGNMENT);
    localAbort = words;
    waitContext = memory.allocate("the context of waits", WaitContextLayout.SIZE);
    driver.fill(words, (byte) 0, Memory.ALIGNMENT, control);
    awaitControl("zeroing flags");
    holds = tryHold();
    holdsInCaptures = holds && tryHoldInCapture();
    this.kernels = new KernelSet(this, kernels, page.oneAddress());
  }

  /** Whether the driver can hold a stream here. */
  private boolean tryHold() {
    try {
      driver.holdWhileSet(control, localAbort);
      awaitControl("trying to hold a stream");
      return true;
    } catch (NativeException e) {
      log.debug("{}: streams cannot be held after a fault", this, e);
      return false;
    }
  }

  /** The same in a graph, from its capture to a replay. */
  private boolean tryHoldInCapture() {
    long graph = 0;
    long executable = 0;
    boolean held = false;
    try {
      driver.beginCapture(control);
      try {
        driver.holdWhileSet(control, localAbort);
        held = true;
      } finally {
        graph = driver.endCapture(control);
      }
      executable = driver.instantiate(graph);
      driver.launchGraph(executable, control);
      awaitControl("trying to hold a stream in a graph");
    } catch (NativeException e) {
      log.debug("{}: captured streams cannot be held after a fault", this, e);
      held = false;
    } finally {
      if (executable != 0) {
        driver.destroyExecutable(executable);
      }
      if (graph != 0) {
        driver.destroyGraph(graph);
      }
    }
    return held;
  }

  /** Whether copies behind a wait can be kept from running when that wait has expired. */
  boolean holds(boolean capturing) {
    return capturing ? holdsInCaptures : holds;
  }

  /** Writes what waits read; needs the other ranks' flags. */
  void connect(List<RankState> all, boolean peers) {
    everyone = List.copyOf(all);
    long[] others =
        all.stream()
            .filter(other -> other != this && (peers || other.ordinal == ordinal))
            .mapToLong(RankState::localAbort)
            .toArray();
    long table = upload("flags of peers", others);
    ByteBuffer block = Tables.buffer(WaitContextLayout.SIZE);
    block.putLong(WaitContextLayout.RECORD, page.recordAddress(index));
    block.putLong(WaitContextLayout.CLAIM, localAbort + Long.BYTES);
    block.putLong(WaitContextLayout.LOCAL_ABORT, localAbort);
    block.putLong(WaitContextLayout.HOST_ABORT, page.abortAddress());
    block.putLong(WaitContextLayout.PEER_ABORTS, table);
    block.putInt(WaitContextLayout.PEER_ABORT_COUNT, others.length);
    block.putInt(WaitContextLayout.RANK, index);
    block.putLong(WaitContextLayout.TIMEOUT_NANOS, waitNanos);
    upload(waitContext, block);
  }

  Driver driver() {
    return driver;
  }

  int index() {
    return index;
  }

  int ordinal() {
    return ordinal;
  }

  DeviceInfo info() {
    return info;
  }

  /** Multiprocessors that this rank may count on: all, or its share of a shared device. */
  int units() {
    return units;
  }

  Memory memory() {
    return memory;
  }

  KernelSet kernels() {
    return kernels;
  }

  long context() {
    return context;
  }

  long localAbort() {
    return localAbort;
  }

  long waitContext() {
    return waitContext;
  }

  /** Directs the calling thread's next calls to this rank's device. */
  void use() {
    driver.use(context);
  }

  /** Streams that have not been closed. */
  List<GpuStream> streams() {
    return streams;
  }

  /** A block of parameters for a kernel of this rank. */
  ParameterBlock block(int size) {
    return new ParameterBlock(driver, size);
  }

  /** A block of parameters with a second one. */
  ParameterBlock block(int size, int secondSize) {
    return new ParameterBlock(driver, size, secondSize);
  }

  /** Copies a table to memory of its own. */
  long upload(String what, long[] values) {
    ByteBuffer bytes = Tables.buffer(values.length * Long.BYTES);
    bytes.asLongBuffer().put(values);
    long address = memory.allocate(what, bytes.capacity());
    upload(address, bytes);
    return address;
  }

  /** Copies the remaining bytes of any buffer; returns when they are there. */
  void upload(long target, ByteBuffer source) {
    use();
    copies.upload(target, source);
  }

  /** Fills the remaining bytes of any buffer. */
  void download(long source, ByteBuffer target) {
    use();
    copies.download(source, target);
  }

  /** Reads one word of any address that this rank's device reaches. */
  synchronized long readWord(long address) {
    use();
    driver.download(page.wordAddress(index), address, Long.BYTES);
    return page.word(index);
  }

  /** Zeroes memory; returns when that is done. */
  synchronized void zero(long address, long bytes) {
    if (bytes > 0) {
      use();
      driver.fill(address, (byte) 0, bytes, control);
      awaitControl("zeroing memory");
    }
  }

  /** Runs a kernel outside of all streams and waits for it. */
  synchronized void run(String what, Kernel kernel, int blocks, ParameterBlock block) {
    try {
      use();
      driver.launch(
          kernel.handle(),
          blocks,
          kernel.threads(),
          kernel.sharedBytes(),
          control,
          block.address());
      awaitControl(what);
    } finally {
      Reference.reachabilityFence(block);
    }
  }

  /** Runs work of a library outside of all streams and waits for it. */
  synchronized void run(String what, LongConsumer work) {
    use();
    work.accept(control);
    awaitControl(what);
  }

  /** The stream on which graphs are brought to the device, while its user holds this lock. */
  synchronized void uploadGraph(long executable) {
    use();
    driver.uploadGraph(executable, control);
    awaitControl("uploading a graph");
  }

  /** Records an event while nothing precedes it; the host's clock at that moment. */
  synchronized long recordNow(long event) {
    use();
    long before = System.nanoTime();
    driver.record(event, control, false);
    awaitControl("reading the clock");
    // The event lies between the two readings, far nearer to the first than the waiting is long.
    return before;
  }

  private void awaitControl(String what) {
    if (!awaitIdle(control, waitNanos)) {
      throw new DeadlineExceededException(what + " on rank " + index, Duration.ofNanos(waitNanos));
    }
  }

  private boolean awaitIdle(long stream, long nanos) {
    long start = System.nanoTime();
    while (!driver.isIdle(stream)) {
      if (System.nanoTime() - start > nanos) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  /** Waits for a stream that is not one of {@link #streams}, and destroys it. */
  void awaitAndDestroy(long stream) {
    use();
    if (!awaitIdle(stream, waitNanos)) {
      throw new DeadlineExceededException("setting up rank " + index, Duration.ofNanos(waitNanos));
    }
    driver.destroyStream(stream);
  }

  /** Whether no stream of this rank has work; true also when its device does not answer. */
  boolean isIdle() {
    use();
    try {
      for (GpuStream stream : streams) {
        if (!stream.isIdleOrCapturing()) {
          return false;
        }
      }
      return true;
    } catch (NativeException e) {
      return true;
    }
  }

  /** Waits, bounded, until no stream of this rank has work. */
  boolean awaitIdle() {
    return await(this::isIdle);
  }

  /** Whether no stream of any rank has work; peers use memory of this rank too. */
  boolean areAllIdle() {
    boolean idle = everyone.stream().allMatch(RankState::isIdle) && isIdle();
    use();
    return idle;
  }

  /** Waits, bounded, until no stream of any rank has work. */
  boolean awaitAllIdle() {
    return await(this::areAllIdle);
  }

  private boolean await(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > waitNanos) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  /** Tells the kernels of this rank that the world has failed. Never throws. */
  void raiseAbort() {
    try {
      use();
      if (holds) {
        driver.write(localAbort, FAILED, urgent);
      } else {
        driver.copy(localAbort, page.oneAddress(), Integer.BYTES, urgent);
      }
    } catch (NativeException e) {
      // The device is lost; nothing waits on it any more.
    }
  }

  /**
   * Lets held streams go: the world has failed and is being taken apart. Kernels still see that it
   * has failed, and do nothing.
   */
  void letGo() {
    if (!holds) {
      return;
    }
    try {
      use();
      driver.write(localAbort, FAILED_AND_LET_GO, urgent);
    } catch (NativeException e) {
      // The device is lost; nothing is held on it any more.
    }
  }

  /** Releases what was set up; the device must be idle. */
  void close() {
    use();
    try {
      driver.destroyStream(control);
      driver.destroyStream(urgent);
    } catch (NativeException e) {
      // A lost context has taken its streams with it.
    }
    kernels.close();
    memory.freeAll();
    release();
  }

  /** Gives the context back. */
  void release() {
    try {
      driver.releaseContext(ordinal);
    } catch (NativeException e) {
      // As above.
    }
  }

  @Override
  public String toString() {
    return "rank " + index;
  }
}
