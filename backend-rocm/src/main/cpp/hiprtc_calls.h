// hipRTC: HIP C++ to code objects at run time.
#pragma once
#include "forward.h"

// clang-format off: a table, one function per line

namespace counterpoint {

ROCM_CALL(HIPRTC, hiprtcVersion, (int* major, int* minor), major, minor)
ROCM_CALL(HIPRTC, hiprtcCreateProgram, (Handle* program, Handle source, Handle name, int headers, Handle headerTexts, Handle headerNames), program, source, name, headers, headerTexts, headerNames)
ROCM_CALL(HIPRTC, hiprtcCompileProgram, (Handle program, int options, Handle optionTable), program, options, optionTable)
ROCM_CALL(HIPRTC, hiprtcDestroyProgram, (Handle* program), program)
ROCM_CALL(HIPRTC, hiprtcGetCodeSize, (Handle program, Size* bytes), program, bytes)
ROCM_CALL(HIPRTC, hiprtcGetCode, (Handle program, Bytes code), program, code)
ROCM_CALL(HIPRTC, hiprtcGetProgramLogSize, (Handle program, Size* bytes), program, bytes)
ROCM_CALL(HIPRTC, hiprtcGetProgramLog, (Handle program, Bytes log), program, log)
ROCM_TEXT(HIPRTC, hiprtcGetErrorString, (int status), status)

}  // namespace counterpoint
