#include <cstring>

#include "hip/state.h"

using namespace emu;

namespace {
struct ErrorRow {
  hipError_t error;
  const char *name, *text;
};
#define ROW(name, text) {name, #name, text}
const ErrorRow ROWS[] = {
    ROW(hipSuccess, "no error"),
    ROW(hipErrorInvalidValue, "invalid argument"),
    ROW(hipErrorOutOfMemory, "out of memory"),
    ROW(hipErrorNotInitialized, "initialization error"),
    ROW(hipErrorDeinitialized, "driver shutting down"),
    ROW(hipErrorInvalidConfiguration, "invalid configuration argument"),
    ROW(hipErrorInvalidPitchValue, "invalid pitch argument"),
    ROW(hipErrorInvalidSymbol, "invalid device symbol"),
    ROW(hipErrorInvalidDevicePointer, "invalid device pointer"),
    ROW(hipErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    ROW(hipErrorInvalidDeviceFunction, "invalid device function"),
    ROW(hipErrorNoDevice, "no ROCm-capable device is detected"),
    ROW(hipErrorInvalidDevice, "invalid device ordinal"),
    ROW(hipErrorInvalidImage, "device kernel image is invalid"),
    ROW(hipErrorInvalidContext, "invalid device context"),
    ROW(hipErrorNoBinaryForGpu, "no kernel image is available for execution on the device"),
    ROW(hipErrorUnsupportedLimit, "limit is not supported on this architecture"),
    ROW(hipErrorPeerAccessUnsupported, "peer access is not supported between these two devices"),
    ROW(hipErrorFileNotFound, "file not found"),
    ROW(hipErrorSharedObjectInitFailed, "shared object initialization failed"),
    ROW(hipErrorInvalidHandle, "invalid resource handle"),
    ROW(hipErrorIllegalState, "the operation cannot be performed in the present state"),
    ROW(hipErrorNotFound, "named symbol not found"),
    ROW(hipErrorNotReady, "device not ready"),
    ROW(hipErrorIllegalAddress, "an illegal memory access was encountered"),
    ROW(hipErrorLaunchOutOfResources, "too many resources requested for launch"),
    ROW(hipErrorLaunchTimeOut, "the launch timed out and was terminated"),
    ROW(hipErrorPeerAccessAlreadyEnabled, "peer access is already enabled"),
    ROW(hipErrorPeerAccessNotEnabled, "peer access has not been enabled"),
    ROW(hipErrorContextIsDestroyed, "context is destroyed"),
    ROW(hipErrorAssert, "device-side assert triggered"),
    ROW(hipErrorHostMemoryAlreadyRegistered, "part or all of the requested memory range is already mapped"),
    ROW(hipErrorHostMemoryNotRegistered, "pointer does not correspond to a registered memory region"),
    ROW(hipErrorLaunchFailure, "unspecified launch failure"),
    ROW(hipErrorCooperativeLaunchTooLarge, "too many blocks in cooperative launch"),
    ROW(hipErrorNotSupported, "operation not supported"),
    ROW(hipErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    ROW(hipErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture"),
    ROW(hipErrorStreamCaptureMerge, "operation would result in a merge of separate capture sequences"),
    ROW(hipErrorStreamCaptureUnmatched, "capture was not ended in the same stream as it began"),
    ROW(hipErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
    ROW(hipErrorStreamCaptureIsolation, "dependency created on uncaptured work in another stream"),
    ROW(hipErrorStreamCaptureImplicit, "operation would make the legacy stream depend on a capturing blocking stream"),
    ROW(hipErrorCapturedEvent, "operation not permitted on an event last recorded in a capturing stream"),
    ROW(hipErrorStreamCaptureWrongThread, "attempt to terminate a thread-local capture sequence from another thread"),
    ROW(hipErrorGraphExecUpdateFailure, "the graph update was not performed because it included changes which violated constraints"),
    ROW(hipErrorUnknown, "unknown error"),
};
#undef ROW

const ErrorRow* find(hipError_t error) {
  for (const ErrorRow& row : ROWS)
    if (row.error == error) return &row;
  return nullptr;
}
}  // namespace

namespace emu {
int configuredDevices() { return options().devices; }
hipError_t reportFromEntry(hipError_t error) { return report(error); }
}  // namespace emu

HIPEMU_EXPORT const char* hipGetErrorName(hipError_t error) {
  const ErrorRow* row = find(error);
  return row ? row->name : "hipErrorUnknown";
}
HIPEMU_EXPORT const char* hipGetErrorString(hipError_t error) {
  const ErrorRow* row = find(error);
  return row ? row->text : "unknown error";
}
HIPEMU_EXPORT hipError_t hipDrvGetErrorName(hipError_t error, const char** text) {
  if (!text || !find(error)) return hipErrorInvalidValue;
  *text = find(error)->name;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipDrvGetErrorString(hipError_t error, const char** text) {
  if (!text || !find(error)) return hipErrorInvalidValue;
  *text = find(error)->text;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipGetLastError(void) {
  const hipError_t error = thread().last;
  thread().last = hipSuccess;
  return error;
}
HIPEMU_EXPORT hipError_t hipExtGetLastError(void) { return hipGetLastError(); }
HIPEMU_EXPORT hipError_t hipPeekAtLastError(void) { return thread().last; }

HIPEMU_EXPORT size_t hipEmuLastFault(char* text, size_t size) {
  const std::string fault = lastFaultText();
  if (text && size) {
    const size_t copied = fault.size() < size - 1 ? fault.size() : size - 1;
    std::memcpy(text, fault.data(), copied);
    text[copied] = 0;
  }
  return fault.size();
}
HIPEMU_EXPORT void hipEmuFail(int device, hipError_t error, const char* text) { Device::get(device).fail(error, text); }
