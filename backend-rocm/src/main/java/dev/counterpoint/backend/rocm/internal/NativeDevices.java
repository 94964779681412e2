package dev.counterpoint.backend.rocm.internal;

import static dev.counterpoint.backend.rocm.internal.hip.Hip.*;
import static dev.counterpoint.backend.rocm.internal.hip.HipConstants.*;

import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.Driver;
import dev.counterpoint.backend.rocm.internal.hip.RocmLibrary;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.Pointer;

/**
 * The part of {@link NativeDriver} about devices and kernels, and how calls fail. HIP has no
 * contexts: a device's number stands for one, and a thread's calls go to the device that it has
 * set.
 */
abstract class NativeDevices implements Driver {
  /** What only the emulated device exports. */
  private static final String EMULATOR = "hipEmuUsable";

  static void check(int status, String function, String values) {
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, function, values);
    }
  }

  static NativeException failure(int status, String function, String values) {
    return new NativeException(
        function, status, RocmLibrary.HIP.nameOf(status), values, DriverStatus.remedy(status));
  }

  private static String at(int ordinal) {
    return "device=" + ordinal;
  }

  @Override
  public boolean isOutOfMemory(NativeException e) {
    return DriverStatus.isOutOfMemory(e);
  }

  @Override
  public boolean isCapture(NativeException e) {
    return DriverStatus.isCapture(e.status());
  }

  // Devices

  @Override
  public int version() {
    int[] version = new int[1];
    check(hipRuntimeGetVersion(version), "hipRuntimeGetVersion", "");
    return version[0];
  }

  /** No device is a number of devices, and not a failure. */
  @Override
  public int deviceCount() {
    int[] count = new int[1];
    int status = hipGetDeviceCount(count);
    if (status == hipErrorNoDevice) {
      return 0;
    }
    check(status, "hipGetDeviceCount", "");
    return count[0];
  }

  @Override
  public String deviceName(int ordinal) {
    byte[] name = new byte[256];
    check(hipDeviceGetName(name, name.length, ordinal), "hipDeviceGetName", at(ordinal));
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public long deviceMemory(int ordinal) {
    long[] bytes = new long[1];
    check(hipDeviceTotalMem(bytes, ordinal), "hipDeviceTotalMem", at(ordinal));
    return bytes[0];
  }

  /**
   * HIP tells the generation by two numbers; the name itself is only in a structure whose layout
   * changed between versions. The parts with 9 and 4 that were ever sold are gfx942; should an
   * image not fit a device all the same, loading it says so.
   */
  @Override
  public String architecture(int ordinal) {
    int major = attribute(ordinal, hipDeviceAttributeComputeCapabilityMajor);
    int minor = attribute(ordinal, hipDeviceAttributeComputeCapabilityMinor);
    return major == 9 && minor == 4
        ? RocmPlatform.ARCHITECTURE
        : "gfx" + major + Integer.toHexString(minor) + "x";
  }

  @Override
  public int computeUnits(int ordinal) {
    return attribute(ordinal, hipDeviceAttributeMultiprocessorCount);
  }

  @Override
  public boolean isEmulated(int ordinal) {
    return RocmLibrary.HIP.has(EMULATOR);
  }

  private static int attribute(int ordinal, int number) {
    int[] value = new int[1];
    check(
        hipDeviceGetAttribute(value, number, ordinal),
        "hipDeviceGetAttribute",
        at(ordinal) + ", attribute=" + number);
    return value[0];
  }

  @Override
  public boolean canAccessPeer(int from, int to) {
    int[] can = new int[1];
    check(
        hipDeviceCanAccessPeer(can, from, to), "hipDeviceCanAccessPeer", at(from) + ", peer=" + to);
    return can[0] != 0;
  }

  @Override
  public boolean hasPeerAtomics(int from, int to) {
    int[] has = new int[1];
    check(
        hipDeviceGetP2PAttribute(has, hipDevP2PAttrNativeAtomicSupported, from, to),
        "hipDeviceGetP2PAttribute",
        at(from) + ", peer=" + to);
    return has[0] != 0;
  }

  // Contexts

  @Override
  public long retainContext(int ordinal) {
    use(ordinal);
    return ordinal;
  }

  @Override
  public void releaseContext(int ordinal) {
    // A device is the process's until its end.
  }

  @Override
  public void use(long context) {
    int status = hipSetDevice((int) context);
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "hipSetDevice", at((int) context));
    }
  }

  @Override
  public void enablePeer(long context) {
    int status = hipDeviceEnablePeerAccess((int) context, 0);
    if (status != DriverStatus.PEER_ALREADY_ENABLED) {
      check(status, "hipDeviceEnablePeerAccess", "peer=" + context);
    }
  }

  // Kernels

  @Override
  public long loadModule(ByteBuffer image) {
    long[] module = new long[1];
    check(
        hipModuleLoadData(module, new Pointer(image).address()),
        "hipModuleLoadData",
        "bytes=" + image.remaining());
    return module[0];
  }

  @Override
  public void unloadModule(long module) {
    check(hipModuleUnload(module), "hipModuleUnload", "");
  }

  @Override
  public long kernel(long module, String entry) {
    long[] kernel = new long[1];
    check(hipModuleGetFunction(kernel, module, entry), "hipModuleGetFunction", "entry=" + entry);
    return kernel[0];
  }

  @Override
  public int kernelAttribute(long kernel, KernelAttribute attribute) {
    int number =
        switch (attribute) {
          case MOST_THREADS -> HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
          case SHARED_BYTES -> HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;
          case LOCAL_BYTES -> HIP_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES;
          case REGISTERS -> HIP_FUNC_ATTRIBUTE_NUM_REGS;
        };
    int[] value = new int[1];
    check(
        hipFuncGetAttribute(value, number, kernel),
        "hipFuncGetAttribute",
        "attribute=" + attribute);
    return value[0];
  }

  /** Nothing has to be allowed: a launch may ask for all of a compute unit's LDS. */
  @Override
  public void allowSharedBytes(long kernel, int bytes) {}

  @Override
  public int blocksPerUnit(long kernel, int threads, int sharedBytes) {
    int[] blocks = new int[1];
    check(
        hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(blocks, kernel, threads, sharedBytes),
        "hipModuleOccupancyMaxActiveBlocksPerMultiprocessor",
        "threads=" + threads + ", sharedBytes=" + sharedBytes);
    return blocks[0];
  }
}
