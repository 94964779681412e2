package dev.counterpoint.backend.rocm.internal;

import static dev.counterpoint.backend.rocm.internal.hip.Hip.*;
import static dev.counterpoint.backend.rocm.internal.hip.HipConstants.*;

import dev.counterpoint.backend.gpu.Driver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** {@link Driver} by HIP. Making one loads the runtime. */
final class NativeDriver extends NativeDevices {
  /** Read and written by kernels and the host at once, at one address. */
  private static final int HOST_FLAGS =
      hipHostMallocPortable | hipHostMallocMapped | hipHostMallocCoherent;

  /** Loads the library and initializes it. */
  NativeDriver() {
    NativeEnvironment.setDefaults();
    check(hipInit(0), "hipInit", "");
  }

  // Memory

  @Override
  public long allocate(long bytes) {
    long[] address = new long[1];
    check(hipMalloc(address, bytes), "hipMalloc", "bytes=" + bytes);
    return address[0];
  }

  /**
   * Fine-grained: of ordinary memory, a device may keep lines in its second-level cache that
   * another device has overwritten, until its kernel ends.
   */
  @Override
  public long allocateShared(long bytes) {
    long[] address = new long[1];
    check(
        hipExtMallocWithFlags(address, bytes, hipDeviceMallocFinegrained),
        "hipExtMallocWithFlags",
        "bytes=" + bytes);
    return address[0];
  }

  @Override
  public void free(long address) {
    check(hipFree(address), "hipFree", "address=0x" + Long.toHexString(address));
  }

  @Override
  public long[] memory() {
    long[] free = new long[1];
    long[] total = new long[1];
    check(hipMemGetInfo(free, total), "hipMemGetInfo", "");
    return new long[] {free[0], total[0]};
  }

  @Override
  public long allocateHost(long bytes) {
    long[] address = new long[1];
    check(hipHostMalloc(address, bytes, HOST_FLAGS), "hipHostMalloc", "bytes=" + bytes);
    Pointer.memset(new View().at(address[0]), 0, bytes);
    return address[0];
  }

  @Override
  public void freeHost(long address) {
    check(hipHostFree(address), "hipHostFree", "address=0x" + Long.toHexString(address));
  }

  @Override
  public ByteBuffer hostBuffer(long address, int bytes) {
    View view = new View().at(address);
    view.capacity(bytes);
    return view.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Memory of others as JavaCPP sees it; nothing is freed when it is collected. */
  private static final class View extends BytePointer {
    View at(long place) {
      address = place;
      return this;
    }
  }

  @Override
  public long addressOf(ByteBuffer direct) {
    return new Pointer(direct.duplicate().clear()).address();
  }

  @Override
  public void upload(long target, long hostSource, long bytes) {
    check(hipMemcpy(target, hostSource, bytes, hipMemcpyDefault), "hipMemcpy", "bytes=" + bytes);
    // From memory that is not pinned the call may return when the bytes are staged, and no stream
    // of ours waits for the one that brings them.
    check(hipStreamSynchronize(0), "hipStreamSynchronize", "");
  }

  @Override
  public void download(long hostTarget, long source, long bytes) {
    check(hipMemcpy(hostTarget, source, bytes, hipMemcpyDefault), "hipMemcpy", "bytes=" + bytes);
  }

  @Override
  public void copy(long target, long source, long bytes, long stream) {
    int status = hipMemcpyAsync(target, source, bytes, hipMemcpyDefault, stream);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipMemcpyAsync", "bytes=" + bytes);
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
    int status =
        hipMemcpy2DAsync(
            target, targetPitch, source, sourcePitch, rowBytes, rows, hipMemcpyDefault, stream);
    if (status != DriverStatus.SUCCESS) {
      String pitches = ", pitches=" + sourcePitch + " and " + targetPitch;
      throw failure(
          status, "hipMemcpy2DAsync", "rows=" + rows + ", rowBytes=" + rowBytes + pitches);
    }
  }

  @Override
  public void fill(long target, byte value, long bytes, long stream) {
    int status = hipMemsetAsync(target, value, bytes, stream);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipMemsetAsync", "bytes=" + bytes);
    }
  }

  // Streams and events

