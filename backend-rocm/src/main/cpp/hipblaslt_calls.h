// hipBLASLt: what a plain GEMM needs.
#pragma once
#include "forward.h"

// clang-format off: a table, one function per line

namespace counterpoint {

ROCM_CALL(HIPBLASLT, hipblasLtCreate, (Handle* handle), handle)
ROCM_CALL(HIPBLASLT, hipblasLtDestroy, (Handle handle), handle)
ROCM_CALL(HIPBLASLT, hipblasLtGetVersion, (Handle handle, int* version), handle, version)
ROCM_CALL(HIPBLASLT, hipblasLtMatrixLayoutCreate, (Handle* layout, int type, uint64_t rows, uint64_t cols, Size leading), layout, type, rows, cols, leading)
ROCM_CALL(HIPBLASLT, hipblasLtMatrixLayoutDestroy, (Handle layout), layout)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulDescCreate, (Handle* description, int compute, int scaleType), description, compute, scaleType)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulDescDestroy, (Handle description), description)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulDescSetAttribute, (Handle description, int attribute, Handle value, size_t bytes), description, attribute, value, bytes)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulPreferenceCreate, (Handle* preference), preference)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulPreferenceDestroy, (Handle preference), preference)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulPreferenceSetAttribute, (Handle preference, int attribute, Handle value, size_t bytes), preference, attribute, value, bytes)
ROCM_CALL(HIPBLASLT, hipblasLtMatmulAlgoGetHeuristic, (Handle handle, Handle description, Handle a, Handle b, Handle c, Handle d, Handle preference, int requested, Handle results, int* found), handle, description, a, b, c, d, preference, requested, results, found)
ROCM_CALL(HIPBLASLT, hipblasLtMatmul, (Handle handle, Handle description, Handle alpha, Handle a, Handle aLayout, Handle b, Handle bLayout, Handle beta, Handle c, Handle cLayout, Handle d, Handle dLayout, Handle algorithm, Handle workspace, size_t workspaceBytes, Handle stream), handle, description, alpha, a, aLayout, b, bLayout, beta, c, cLayout, d, dLayout, algorithm, workspace, workspaceBytes, stream)

}  // namespace counterpoint
