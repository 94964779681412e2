// The kernels' metadata: MessagePack in an ELF note.
#include <cstring>
#include <memory>

#include "device/code_object.h"

namespace emu {
namespace {

struct Value {
  enum class Type : u8 { NIL, NUMBER, TEXT, ARRAY, MAP } type = Type::NIL;
  u64 number = 0;
  std::string text;
  std::vector<Value> items;  // of a map: key, value, key, value …

  const Value* operator[](const char* key) const {
    for (size_t k = 0; k + 1 < items.size(); k += 2)
      if (items[k].text == key) return &items[k + 1];
    return nullptr;
  }
};

class Reader {
 public:
  Reader(const u8* at, u64 bytes) : at(at), end(at + bytes) {}
  bool read(Value& v, unsigned depth = 0) {
    if (depth > 32 || at >= end) return false;
    const u8 b = *at++;
    if (b < 0x80) return number(v, b);
    if (b < 0x90) return list(v, b & 15, true, depth);
    if (b < 0xA0) return list(v, b & 15, false, depth);
    if (b < 0xC0) return text(v, b & 31);
    if (b >= 0xE0) return number(v, u64(i64(i8(b))));
    switch (b) {
      case 0xC0: return true;
      case 0xC2: return number(v, 0);
      case 0xC3: return number(v, 1);
      case 0xC4: case 0xD9: return text(v, big(1));
      case 0xC5: case 0xDA: return text(v, big(2));
      case 0xC6: case 0xDB: return text(v, big(4));
      case 0xCC: return number(v, big(1));
      case 0xCD: return number(v, big(2));
      case 0xCE: case 0xCA: return number(v, big(4));
      case 0xCF: case 0xCB: return number(v, big(8));
      case 0xD0: return number(v, u64(i64(i8(big(1)))));
      case 0xD1: return number(v, u64(i64(i16(big(2)))));
      case 0xD2: return number(v, u64(i64(i32(big(4)))));
      case 0xD3: return number(v, big(8));
      case 0xDC: return list(v, big(2), false, depth);
      case 0xDD: return list(v, big(4), false, depth);
      case 0xDE: return list(v, big(2), true, depth);
      case 0xDF: return list(v, big(4), true, depth);
      default: return false;
    }
  }

 private:
  u64 big(unsigned bytes) {
    u64 r = 0;
    for (; bytes && at < end; bytes--) r = r << 8 | *at++;
    return r;
  }
  bool number(Value& v, u64 n) {
    v.type = Value::Type::NUMBER;
    v.number = n;
    return true;
  }
  bool text(Value& v, u64 length) {
    if (length > u64(end - at)) return false;
    v.type = Value::Type::TEXT;
    v.text.assign(reinterpret_cast<const char*>(at), length);
    at += length;
    return true;
  }
  bool list(Value& v, u64 count, bool map, unsigned depth) {
    v.type = map ? Value::Type::MAP : Value::Type::ARRAY;
    if (map) count *= 2;
    if (count > u64(end - at)) return false;
    v.items.resize(count);
    for (Value& item : v.items)
      if (!read(item, depth + 1)) return false;
    return true;
  }
  const u8 *at, *end;
};

u32 numberOf(const Value& map, const char* key, u32 fallback) {
  const Value* v = map[key];
  return v && v->type == Value::Type::NUMBER ? u32(v->number) : fallback;
}

}  // namespace

bool readMetadata(const u8* note, u64 bytes, std::map<std::string, Kernel>& kernels, std::string& target) {
  Value root;
  if (!Reader(note, bytes).read(root)) return false;
  if (const Value* t = root["amdhsa.target"]) target = t->text;
  const Value* list = root["amdhsa.kernels"];
  if (!list) return true;
  for (const Value& k : list->items) {
    const Value *name = k[".name"], *symbol = k[".symbol"];
    if (!name || !symbol) return false;
    Kernel kernel;
    kernel.name = name->text;
    kernel.kernargBytes = numberOf(k, ".kernarg_segment_size", 0);
    kernel.kernargAlign = numberOf(k, ".kernarg_segment_align", 8);
    kernel.ldsBytes = numberOf(k, ".group_segment_fixed_size", 0);
    kernel.privateBytes = numberOf(k, ".private_segment_fixed_size", 0);
    kernel.maxThreads = numberOf(k, ".max_flat_workgroup_size", 1024);
    kernel.sgprs = numberOf(k, ".sgpr_count", 0);
    kernel.spilledVgprs = numberOf(k, ".vgpr_spill_count", 0);
    kernel.spilledSgprs = numberOf(k, ".sgpr_spill_count", 0);
    kernel.dynamicStack = numberOf(k, ".uses_dynamic_stack", 0);
    if (const Value* arguments = k[".args"])
      for (const Value& a : arguments->items) {
        KernelArgument argument;
        argument.offset = numberOf(a, ".offset", 0);
        argument.size = numberOf(a, ".size", 0);
        if (const Value* kind = a[".value_kind"]) argument.valueKind = kind->text;
        kernel.arguments.push_back(argument);
      }
    kernels[symbol->text] = kernel;  // by descriptor symbol, "name.kd"
  }
  return true;
}

}  // namespace emu
