package dev.counterpoint.backend.rocm.internal.hip;

import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/** HIP's runtime; its numbers are in {@link HipConstants}. Flags are unsigned there. */
@Platform(include = "bindings.h", library = Bindings.JNI_LIBRARY)
@Namespace("counterpoint")
@NoException
public final class Hip {
  static {
    Bindings.require();
  }

  private Hip() {}

  // Start and devices

  public static native int hipInit(int flags);

  public static native int hipDriverGetVersion(int[] version);

  public static native int hipRuntimeGetVersion(int[] version);

  public static native int hipGetDeviceCount(int[] count);

  public static native int hipDeviceGet(int[] device, int ordinal);

  public static native int hipDeviceGetName(byte[] name, int length, int device);

  public static native int hipDeviceGetPCIBusId(byte[] id, int length, int device);

  public static native int hipDeviceGetAttribute(int[] value, int attribute, int device);

  public static native int hipDeviceTotalMem(long[] bytes, int device);

  public static native int hipDeviceComputeCapability(int[] major, int[] minor, int device);

  public static native int hipSetDevice(int device);

  public static native int hipGetDevice(int[] device);

  public static native int hipDeviceSynchronize();

  public static native int hipDeviceReset();

  // Peers

  public static native int hipDeviceCanAccessPeer(int[] can, int device, int peer);

  public static native int hipDeviceEnablePeerAccess(int peer, int flags);

  public static native int hipDeviceDisablePeerAccess(int peer);

  public static native int hipDeviceGetP2PAttribute(
      int[] value, int attribute, int source, int target);

  public static native int hipExtGetLinkTypeAndHopCount(
      int device, int peer, int[] type, int[] hops);

  // Memory

  public static native int hipMemGetInfo(long[] free, long[] total);

  public static native int hipMalloc(long[] address, long bytes);

  public static native int hipExtMallocWithFlags(long[] address, long bytes, int flags);

  public static native int hipFree(long address);

  public static native int hipHostMalloc(long[] address, long bytes, int flags);

  public static native int hipHostFree(long address);

  public static native int hipHostRegister(long address, long bytes, int flags);

  public static native int hipHostUnregister(long address);

  public static native int hipHostGetDevicePointer(long[] device, long host, int flags);

  public static native int hipMemGetAddressRange(long[] base, long[] bytes, long address);

  public static native int hipMemcpy(long target, long source, long bytes, int kind);

  public static native int hipMemcpyAsync(
      long target, long source, long bytes, int kind, long stream);

  public static native int hipMemcpy2DAsync(
      long target,
      long targetPitch,
      long source,
      long sourcePitch,
      long width,
      long height,
      int kind,
      long stream);

  public static native int hipMemsetAsync(long target, int value, long bytes, long stream);

  public static native int hipMemsetD32Async(long target, int value, long count, long stream);

  /** Makes of an allocation a handle of 64 bytes for another process. */
  public static native int hipIpcGetMemHandle(byte[] handle, long address);

  /** Opens the 64 bytes that another process made. */
  public static native int hipIpcOpenMemHandle(long[] address, byte[] handle, int flags);

  public static native int hipIpcCloseMemHandle(long address);

  // Streams

  public static native int hipDeviceGetStreamPriorityRange(int[] least, int[] greatest);

  public static native int hipStreamCreateWithFlags(long[] stream, int flags);

  public static native int hipStreamCreateWithPriority(long[] stream, int flags, int priority);

  public static native int hipStreamDestroy(long stream);

  public static native int hipStreamQuery(long stream);

  public static native int hipStreamSynchronize(long stream);

  public static native int hipStreamWaitEvent(long stream, long event, int flags);

  public static native int hipStreamWaitValue32(
      long stream, long address, int value, int flags, int mask);

  public static native int hipStreamWaitValue64(
      long stream, long address, long value, int flags, long mask);

  public static native int hipStreamWriteValue32(long stream, long address, int value, int flags);

  public static native int hipStreamWriteValue64(long stream, long address, long value, int flags);

  // Events

  public static native int hipEventCreateWithFlags(long[] event, int flags);

  public static native int hipEventDestroy(long event);

  public static native int hipEventRecord(long event, long stream);

  /** ROCm 6.4 and newer. */
  public static native int hipEventRecordWithFlags(long event, long stream, int flags);

  public static native int hipEventQuery(long event);

  public static native int hipEventSynchronize(long event);

  public static native int hipEventElapsedTime(float[] millis, long start, long stop);

  // Graphs

  public static native int hipStreamBeginCapture(long stream, int mode);

  public static native int hipStreamEndCapture(long stream, long[] graph);

  public static native int hipStreamIsCapturing(long stream, int[] status);

  public static native int hipThreadExchangeStreamCaptureMode(int[] mode);

  /** The last three say what went wrong in older versions, and may be 0. */
  public static native int hipGraphInstantiate(
      long[] executable, long graph, long errorNode, long log, long logBytes);

  public static native int hipGraphInstantiateWithFlags(long[] executable, long graph, long flags);

  /** Missing in ROCm 5.2. */
  public static native int hipGraphUpload(long executable, long stream);

  public static native int hipGraphLaunch(long executable, long stream);

  public static native int hipGraphExecDestroy(long executable);

  public static native int hipGraphDestroy(long graph);

  /**
   * Fills {@code nodes}, the address of room for {@code count} handles; or counts, when it is 0.
   */
  public static native int hipGraphGetNodes(long graph, long nodes, long[] count);

  // Modules and launches

  /** Loads the code object at an address. */
  public static native int hipModuleLoadData(long[] module, long image);

  public static native int hipModuleUnload(long module);

  public static native int hipModuleGetFunction(long[] function, long module, String name);

  public static native int hipModuleGetGlobal(
      long[] address, long[] bytes, long module, String name);

  public static native int hipFuncGetAttribute(int[] value, int attribute, long function);

  public static native int hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(
      int[] blocks, long function, int threads, long ldsBytes);

  /** Launches; {@code parameters} is the address of a table of the parameters' addresses. */
  public static native int hipModuleLaunchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int ldsBytes,
      long stream,
      long parameters,
      long extra);

  // Errors

  public static native String hipGetErrorName(int status);

  public static native String hipGetErrorString(int status);

  public static native int hipGetLastError();

  public static native int hipPeekAtLastError();
}
