// Text of an instruction in LLVM's syntax, so that a test can hold the decoder to llvm-objdump.
#include <cstdio>
#include <cstring>

#include "decode/instruction.h"
#include "decode/operand_text.h"

namespace emu {
namespace {

bool has(const Instruction& i, const char* part) { return std::strstr(i.op->name, part) != nullptr; }
bool is(const Instruction& i, const char* name) { return std::strcmp(i.op->name, name) == 0; }

bool hasOneEncoding(const Instruction& i) {
  return has(i, "amk_") || has(i, "aak_") || has(i, "madmk") || has(i, "madak") || is(i, "v_swap_b32") ||
         is(i, "v_accvgpr_mov_b32") || is(i, "v_readfirstlane_b32") || is(i, "v_nop") || is(i, "v_clrexcp");
}

std::string list(const char* name, unsigned bits, unsigned count) {
  std::string text = std::string(" ") + name + ":[";
  for (unsigned k = 0; k < count; k++) text += (k ? "," : "") + std::string(bits >> k & 1 ? "1" : "0");
  return text + "]";
}

std::string vectorSource(const Instruction& i, unsigned k) {
  std::string text = operandText(i.src[k], i.op->srcType);
  if (i.op->format == Format::VOP3P || i.op->format == Format::MAI) return text;
  if (i.abs >> k & 1) text = "|" + text + "|";
  if (i.neg >> k & 1) text = "-" + text;
  if (i.sdwa && k < 2 && i.sdwaBits.sext[k]) text = "sext(" + text + ")";
  return text;
}

unsigned sourceCount(const Instruction& i) {
  unsigned count = 0;
  while (count < 3 && i.src[count].kind != Kind::NONE) count++;
  return count;
}

std::string dppText(const Dpp& d) {
  char text[96];
  const unsigned c = d.ctrl, n = c & 15;
  if (c < 256) std::snprintf(text, sizeof text, " quad_perm:[%u,%u,%u,%u]", c & 3, c >> 2 & 3, c >> 4 & 3, c >> 6);
  else if (c <= 0x10F) std::snprintf(text, sizeof text, " row_shl:%u", n);
  else if (c <= 0x11F) std::snprintf(text, sizeof text, " row_shr:%u", n);
  else if (c <= 0x12F) std::snprintf(text, sizeof text, " row_ror:%u", n);
  else if (c == 0x130) std::snprintf(text, sizeof text, " wave_shl:1");
  else if (c == 0x134) std::snprintf(text, sizeof text, " wave_rol:1");
  else if (c == 0x138) std::snprintf(text, sizeof text, " wave_shr:1");
  else if (c == 0x13C) std::snprintf(text, sizeof text, " wave_ror:1");
  else if (c == 0x140) std::snprintf(text, sizeof text, " row_mirror");
  else if (c == 0x141) std::snprintf(text, sizeof text, " row_half_mirror");
  else if (c == 0x142) std::snprintf(text, sizeof text, " row_bcast:15");
  else if (c == 0x143) std::snprintf(text, sizeof text, " row_bcast:31");
  else std::snprintf(text, sizeof text, " row_newbcast:%u", n);
  std::string all = text;
  std::snprintf(text, sizeof text, " row_mask:0x%x bank_mask:0x%x%s", d.rowMask, d.bankMask,
                d.boundCtrl ? " bound_ctrl:1" : "");
  return all + text;
}

std::string sdwaText(const Instruction& i) {
  static const char* const SELECT[] = {"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3", "WORD_0", "WORD_1", "DWORD", "?"};
  static const char* const UNUSED[] = {"UNUSED_PAD", "UNUSED_SEXT", "UNUSED_PRESERVE", "?"};
  std::string text;
  // Conversions from 8-bit floats have no choice of destination.
  const bool wholeResult = i.op->format == Format::VOPC || has(i, "f32_fp8") || has(i, "f32_bf8");
  if (!wholeResult)
    text += std::string(" dst_sel:") + SELECT[i.sdwaBits.dstSel] + " dst_unused:" + UNUSED[i.sdwaBits.dstUnused];
  text += std::string(" src0_sel:") + SELECT[i.sdwaBits.sel[0]];
  if (i.op->srcWidth[1]) text += std::string(" src1_sel:") + SELECT[i.sdwaBits.sel[1]];
  return text;
}

std::string vectorText(const Instruction& i) {
  std::string text = i.op->name;
  const bool pairable = i.op->format == Format::VOP1 || i.op->format == Format::VOP2 || i.op->format == Format::VOPC;
  if (pairable && !hasOneEncoding(i)) text += i.sdwa ? "_sdwa" : i.dpp ? "_dpp" : i.e64 ? "_e64" : "_e32";
  bool first = true;
  const auto add = [&](const std::string& operand) {
    text += (first ? " " : ", ") + operand;
    first = false;
  };
  if (i.dst.kind != Kind::NONE) add(operandText(i.dst, i.op->dstType));
  if (i.sdst.kind != Kind::NONE) add(operandText(i.sdst, 'l'));
  const unsigned count = sourceCount(i);
  for (unsigned k = 0; k < count; k++) add(vectorSource(i, k));
  if (i.op->format == Format::VOP3P) {
    const bool mix = has(i, "_mix");
    const unsigned all = (1u << count) - 1;
    if (i.opsel & all) text += list("op_sel", i.opsel, count);
    if ((i.opselHi & all) != (mix ? 0 : all)) text += list("op_sel_hi", i.opselHi, count);
    if (mix) {
      text.clear();
      text = std::string(i.op->name) + " " + operandText(i.dst, 'f');
      for (unsigned k = 0; k < count; k++) {
        std::string s = operandText(i.src[k], 'f');
        if (i.negHi >> k & 1) s = "|" + s + "|";
        if (i.neg >> k & 1) s = "-" + s;
        text += ", " + s;
      }
      if (i.opsel & all) text += list("op_sel", i.opsel, count);
      if (i.opselHi & all) text += list("op_sel_hi", i.opselHi, count);
    } else {
      if (i.neg & all) text += list("neg_lo", i.neg, count);
      if (i.negHi & all) text += list("neg_hi", i.negHi, count);
    }
    if (i.clamp) text += " clamp";
    return text;
  }
  if (i.op->format == Format::MAI) {
    if (i.cbsz) text += " cbsz:" + std::to_string(i.cbsz);
    if (i.abid) text += " abid:" + std::to_string(i.abid);
    if (i.blgp) text += has(i, "f64") ? list("neg", i.blgp, 3) : " blgp:" + std::to_string(i.blgp);
    return text;
  }
  if (i.opsel && has(i, "v_cvt_sr_")) text += list("op_sel", i.opsel, 4);
  else if (i.opsel) text += list("op_sel", (i.opsel & ((1u << count) - 1)) | (i.opsel >> 3 & 1) << count, count + 1);
  if (i.clamp) text += " clamp";
  if (i.omod) text += i.omod == 1 ? " mul:2" : i.omod == 2 ? " mul:4" : " div:2";
  if (i.sdwa) text += sdwaText(i);
  if (i.dpp) text += dppText(i.dppBits);
  return text;
}

std::string cacheBits(const Instruction& i) {
  return std::string(i.sc0 ? " sc0" : "") + (i.nt ? " nt" : "") + (i.sc1 ? " sc1" : "");
}

std::string sourceProgram(const Instruction& i) {
  std::string text = i.op->name;
  const int n = i.offset;
  if (is(i, "s_waitcnt")) return text + waitText(u32(n) & 0xFFFF);
  if (is(i, "s_sendmsg") || is(i, "s_sendmsghalt")) return text + " sendmsg(" + std::to_string(n) + ")";
  static const char* const BARE[] = {"s_barrier", "s_wakeup", "s_icache_inv", "s_ttracedata", "s_endpgm_saved",
                                     "s_set_gpr_idx_off", "s_endpgm_ordered_ps_done"};
  for (const char* name : BARE)
    if (is(i, name)) return text;
  if (is(i, "s_endpgm") && n == 0) return text;
  if (has(i, "branch")) return text + " " + std::to_string(u16(n));
  return text + " " + std::to_string(u16(n));
}

std::string scalarText(const Instruction& i) {
  std::string text = i.op->name;
  if (i.op->format == Format::SOPP) return sourceProgram(i);
  if (i.op->format == Format::SOPK) {
    if (is(i, "s_getreg_b32")) return text + " " + operandText(i.dst, 'i') + ", " + registerText(u16(i.offset));
    if (is(i, "s_setreg_b32")) return text + " " + registerText(u16(i.offset)) + ", " + operandText(i.dst, 'i');
    if (is(i, "s_setreg_imm32_b32"))
      return text + " " + registerText(u16(i.offset)) + ", " + hexText(u32(i.src[0].value));
    return text + " " + operandText(i.dst, 'i') + ", " + hexText(u16(i.offset));
  }
  bool first = true;
  const auto add = [&](const Operand& operand, char type) {
    if (operand.kind == Kind::NONE) return;
    text += (first ? " " : ", ") + operandText(operand, type);
    first = false;
  };
  add(i.dst, i.op->dstType);
  add(i.src[0], i.op->srcType);
  if (i.op->format != Format::SMEM) {
    add(i.src[1], i.src[1].width == 1 ? 'i' : i.op->srcType);
    return text;
  }
  add(i.src[1], 'i');
  if (i.src[0].kind == Kind::NONE) return text;
  if (i.offen) text += i.src[1].kind == Kind::NONE ? ", " + hexText(i.offset) : " offset:" + hexText(i.offset);
  return text + (i.sc0 ? " glc" : "");
}

std::string dsText(const Instruction& i) {
  std::string text = i.op->name;
  bool first = true;
  for (const Operand* operand : {&i.dst, &i.src[0], &i.src[1], &i.src[2]}) {
    if (operand->kind == Kind::NONE) continue;
    text += (first ? " " : ", ") + operandText(*operand, 'i');
    first = false;
  }
  const bool two = has(i, "read2") || has(i, "write2") || has(i, "wrxchg2");
  if (is(i, "ds_swizzle_b32")) {
    if (i.offset) text += " offset:" + swizzleText(u32(i.offset));
  } else if (two) {
    if (i.offset0) text += " offset0:" + std::to_string(i.offset0);
    if (i.offset1) text += " offset1:" + std::to_string(i.offset1);
  } else if (i.offset) {
    text += " offset:" + std::to_string(i.offset);
  }
  return text + (i.gds ? " gds" : "");
}

std::string flatText(const Instruction& i) {
  static const char* const PREFIX[] = {"flat_", "scratch_", "global_"};
  std::string text = std::string(PREFIX[i.segment]) + i.op->name;
  const bool load = i.op->srcWidth[1] == 0;
  std::string separator = " ";
  const auto add = [&](const std::string& operand) {
    text += separator + operand;
    separator = ", ";
  };
  if (i.dst.kind != Kind::NONE) add(operandText(i.dst, 'i'));
  add(operandText(i.src[0], 'i'));
  if (!load) add(operandText(i.src[1], 'i'));
  if (i.segment != 0) add(i.src[2].kind == Kind::NONE ? "off" : operandText(i.src[2], 'i'));
  if (i.offset) text += " offset:" + std::to_string(i.offset);
  return text + cacheBits(i);
}

std::string mubufText(const Instruction& i) {
  std::string text = i.op->name;
  if (i.op->code == 40 || i.op->code == 41) return text + cacheBits(i);
  text += " ";
  const Operand& data = i.op->srcWidth[1] ? i.src[1] : i.dst;
  if (!i.lds) text += operandText(data, 'i') + ", ";
  text += operandText(i.src[0], 'i') + ", " + operandText(i.src[2], 'i') + ", " + operandText(i.src[3], 'i');
  if (i.idxen) text += " idxen";
  if (i.offen) text += " offen";
  if (i.offset) text += " offset:" + std::to_string(i.offset);
  return text + cacheBits(i) + (i.lds ? " lds" : "");
}

}  // namespace

std::string disassemble(const Instruction& i) {
  if (!i.op) {
    char text[48];
    std::snprintf(text, sizeof text, "unknown instruction 0x%08x", i.words[0]);
    return text;
  }
  switch (i.op->format) {
    case Format::DS: return dsText(i);
    case Format::FLAT: return flatText(i);
    case Format::MUBUF: return mubufText(i);
    case Format::SOP1: case Format::SOP2: case Format::SOPC: case Format::SOPK: case Format::SOPP: case Format::SMEM:
      return scalarText(i);
    default: return vectorText(i);
  }
}

}  // namespace emu
