package dev.counterpoint.backend.cuda.internal;

import static org.bytedeco.cuda.global.cudart.*;

import dev.counterpoint.backend.gpu.Driver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;

/** {@link Driver} by the CUDA driver API through JavaCPP. Loading this class loads the driver. */
final class NativeDriver extends NativeDevices {
  private static final int NON_BLOCKING = 1;
  private static final int NO_TIMING = 2;
  private static final int EXTERNAL = 1;
  private static final int HOST_PORTABLE_AND_MAPPED = 1 | 2;
  private static final int RELAXED = 2;
  private static final int WAIT_VALUE_NOR = 3;

  /** Loads the libraries and initializes the driver. */
  NativeDriver() {
    Loader.load(cudart.class); // so that a failure to load is this one, with its reason
    NativeEnvironment.setDefaults();
    check(cuInit(0), "cuInit", "");
  }

  // Memory

  @Override
  public long allocate(long bytes) {
    long[] address = new long[1];
    check(cuMemAlloc(address, bytes), "cuMemAlloc", "bytes=" + bytes);
    return address[0];
  }

  /** Kernels see system-scope stores of others to any memory. */
  @Override
  public long allocateShared(long bytes) {
    return allocate(bytes);
  }

  @Override
  public void free(long address) {
    check(cuMemFree(address), "cuMemFree", "address=0x" + Long.toHexString(address));
  }

