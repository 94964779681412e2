#pragma once
// What the shared kernel text (kernels-common) asks of a device, in the words of PTX and CUDA.
// Every vendor has this header; the names are the same, and so is what they promise.

#include "device/block.cuh"
#include "ptx/atomics.cuh"
#include "ptx/convert.cuh"
#include "ptx/memory.cuh"
#include "ptx/reduce.cuh"
#include "ptx/special.cuh"
