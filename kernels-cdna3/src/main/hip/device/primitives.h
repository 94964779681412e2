#pragma once
// What the shared kernel text (kernels-common) asks of a device, in the words of amdgcn. Every
// vendor has this header; the names are the same, and so is what they promise.

#include "amdgcn/atomics.h"
#include "amdgcn/convert.h"
#include "amdgcn/memory.h"
#include "amdgcn/special.h"
#include "device/block.h"
