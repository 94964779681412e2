// Everything that the generated JNI functions call.
#pragma once
#include "hip_calls.h"
#include "hipblaslt_calls.h"
#include "hiprtc_calls.h"
#include "library.h"
#include "rccl_calls.h"
#include "rocshmem_calls.h"
