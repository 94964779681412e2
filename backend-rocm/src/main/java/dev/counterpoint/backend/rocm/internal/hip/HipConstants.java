package dev.counterpoint.backend.rocm.internal.hip;

/**
 * HIP's numbers, under their C names. They are the same in HIP 5, 6 and 7, as far as these versions
 * have them, but for {@link #hipIpcMemLazyEnablePeerAccess}, which was 0 in HIP 5. Unsigned flags
 * that fill 32 bits are negative here.
 */
public final class HipConstants {
  // Statuses

  public static final int hipSuccess = 0;
  public static final int hipErrorInvalidValue = 1;
  public static final int hipErrorOutOfMemory = 2;
  public static final int hipErrorNotInitialized = 3;
  public static final int hipErrorDeinitialized = 4;
  public static final int hipErrorInvalidConfiguration = 9;
  public static final int hipErrorInvalidPitchValue = 12;
  public static final int hipErrorInvalidSymbol = 13;
  public static final int hipErrorInvalidDevicePointer = 17;
  public static final int hipErrorInvalidMemcpyDirection = 21;
  public static final int hipErrorInvalidDeviceFunction = 98;
  public static final int hipErrorNoDevice = 100;
  public static final int hipErrorInvalidDevice = 101;
  public static final int hipErrorInvalidImage = 200;
  public static final int hipErrorInvalidContext = 201;
  public static final int hipErrorNoBinaryForGpu = 209;
  public static final int hipErrorUnsupportedLimit = 215;
  public static final int hipErrorPeerAccessUnsupported = 217;
  public static final int hipErrorFileNotFound = 301;
  public static final int hipErrorSharedObjectInitFailed = 303;
  public static final int hipErrorInvalidHandle = 400;
  public static final int hipErrorIllegalState = 401;
  public static final int hipErrorNotFound = 500;
  public static final int hipErrorNotReady = 600;
  public static final int hipErrorIllegalAddress = 700;
  public static final int hipErrorLaunchOutOfResources = 701;
  public static final int hipErrorLaunchTimeOut = 702;
  public static final int hipErrorPeerAccessAlreadyEnabled = 704;
  public static final int hipErrorPeerAccessNotEnabled = 705;
  public static final int hipErrorContextIsDestroyed = 709;
  public static final int hipErrorAssert = 710;
  public static final int hipErrorHostMemoryAlreadyRegistered = 712;
  public static final int hipErrorHostMemoryNotRegistered = 713;
  public static final int hipErrorLaunchFailure = 719;
  public static final int hipErrorCooperativeLaunchTooLarge = 720;
  public static final int hipErrorNotSupported = 801;
  public static final int hipErrorStreamCaptureUnsupported = 900;
  public static final int hipErrorStreamCaptureInvalidated = 901;
  public static final int hipErrorStreamCaptureMerge = 902;
  public static final int hipErrorStreamCaptureUnmatched = 903;
  public static final int hipErrorStreamCaptureUnjoined = 904;
  public static final int hipErrorStreamCaptureIsolation = 905;
  public static final int hipErrorStreamCaptureImplicit = 906;
  public static final int hipErrorCapturedEvent = 907;
  public static final int hipErrorStreamCaptureWrongThread = 908;
  public static final int hipErrorGraphExecUpdateFailure = 910;
  public static final int hipErrorUnknown = 999;

  // Kinds of copies

  public static final int hipMemcpyHostToHost = 0;
  public static final int hipMemcpyHostToDevice = 1;
  public static final int hipMemcpyDeviceToHost = 2;
  public static final int hipMemcpyDeviceToDevice = 3;
  public static final int hipMemcpyDefault = 4;

  // Streams

  public static final int hipStreamDefault = 0;
  public static final int hipStreamNonBlocking = 1;
  public static final int hipStreamWaitValueGte = 0;
  public static final int hipStreamWaitValueEq = 1;
  public static final int hipStreamWaitValueAnd = 2;
  public static final int hipStreamWaitValueNor = 3;

  // Captures

  public static final int hipStreamCaptureModeGlobal = 0;
  public static final int hipStreamCaptureModeThreadLocal = 1;
  public static final int hipStreamCaptureModeRelaxed = 2;
  public static final int hipStreamCaptureStatusNone = 0;
  public static final int hipStreamCaptureStatusActive = 1;
  public static final int hipStreamCaptureStatusInvalidated = 2;

  // Events