  @Override
  public void write(long word, int value, long stream) {
    int status = hipStreamWriteValue32(stream, word, value, 0);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipStreamWriteValue32", "");
    }
  }

  @Override
  public void holdWhileSet(long stream, long word) {
    int status = hipStreamWaitValue32(stream, word, 0, hipStreamWaitValueEq, 1);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipStreamWaitValue32", "");
    }
  }

  @Override
  public long createStream(int priority) {
    int[] least = new int[1];
    int[] greatest = new int[1];
    check(hipDeviceGetStreamPriorityRange(least, greatest), "hipDeviceGetStreamPriorityRange", "");
    // HIP counts downwards: its greatest priority is its smallest number.
    int wanted = Math.max(greatest[0], Math.min(least[0], -priority));
    long[] stream = new long[1];
    check(
        hipStreamCreateWithPriority(stream, hipStreamNonBlocking, wanted),
        "hipStreamCreateWithPriority",
        "priority=" + wanted);
    return stream[0];
  }

  @Override
  public void destroyStream(long stream) {
    check(hipStreamDestroy(stream), "hipStreamDestroy", "");
  }

  @Override
  public boolean isIdle(long stream) {
    int status = hipStreamQuery(stream);
    if (status == DriverStatus.NOT_READY) {
      return false;
    }
    check(status, "hipStreamQuery", "");
    return true;
  }

  @Override
  public long createEvent(boolean timed) {
    long[] event = new long[1];
    check(
        hipEventCreateWithFlags(event, timed ? hipEventDefault : hipEventDisableTiming),
        "hipEventCreateWithFlags",
        "timed=" + timed);
    return event[0];
  }

  @Override
  public void destroyEvent(long event) {
    check(hipEventDestroy(event), "hipEventDestroy", "");
  }

  @Override
  public void record(long event, long stream, boolean external) {
    int status =
        external
            ? hipEventRecordWithFlags(event, stream, hipEventRecordExternal)
            : hipEventRecord(event, stream);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipEventRecord", "external=" + external);
    }
  }

  @Override
  public void await(long stream, long event, boolean external) {
    int flags = external ? hipEventWaitExternal : hipEventWaitDefault;
    int status = hipStreamWaitEvent(stream, event, flags);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipStreamWaitEvent", "external=" + external);
    }
  }

  @Override
  public boolean isComplete(long event) {
    int status = hipEventQuery(event);
    if (status == DriverStatus.NOT_READY) {
      return false;
    }
    check(status, "hipEventQuery", "");
    return true;
  }

  @Override
  public double nanosBetween(long earlier, long later) {
    float[] millis = new float[1];
    int status = hipEventElapsedTime(millis, earlier, later);
    if (status == DriverStatus.NOT_READY || status == DriverStatus.INVALID_HANDLE) {
      return Double.NaN;
    }
    check(status, "hipEventElapsedTime", "");
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
    check(hipStreamBeginCapture(stream, hipStreamCaptureModeRelaxed), "hipStreamBeginCapture", "");
  }

  @Override
  public long endCapture(long stream) {
    long[] graph = new long[1];
    check(hipStreamEndCapture(stream, graph), "hipStreamEndCapture", "");
    return graph[0];
  }

  @Override
  public void destroyGraph(long graph) {
    check(hipGraphDestroy(graph), "hipGraphDestroy", "");
  }

  @Override
  public long instantiate(long graph) {
    long[] executable = new long[1];
    check(hipGraphInstantiate(executable, graph, 0, 0, 0), "hipGraphInstantiate", "");
    return executable[0];
  }

  @Override
  public void destroyExecutable(long executable) {
    check(hipGraphExecDestroy(executable), "hipGraphExecDestroy", "");
  }

  @Override
  public void uploadGraph(long executable, long stream) {
    check(hipGraphUpload(executable, stream), "hipGraphUpload", "");
  }

  @Override
  public void launchGraph(long executable, long stream) {
    int status = hipGraphLaunch(executable, stream);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipGraphLaunch", "");
    }
  }

  // Launches

  @Override
  public void launch(
      long kernel, int blocks, int threads, int sharedBytes, long stream, long parameters) {
    int status =
        hipModuleLaunchKernel(
            kernel, blocks, 1, 1, threads, 1, 1, sharedBytes, stream, parameters, 0);
    if (status != DriverStatus.SUCCESS) {
      throw failure(
          status,
          "hipModuleLaunchKernel",
          "blocks=" + blocks + ", threads=" + threads + ", sharedBytes=" + sharedBytes);
    }
  }
}