  @Override
  public long[] memory() {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      check(cuMemGetInfo(free, total), "cuMemGetInfo", "");
      return new long[] {free.get(), total.get()};
    }
  }

  @Override
  public long allocateHost(long bytes) {
    Pointer host = new Pointer();
    check(
        cuMemHostAlloc(host, bytes, HOST_PORTABLE_AND_MAPPED), "cuMemHostAlloc", "bytes=" + bytes);
    Pointer.memset(host, 0, bytes);
    return host.address();
  }

  @Override
  public void freeHost(long address) {
    check(
        cuMemFreeHost(new NativeScratch.Address().at(address)),
        "cuMemFreeHost",
        "address=0x" + Long.toHexString(address));
  }

  @Override
  public ByteBuffer hostBuffer(long address, int bytes) {
    NativeScratch.Bytes pointer = new NativeScratch.Bytes();
    pointer.at(address).capacity(bytes);
    return pointer.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  @Override
  public long addressOf(ByteBuffer direct) {
    return new Pointer(direct.duplicate().clear()).address();
  }

  @Override
  public void upload(long target, long hostSource, long bytes) {
    int status = cuMemcpyHtoD(target, scratch().host.at(hostSource), bytes);
    check(status, "cuMemcpyHtoD", "bytes=" + bytes);
    // From memory that is not pinned the call may return when the bytes are staged, and no stream
    // of ours waits for the one that brings them.
    check(cuStreamSynchronize(null), "cuStreamSynchronize", "");
  }

  @Override
  public void download(long hostTarget, long source, long bytes) {
    int status = cuMemcpyDtoH(scratch().host.at(hostTarget), source, bytes);
    check(status, "cuMemcpyDtoH", "bytes=" + bytes);
  }

  @Override
  public void copy(long target, long source, long bytes, long stream) {
    int status = cuMemcpyAsync(target, source, bytes, scratch().stream.at(stream));
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuMemcpyAsync", "bytes=" + bytes);
    }
  }

  @Override
  public void copyRows(
      long target,
      long targetPitch,
      long source,
      long sourcePitch,
      long rowBytes,
      long rows,
      long stream) {
    NativeScratch mine = scratch();
    mine.rows(target, targetPitch, source, sourcePitch, rowBytes, rows);
    int status = cuMemcpy2DAsync(mine.rows, mine.stream.at(stream));
    if (status != DriverStatus.SUCCESS) {
      String pitches = ", pitches=" + sourcePitch + " and " + targetPitch;
      throw failure(status, "cuMemcpy2DAsync", "rows=" + rows + ", rowBytes=" + rowBytes + pitches);
    }
  }

  @Override
  public void fill(long target, byte value, long bytes, long stream) {
    int status = cuMemsetD8Async(target, value, bytes, scratch().stream.at(stream));
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuMemsetD8Async", "bytes=" + bytes);
    }
  }

  // Streams and events

  @Override
  public void write(long word, int value, long stream) {
    int status = cuStreamWriteValue32(scratch().stream.at(stream), word, value, 0);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuStreamWriteValue32", "");
    }
  }

  @Override
  public void holdWhileSet(long stream, long word) {
    // Passes when a bit is clear both in the word and in the mask: all but bit 0 are in the mask.
    int status = cuStreamWaitValue32(scratch().stream.at(stream), word, ~1, WAIT_VALUE_NOR);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuStreamWaitValue32", "");
    }
  }

  @Override
  public long createStream(int priority) {
    int[] least = new int[1];
    int[] greatest = new int[1];
    check(cuCtxGetStreamPriorityRange(least, greatest), "cuCtxGetStreamPriorityRange", "");
    // The driver counts downwards: its greatest priority is its smallest number.
    int wanted = Math.max(greatest[0], Math.min(least[0], -priority));
    CUstream_st stream = new CUstream_st();
    check(
        cuStreamCreateWithPriority(stream, NON_BLOCKING, wanted),
        "cuStreamCreateWithPriority",
        "priority=" + wanted);
    return stream.address();
  }

  @Override
  public void destroyStream(long stream) {
    check(cuStreamDestroy(scratch().stream.at(stream)), "cuStreamDestroy", "");
  }

  @Override
  public boolean isIdle(long stream) {
    int status = cuStreamQuery(scratch().stream.at(stream));
    if (status == DriverStatus.NOT_READY) {
      return false;
    }
    check(status, "cuStreamQuery", "");
    return true;
  }

  @Override
  public long createEvent(boolean timed) {
    CUevent_st event = new CUevent_st();
    check(cuEventCreate(event, timed ? 0 : NO_TIMING), "cuEventCreate", "timed=" + timed);
    return event.address();
  }

  @Override
  public void destroyEvent(long event) {
    check(cuEventDestroy(scratch().event.at(event)), "cuEventDestroy", "");
  }

  @Override
  public void record(long event, long stream, boolean external) {
    NativeScratch mine = scratch();
    int status =
        external
            ? cuEventRecordWithFlags(mine.event.at(event), mine.stream.at(stream), EXTERNAL)
            : cuEventRecord(mine.event.at(event), mine.stream.at(stream));
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuEventRecord", "external=" + external);
    }
  }

  @Override
  public void await(long stream, long event, boolean external) {
    NativeScratch mine = scratch();
    int flags = external ? EXTERNAL : 0;
    int status = cuStreamWaitEvent(mine.stream.at(stream), mine.event.at(event), flags);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuStreamWaitEvent", "external=" + external);
    }
  }

  @Override
  public boolean isComplete(long event) {
    int status = cuEventQuery(scratch().event.at(event));
    if (status == DriverStatus.NOT_READY) {
      return false;
    }
    check(status, "cuEventQuery", "");
    return true;
  }

  @Override
  public double nanosBetween(long earlier, long later) {
    float[] millis = new float[1];
    CUevent_st first = new NativeScratch.EventHandle().at(earlier);
    int status = cuEventElapsedTime(millis, first, scratch().event.at(later));
    if (status == DriverStatus.NOT_READY || status == DriverStatus.INVALID_HANDLE) {
      return Double.NaN;
    }
    check(status, "cuEventElapsedTime", "");
    return millis[0] * 1e6;
  }

  // Graphs

  /**
   * Relaxed, since the contract lets any thread end what another began, which stricter modes
   * forbid; what those protect from, work that leaks out of a capture, the capture of a stream
   * keeps track of.
   */
  @Override
  public void beginCapture(long stream) {
    check(cuStreamBeginCapture(scratch().stream.at(stream), RELAXED), "cuStreamBeginCapture", "");
  }

  @Override
  public long endCapture(long stream) {
    CUgraph_st graph = new CUgraph_st();
    check(cuStreamEndCapture(scratch().stream.at(stream), graph), "cuStreamEndCapture", "");
    return graph.address();
  }

  @Override
  public void destroyGraph(long graph) {
    check(cuGraphDestroy(new NativeScratch.GraphHandle().at(graph)), "cuGraphDestroy", "");
  }

  @Override
  public long instantiate(long graph) {
    CUgraphExec_st executable = new CUgraphExec_st();
    check(
        cuGraphInstantiate(executable, new NativeScratch.GraphHandle().at(graph), 0),
        "cuGraphInstantiateWithFlags",
        "");
    return executable.address();
  }

  @Override
  public void destroyExecutable(long executable) {
    check(cuGraphExecDestroy(scratch().executable.at(executable)), "cuGraphExecDestroy", "");
  }

  @Override
  public void uploadGraph(long executable, long stream) {
    NativeScratch mine = scratch();
    check(
        cuGraphUpload(mine.executable.at(executable), mine.stream.at(stream)), "cuGraphUpload", "");
  }

  @Override
  public void launchGraph(long executable, long stream) {
    NativeScratch mine = scratch();
    int status = cuGraphLaunch(mine.executable.at(executable), mine.stream.at(stream));
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuGraphLaunch", "");
    }
  }

  // Launches

  @Override
  public void launch(
      long kernel, int blocks, int threads, int sharedBytes, long stream, long parameters) {
    NativeScratch mine = scratch();
    int status =
        cuLaunchKernel(
            mine.kernel.at(kernel),
            blocks,
            1,
            1,
            threads,
            1,
            1,
            sharedBytes,
            mine.stream.at(stream),
            mine.parameters.at(parameters),
            null);
    if (status != DriverStatus.SUCCESS) {
      throw failure(
          status,
          "cuLaunchKernel",
          "blocks=" + blocks + ", threads=" + threads + ", sharedBytes=" + sharedBytes);
    }
  }
}
