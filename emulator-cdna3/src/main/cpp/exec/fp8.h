// The 8-bit floats of gfx942: FNUZ, that is no infinities, no negative zero, and 0x80 is the only NaN.
#pragma once
#include "decode/instruction.h"

namespace emu {

float fp8ToFloat(u8 bits);   // e4m3, bias 8
float bf8ToFloat(u8 bits);   // e5m2, bias 16
const float* fp8Table();     // all 256
const float* bf8Table();

/// Rounds to nearest even; what is too large saturates, as the hardware does when MODE.FP16_OVFL or the clamp asks for it,
/// and becomes NaN otherwise.
u8 floatToFp8(float value, bool saturate);
u8 floatToBf8(float value, bool saturate);
/// Stochastic rounding: the bits below the mantissa are added to the top bits of `random` and cut off.
u8 floatToFp8Stochastic(float value, u32 random, bool saturate);
u8 floatToBf8Stochastic(float value, u32 random, bool saturate);

}  // namespace emu
