// The part of HIP's C ABI that this library answers: names, signatures and numbers as HIP 5 to 7 publish them.
// Attributes are queried one by one; the properties structure, whose layout changed, is left out on purpose.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define HIPEMU_EXPORT extern "C" __attribute__((visibility("default")))

enum hipError_t : int {
  hipSuccess = 0, hipErrorInvalidValue = 1, hipErrorOutOfMemory = 2, hipErrorNotInitialized = 3, hipErrorDeinitialized = 4,
  hipErrorInvalidConfiguration = 9, hipErrorInvalidPitchValue = 12, hipErrorInvalidSymbol = 13,
  hipErrorInvalidDevicePointer = 17, hipErrorInvalidMemcpyDirection = 21, hipErrorInvalidDeviceFunction = 98,
  hipErrorNoDevice = 100, hipErrorInvalidDevice = 101, hipErrorInvalidImage = 200, hipErrorInvalidContext = 201,
  hipErrorNoBinaryForGpu = 209, hipErrorUnsupportedLimit = 215, hipErrorPeerAccessUnsupported = 217,
  hipErrorFileNotFound = 301, hipErrorSharedObjectInitFailed = 303, hipErrorInvalidHandle = 400, hipErrorIllegalState = 401,
  hipErrorNotFound = 500, hipErrorNotReady = 600, hipErrorIllegalAddress = 700, hipErrorLaunchOutOfResources = 701,
  hipErrorLaunchTimeOut = 702, hipErrorPeerAccessAlreadyEnabled = 704, hipErrorPeerAccessNotEnabled = 705,
  hipErrorContextIsDestroyed = 709, hipErrorAssert = 710, hipErrorHostMemoryAlreadyRegistered = 712,
  hipErrorHostMemoryNotRegistered = 713, hipErrorLaunchFailure = 719, hipErrorCooperativeLaunchTooLarge = 720,
  hipErrorNotSupported = 801, hipErrorStreamCaptureUnsupported = 900, hipErrorStreamCaptureInvalidated = 901,
  hipErrorStreamCaptureMerge = 902, hipErrorStreamCaptureUnmatched = 903, hipErrorStreamCaptureUnjoined = 904,
  hipErrorStreamCaptureIsolation = 905, hipErrorStreamCaptureImplicit = 906, hipErrorCapturedEvent = 907,
  hipErrorStreamCaptureWrongThread = 908, hipErrorGraphExecUpdateFailure = 910, hipErrorUnknown = 999
};

enum hipMemcpyKind : int {
  hipMemcpyHostToHost = 0, hipMemcpyHostToDevice = 1, hipMemcpyDeviceToHost = 2, hipMemcpyDeviceToDevice = 3, hipMemcpyDefault = 4
};
enum hipMemoryType : int { hipMemoryTypeUnregistered = 0, hipMemoryTypeHost = 1, hipMemoryTypeDevice = 2, hipMemoryTypeManaged = 3 };
enum hipStreamCaptureMode : int { hipStreamCaptureModeGlobal = 0, hipStreamCaptureModeThreadLocal = 1, hipStreamCaptureModeRelaxed = 2 };
enum hipStreamCaptureStatus : int { hipStreamCaptureStatusNone = 0, hipStreamCaptureStatusActive = 1, hipStreamCaptureStatusInvalidated = 2 };
enum hipDeviceP2PAttr : int {
  hipDevP2PAttrPerformanceRank = 0, hipDevP2PAttrAccessSupported = 1, hipDevP2PAttrNativeAtomicSupported = 2,
  hipDevP2PAttrHipArrayAccessSupported = 3
};

constexpr unsigned hipStreamDefault = 0, hipStreamNonBlocking = 1;
constexpr unsigned hipEventDefault = 0, hipEventBlockingSync = 1, hipEventDisableTiming = 2, hipEventInterprocess = 4;
constexpr unsigned hipDeviceMallocDefault = 0, hipDeviceMallocFinegrained = 1, hipDeviceMallocUncached = 3;
constexpr unsigned hipStreamWaitValueGte = 0, hipStreamWaitValueEq = 1, hipStreamWaitValueAnd = 2, hipStreamWaitValueNor = 3;

typedef struct ihipStream_t* hipStream_t;
typedef struct ihipEvent_t* hipEvent_t;
typedef struct ihipModule_t* hipModule_t;
typedef struct ihipFunction_t* hipFunction_t;
typedef struct ihipGraph_t* hipGraph_t;
typedef struct ihipGraphExec_t* hipGraphExec_t;
typedef struct ihipGraphNode_t* hipGraphNode_t;
typedef struct ihipCtx_t* hipCtx_t;
typedef void* hipDeviceptr_t;
typedef int hipDevice_t;
typedef void (*hipHostFn_t)(void*);
typedef void (*hipStreamCallback_t)(hipStream_t, hipError_t, void*);

struct hipIpcMemHandle_t { char reserved[64]; };
struct hipUUID { char bytes[16]; };
struct hipPointerAttribute_t {
  hipMemoryType type;
  int device;
  void* devicePointer;
  void* hostPointer;
  int isManaged;
  unsigned allocationFlags;
};

// What only the emulator has.

/// Text of the last fault of any device: kind, kernel, offset, instruction. Returns its full length.
HIPEMU_EXPORT size_t hipEmuLastFault(char* text, size_t size);
/// Enqueues work on a stream that `begin` starts and `hipEmuFinish(token)` ends; captured like any other. For librccl.
/// `destroy` is called with `data` when neither the stream nor a graph needs it any more.
HIPEMU_EXPORT hipError_t hipEmuEnqueueExternal(hipStream_t stream, void (*begin)(void* data, void* token), void* data,
                                               void (*destroy)(void* data));
HIPEMU_EXPORT void hipEmuFinish(void* token);
/// The device of a stream, and marking that device as failed.
HIPEMU_EXPORT int hipEmuStreamDevice(hipStream_t stream);
HIPEMU_EXPORT void hipEmuFail(int device, hipError_t error, const char* text);
/// 1 when the library runs on this processor.
HIPEMU_EXPORT int hipEmuUsable(void);
