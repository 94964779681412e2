#include "decode/operand_text.h"

#include <cstdio>

namespace emu {
namespace {

std::string group(const char* prefix, unsigned reg, unsigned width) {
  if (width <= 1) return prefix + std::to_string(reg);
  return std::string(prefix) + "[" + std::to_string(reg) + ":" + std::to_string(reg + width - 1) + "]";
}

std::string scalarName(unsigned reg, unsigned width) {
  if (reg < 102) return group("s", reg, width);
  if (reg >= 108 && reg < 124) return group("ttmp", reg - 108, width);
  if (reg == 124) return "m0";
  const char* name = reg < 104 ? "flat_scratch" : reg < 106 ? "xnack_mask" : reg < 108 ? "vcc" : "exec";
  if (width >= 2) return name;
  return std::string(name) + (reg & 1 ? "_hi" : "_lo");
}

const char* specialName(unsigned code) {
  switch (code) {
    case 235: return "src_shared_base";
    case 236: return "src_shared_limit";
    case 237: return "src_private_base";
    case 238: return "src_private_limit";
    case 251: return "src_vccz";
    case 252: return "src_execz";
    default: return "src_scc";
  }
}

}  // namespace

std::string hexText(i64 value) {
  char text[32];
  if (value < 0) std::snprintf(text, sizeof text, "-0x%llx", static_cast<unsigned long long>(-value));
  else std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string operandText(const Operand& o, char type) {
  static const char* const FLOATS[] = {"0.5", "-0.5", "1.0", "-1.0", "2.0", "-2.0", "4.0", "-4.0"};
  switch (o.kind) {
    case Kind::NONE: return "";
    case Kind::VGPR: return group("v", o.reg, o.width);
    case Kind::AGPR: return group("a", o.reg, o.width);
    case Kind::SGPR: return scalarName(o.reg, o.width);
    case Kind::SPECIAL: return specialName(o.reg);
    case Kind::OFF: return "off";
    case Kind::CONSTANT: break;
  }
  if (o.literal && (type == 'h' || type == 's')) return hexText(u16(o.value));
  if (o.literal && o.width == 1) {  // written long, though an inline constant would have done
    static const u32 FLOAT_BITS[] = {0x3F000000, 0xBF000000, 0x3F800000, 0xBF800000, 0x40000000, 0xC0000000, 0x40800000, 0xC0800000};
    const i32 value = i32(o.value);
    if (value >= -16 && value <= 64) return std::to_string(value);
    for (unsigned k = 0; k < 8; k++)
      if (FLOAT_BITS[k] == u32(o.value)) return FLOATS[k];
  }
  if (o.literal) return hexText(type == 'd' && o.width == 2 ? i64(o.value >> 32) : i64(u32(o.value)));
  if (o.reg >= 248) return type != 'f' && o.width == 2 ? "0.15915494309189532" : "0.15915494";
  if (o.reg >= 240) return FLOATS[o.reg - 240];
  return std::to_string(o.reg <= 192 ? int(o.reg) - 128 : 192 - int(o.reg));
}

std::string registerText(u16 bits) {
  static const char* const NAMES[] = {nullptr, "MODE", "STATUS", "TRAPSTS", "HW_ID", "GPR_ALLOC", "LDS_ALLOC", "IB_STS"};
  const unsigned id = bits & 63, offset = bits >> 6 & 31, size = (bits >> 11) + 1;
  std::string name = id > 0 && id < 8 ? std::string("HW_REG_") + NAMES[id]
                     : id == 15       ? "HW_REG_SH_MEM_BASES"
                     : id == 20       ? "HW_REG_XCC_ID"
                                      : std::to_string(id);
  if (offset == 0 && size == 32) return "hwreg(" + name + ")";
  return "hwreg(" + name + ", " + std::to_string(offset) + ", " + std::to_string(size) + ")";
}

std::string waitText(u32 w) {
  const unsigned vm = (w & 15) | (w >> 14 & 3) << 4, exp = w >> 4 & 7, lgkm = w >> 8 & 15;
  std::string text;
  const bool all = vm == 63 && exp == 7 && lgkm == 15;
  if (vm != 63 || all) text += " vmcnt(" + std::to_string(vm) + ")";
  if (exp != 7 || all) text += " expcnt(" + std::to_string(exp) + ")";
  if (lgkm != 15 || all) text += " lgkmcnt(" + std::to_string(lgkm) + ")";
  return text;
}

std::string swizzleText(u32 p) {
  char text[64];
  if (p & 0x8000) {
    std::snprintf(text, sizeof text, "swizzle(QUAD_PERM,%u,%u,%u,%u)", p & 3, p >> 2 & 3, p >> 4 & 3, p >> 6 & 3);
    return text;
  }
  const unsigned andMask = p & 31, orMask = p >> 5 & 31, xorMask = p >> 10 & 31;
  std::string pattern;
  if (andMask == 31 && orMask == 0 && xorMask != 0 && (xorMask & (xorMask - 1)) == 0)
    return "swizzle(SWAP," + std::to_string(xorMask) + ")";
  if (andMask == 31 && orMask == 0 && xorMask != 0 && ((xorMask + 1) & xorMask) == 0)
    return "swizzle(REVERSE," + std::to_string(xorMask + 1) + ")";
  for (int bit = 4; bit >= 0; bit--) {
    const unsigned zero = ((0u & andMask) | orMask) ^ xorMask, one = ((31u & andMask) | orMask) ^ xorMask;
    const bool whenZero = zero >> bit & 1, whenOne = one >> bit & 1;
    pattern += whenZero == whenOne ? (whenZero ? '1' : '0') : whenOne ? 'p' : 'i';
  }
  return "swizzle(BITMASK_PERM,\"" + pattern + "\")";
}

}  // namespace emu
