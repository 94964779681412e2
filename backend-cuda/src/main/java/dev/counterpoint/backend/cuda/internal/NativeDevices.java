package dev.counterpoint.backend.cuda.internal;

import static org.bytedeco.cuda.global.cudart.*;

import dev.counterpoint.DType;
import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.Driver;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUlaunchConfig;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** The part of {@link NativeDriver} about devices, contexts and kernels, and how calls fail. */
abstract class NativeDevices implements Driver {
  private static final int PEER_NATIVE_ATOMICS = 3;
  private static final int MULTIPROCESSORS = 16;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;
  private static final int MAX_DYNAMIC_SHARED = 8;

  private final ThreadLocal<NativeScratch> scratch = ThreadLocal.withInitial(NativeScratch::new);

  static void check(int status, String function, String values) {
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, function, values);
    }
  }

  static NativeException failure(int status, String function, String values) {
    return new NativeException(
        function, status, nameOf(status), values, DriverStatus.remedy(status));
  }

  /** The driver's name for a status. */
  static String nameOf(int status) {
    try (PointerPointer<BytePointer> name = new PointerPointer<>(1)) {
      if (cuGetErrorName(status, name) != DriverStatus.SUCCESS) {
        return "(no name)";
      }
      return new BytePointer(name.get(0)).getString();
    }
  }

  final NativeScratch scratch() {
    return scratch.get();
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
    check(cuDriverGetVersion(version), "cuDriverGetVersion", "");
    return version[0];
  }

  @Override
  public int deviceCount() {
    int[] count = new int[1];
    check(cuDeviceGetCount(count), "cuDeviceGetCount", "");
    return count[0];
  }

  private static int device(int ordinal) {
    int[] device = new int[1];
    check(cuDeviceGet(device, ordinal), "cuDeviceGet", at(ordinal));
    return device[0];
  }

  @Override
  public String deviceName(int ordinal) {
    byte[] name = new byte[256];
    check(cuDeviceGetName(name, name.length, device(ordinal)), "cuDeviceGetName", at(ordinal));
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public long deviceMemory(int ordinal) {
    try (SizeTPointer bytes = new SizeTPointer(1)) {
      check(cuDeviceTotalMem(bytes, device(ordinal)), "cuDeviceTotalMem", at(ordinal));
      return bytes.get();
    }
  }

  @Override
  public String architecture(int ordinal) {
    return "sm_" + attribute(ordinal, CAPABILITY_MAJOR) + attribute(ordinal, CAPABILITY_MINOR);
  }

  @Override
  public int computeUnits(int ordinal) {
    return attribute(ordinal, MULTIPROCESSORS);
  }

  @Override
  public boolean isEmulated(int ordinal) {
    return false;
  }

  private static int attribute(int ordinal, int number) {
    int[] value = new int[1];
    check(
        cuDeviceGetAttribute(value, number, device(ordinal)),
        "cuDeviceGetAttribute",
        at(ordinal) + ", attribute=" + number);
    return value[0];
  }

  @Override
  public boolean canAccessPeer(int from, int to) {
    int[] can = new int[1];
    check(
        cuDeviceCanAccessPeer(can, device(from), device(to)),
        "cuDeviceCanAccessPeer",
        at(from) + ", peer=" + to);
    return can[0] != 0;
  }

  @Override
  public boolean hasPeerAtomics(int from, int to) {
    int[] has = new int[1];
    check(
        cudaDeviceGetP2PAttribute(has, PEER_NATIVE_ATOMICS, from, to),
        "cudaDeviceGetP2PAttribute",
        at(from) + ", peer=" + to);
    return has[0] != 0;
  }

  // Contexts

  @Override
  public long retainContext(int ordinal) {
    CUctx_st context = new CUctx_st();
    check(
        cuDevicePrimaryCtxRetain(context, device(ordinal)),
        "cuDevicePrimaryCtxRetain",
        at(ordinal));
    return context.address();
  }

  @Override
  public void releaseContext(int ordinal) {
    check(cuDevicePrimaryCtxRelease(device(ordinal)), "cuDevicePrimaryCtxRelease", at(ordinal));
  }

  @Override
  public void use(long context) {
    int status = cuCtxSetCurrent(scratch().context.at(context));
    if (status != DriverStatus.SUCCESS) {
      throw failure(status, "cuCtxSetCurrent", "");
    }
  }

  @Override
  public void enablePeer(long context) {
    int status = cuCtxEnablePeerAccess(scratch().context.at(context), 0);
    if (status != DriverStatus.PEER_ALREADY_ENABLED) {
      check(status, "cuCtxEnablePeerAccess", "");
    }
  }

  // Kernels

  @Override
  public long loadModule(ByteBuffer image) {
    CUmod_st module = new CUmod_st();
    check(
        cuModuleLoadData(module, new Pointer(image)),
        "cuModuleLoadData",
        "bytes=" + image.remaining());
    return module.address();
  }

  @Override
  public void unloadModule(long module) {
    check(cuModuleUnload(new NativeScratch.ModuleHandle().at(module)), "cuModuleUnload", "");
  }

  @Override
  public long kernel(long module, String entry) {
    CUfunc_st kernel = new CUfunc_st();
    check(
        cuModuleGetFunction(kernel, new NativeScratch.ModuleHandle().at(module), entry),
        "cuModuleGetFunction",
        "entry=" + entry);
    return kernel.address();
  }

  @Override
  public int kernelAttribute(long kernel, KernelAttribute attribute) {
    int number =
        switch (attribute) {
          case MOST_THREADS -> 0;
          case SHARED_BYTES -> 1;
          case LOCAL_BYTES -> 3;
          case REGISTERS -> 4;
        };
    int[] value = new int[1];
    check(
        cuFuncGetAttribute(value, number, scratch().kernel.at(kernel)),
        "cuFuncGetAttribute",
        "attribute=" + attribute);
    return value[0];
  }

  @Override
  public void allowSharedBytes(long kernel, int bytes) {
    check(
        cuFuncSetAttribute(scratch().kernel.at(kernel), MAX_DYNAMIC_SHARED, bytes),
        "cuFuncSetAttribute",
        "sharedBytes=" + bytes);
  }

  @Override
  public int blocksPerUnit(long kernel, int threads, int sharedBytes) {
    int[] blocks = new int[1];
    check(
        cuOccupancyMaxActiveBlocksPerMultiprocessor(
            blocks, scratch().kernel.at(kernel), threads, sharedBytes),
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        "threads=" + threads + ", sharedBytes=" + sharedBytes);
    return blocks[0];
  }

  /** The cluster is compiled into the kernel, so the configuration names none. */
  @Override
  public int residentClusters(long kernel, int cluster, int threads, int sharedBytes) {
    int[] clusters = new int[1];
    try (CUlaunchConfig config = new CUlaunchConfig()) {
      Pointer.memset(config, 0, config.sizeof());
      config.gridDimX(cluster).gridDimY(1).gridDimZ(1);
      config.blockDimX(threads).blockDimY(1).blockDimZ(1);
      config.sharedMemBytes(sharedBytes);
      check(
          cuOccupancyMaxActiveClusters(clusters, scratch().kernel.at(kernel), config),
          "cuOccupancyMaxActiveClusters",
          "cluster=" + cluster + ", threads=" + threads + ", sharedBytes=" + sharedBytes);
    }
    return clusters[0];
  }

  @Override
  public void describeMatrix(
      long target,
      DType type,
      long address,
      long inner,
      long outer,
      long pitch,
      int innerBox,
      int outerBox) {
    NativeScratch mine = scratch();
    mine.matrix(inner, outer, pitch, innerBox, outerBox);
    int status =
        cuTensorMapEncodeTiled(
            mine.map.at(target),
            tensorType(type),
            2,
            mine.host.at(address),
            mine.extents,
            mine.pitches,
            mine.box,
            mine.steps,
            CU_TENSOR_MAP_INTERLEAVE_NONE,
            CU_TENSOR_MAP_SWIZZLE_128B,
            CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
            CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    if (status != DriverStatus.SUCCESS) {
      throw failure(
          status,
          "cuTensorMapEncodeTiled",
          type
              + " "
              + outer
              + "×"
              + inner
              + ", pitch="
              + pitch
              + ", box="
              + outerBox
              + "×"
              + innerBox
              + ", address=0x"
              + Long.toHexString(address));
    }
  }

  /** Bytes are only moved, so one type stands for all of them. */
  private static int tensorType(DType type) {
    return switch (type) {
      case BF16 -> CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
      case FP16 -> CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
      case FP8_E4M3, FP8_E5M2, INT8 -> CU_TENSOR_MAP_DATA_TYPE_UINT8;
      case FP32, INT32 -> throw new IllegalArgumentException("no kernel reads maps of " + type);
    };
  }
}
