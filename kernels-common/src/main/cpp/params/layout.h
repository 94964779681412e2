#pragma once
// Parameter blocks are plain data that Java writes byte by byte. Each header lists its layout once
// more in lines of this form, which the compiler checks against the struct and a Java test against
// its writer; the test finds them by their spelling, so they stay one to a line:
//
//   CP_SIZE(Struct, bytes);
//   CP_FIELD(Struct, field, offset, type);
//
// Addresses are u64. A table is the address of consecutive entries in device memory.

#include "base/types.h"

// NVRTC has no offsetof, but its front end knows this.
#if defined(__CUDACC_RTC__)
#define CP_OFFSET(STRUCT, FIELD) __INTADDR__(&static_cast<STRUCT*>(nullptr)->FIELD)
#else
#define CP_OFFSET(STRUCT, FIELD) __builtin_offsetof(STRUCT, FIELD)
#endif

#define CP_SIZE(STRUCT, BYTES) \
  static_assert(sizeof(STRUCT) == (BYTES), #STRUCT " has the size that Java writes")
#define CP_FIELD(STRUCT, FIELD, OFFSET, TYPE)                                                  \
  static_assert(CP_OFFSET(STRUCT, FIELD) == (OFFSET) && sizeof(STRUCT::FIELD) == sizeof(TYPE), \
                #STRUCT "." #FIELD " lies where Java writes it")