  public static final int hipEventDefault = 0;
  public static final int hipEventBlockingSync = 1;
  public static final int hipEventDisableTiming = 2;
  public static final int hipEventInterprocess = 4;
  public static final int hipEventReleaseToDevice = 1073741824;
  public static final int hipEventReleaseToSystem = -2147483648;
  public static final int hipEventRecordDefault = 0;
  public static final int hipEventRecordExternal = 1;
  public static final int hipEventWaitDefault = 0;
  public static final int hipEventWaitExternal = 1;

  // Memory

  public static final int hipHostMallocDefault = 0;
  public static final int hipHostMallocPortable = 1;
  public static final int hipHostMallocMapped = 2;
  public static final int hipHostMallocWriteCombined = 4;
  public static final int hipHostMallocCoherent = 1073741824;
  public static final int hipHostMallocNonCoherent = -2147483648;
  public static final int hipHostRegisterDefault = 0;
  public static final int hipHostRegisterPortable = 1;
  public static final int hipHostRegisterMapped = 2;
  public static final int hipDeviceMallocDefault = 0;
  public static final int hipDeviceMallocFinegrained = 1;
  public static final int hipDeviceMallocUncached = 3;
  public static final int hipIpcMemLazyEnablePeerAccess = 1;

  // Peers

  public static final int hipDevP2PAttrPerformanceRank = 0;
  public static final int hipDevP2PAttrAccessSupported = 1;
  public static final int hipDevP2PAttrNativeAtomicSupported = 2;
  public static final int hipDevP2PAttrHipArrayAccessSupported = 3;

  // Devices

  public static final int hipDeviceAttributeAsyncEngineCount = 2;
  public static final int hipDeviceAttributeCanMapHostMemory = 3;
  public static final int hipDeviceAttributeCanUseHostPointerForRegisteredMem = 4;
  public static final int hipDeviceAttributeClockRate = 5;
  public static final int hipDeviceAttributeConcurrentKernels = 8;
  public static final int hipDeviceAttributeCooperativeLaunch = 10;
  public static final int hipDeviceAttributeHostNativeAtomicSupported = 15;
  public static final int hipDeviceAttributeIsMultiGpuBoard = 17;
  public static final int hipDeviceAttributeL2CacheSize = 19;
  public static final int hipDeviceAttributeComputeCapabilityMajor = 23;
  public static final int hipDeviceAttributeComputeCapabilityMinor = 61;
  public static final int hipDeviceAttributeMaxBlocksPerMultiProcessor = 25;
  public static final int hipDeviceAttributeMaxThreadsPerBlock = 56;
  public static final int hipDeviceAttributeMaxThreadsPerMultiProcessor = 57;
  public static final int hipDeviceAttributeMemoryBusWidth = 59;
  public static final int hipDeviceAttributeMemoryClockRate = 60;
  public static final int hipDeviceAttributeMultiprocessorCount = 63;
  public static final int hipDeviceAttributePciBusId = 67;
  public static final int hipDeviceAttributePciDeviceId = 68;
  public static final int hipDeviceAttributePciDomainID = 69;
  public static final int hipDeviceAttributeMaxRegistersPerBlock = 71;
  public static final int hipDeviceAttributeMaxRegistersPerMultiprocessor = 72;
  public static final int hipDeviceAttributeMaxSharedMemoryPerBlock = 74;
  public static final int hipDeviceAttributeUnifiedAddressing = 85;
  public static final int hipDeviceAttributeWarpSize = 87;
  public static final int hipDeviceAttributeHostRegisterSupported = 90;
  public static final int hipDeviceAttributeClockInstructionRate = 10000;
  public static final int hipDeviceAttributeMaxSharedMemoryPerMultiprocessor = 10002;
  public static final int hipDeviceAttributeIsLargeBar = 10011;
  public static final int hipDeviceAttributeCanUseStreamWaitValue = 10013;
  public static final int hipDeviceAttributePhysicalMultiProcessorCount = 10015;
  public static final int hipDeviceAttributeFineGrainSupport = 10016;
  public static final int hipDeviceAttributeWallClockRate = 10017;
  public static final int hipDeviceAttributeNumberOfXccs = 10018;

  // Kernels

  public static final int HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 0;
  public static final int HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES = 1;
  public static final int HIP_FUNC_ATTRIBUTE_CONST_SIZE_BYTES = 2;
  public static final int HIP_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES = 3;
  public static final int HIP_FUNC_ATTRIBUTE_NUM_REGS = 4;
  public static final int HIP_FUNC_ATTRIBUTE_BINARY_VERSION = 6;
  public static final int HIP_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

  private HipConstants() {}
}
