#include "device/code_object.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "exec/lanes.h"

namespace emu {
namespace {

constexpr u16 MACHINE_AMDGPU = 224;
constexpr u32 MACH_MASK = 0xFF, MACH_GFX942 = 0x4C;
constexpr u32 NOTE_METADATA = 32;
constexpr u32 RELOCATE_ABS64 = 3, RELOCATE_RELATIVE64 = 13;

/// A view of the file that never reads beyond its end.
class File {
 public:
  File(const void* data, u64 bytes) : data(static_cast<const u8*>(data)), bytes(bytes) {}
  const u8* at(u64 offset, u64 size) const { return offset <= bytes && size <= bytes - offset ? data + offset : nullptr; }
  template <class T> const T* as(u64 offset, u64 count = 1) const {
    return reinterpret_cast<const T*>(at(offset, sizeof(T) * count));
  }

 private:
  const u8* data;
  u64 bytes;
};

struct Sections {
  const Elf64_Shdr* headers = nullptr;
  unsigned count = 0;
  const char* names = nullptr;
  const Elf64_Shdr* find(const char* name) const {
    for (unsigned k = 0; k < count; k++)
      if (std::strcmp(names + headers[k].sh_name, name) == 0) return &headers[k];
    return nullptr;
  }
};

bool readSymbols(const File& file, const Sections& sections, std::vector<Symbol>& out) {
  const Elf64_Shdr* table = sections.find(".symtab");
  if (!table) table = sections.find(".dynsym");
  if (!table || table->sh_link >= sections.count) return false;
  const Elf64_Shdr& strings = sections.headers[table->sh_link];
  const unsigned count = unsigned(table->sh_size / sizeof(Elf64_Sym));
  const auto* symbols = file.as<Elf64_Sym>(table->sh_offset, count);
  const auto* names = reinterpret_cast<const char*>(file.at(strings.sh_offset, strings.sh_size));
  if (!symbols || !names) return false;
  for (unsigned k = 0; k < count; k++) {
    if (symbols[k].st_shndx == SHN_UNDEF || symbols[k].st_name >= strings.sh_size) continue;
    const unsigned type = ELF64_ST_TYPE(symbols[k].st_info);
    if (type != STT_FUNC && type != STT_OBJECT) continue;
    out.push_back({names + symbols[k].st_name, symbols[k].st_value, symbols[k].st_size, type == STT_FUNC});
  }
  std::sort(out.begin(), out.end(), [](const Symbol& a, const Symbol& b) { return a.value < b.value; });
  return true;
}

bool loadSegments(const File& file, const Elf64_Ehdr& header, CodeObject& code, std::string& reason) {
  const auto* segments = file.as<Elf64_Phdr>(header.e_phoff, header.e_phnum);
  if (!segments) return false;
  u64 end = 0;
  for (unsigned k = 0; k < header.e_phnum; k++)
    if (segments[k].p_type == PT_LOAD) end = std::max(end, segments[k].p_vaddr + segments[k].p_memsz);
  code.image = AddressSpace::get().allocate(code.device, end, MemoryKind::DEVICE, 0, true);
  if (!code.image) {
    reason = "out of device memory";
    return false;
  }
  u8* base = reinterpret_cast<u8*>(code.image->base);
  std::memset(base, 0, end);
  for (unsigned k = 0; k < header.e_phnum; k++) {
    if (segments[k].p_type != PT_LOAD) continue;
    const u8* from = file.at(segments[k].p_offset, segments[k].p_filesz);
    if (!from || segments[k].p_filesz > segments[k].p_memsz) return false;
    std::memcpy(base + segments[k].p_vaddr, from, segments[k].p_filesz);
  }
  return true;
}

bool relocate(const File& file, const Sections& sections, CodeObject& code, std::string& reason) {
  const Elf64_Shdr* section = sections.find(".rela.dyn");
  if (!section) return true;
  const unsigned count = unsigned(section->sh_size / sizeof(Elf64_Rela));
  const auto* entries = file.as<Elf64_Rela>(section->sh_offset, count);
  const Elf64_Shdr* dynamic = sections.find(".dynsym");
  for (unsigned k = 0; entries && k < count; k++) {
    const u32 type = u32(ELF64_R_TYPE(entries[k].r_info)), symbol = u32(ELF64_R_SYM(entries[k].r_info));
    u64 value = code.image->base + u64(entries[k].r_addend);
    if (type == RELOCATE_ABS64 && dynamic) {
      const auto* s = file.as<Elf64_Sym>(dynamic->sh_offset + symbol * sizeof(Elf64_Sym));
      if (s) value += s->st_value;
    } else if (type != RELOCATE_RELATIVE64) {
      reason = "relocation of type " + std::to_string(type) + " is not known";
      return false;
    }
    if (entries[k].r_offset + 8 > code.image->size) return false;
    std::memcpy(reinterpret_cast<void*>(code.image->base + entries[k].r_offset), &value, 8);
  }
  return true;
}

bool readNotes(const File& file, const Elf64_Ehdr& header, std::map<std::string, Kernel>& kernels, std::string& target) {
  const auto* segments = file.as<Elf64_Phdr>(header.e_phoff, header.e_phnum);
  for (unsigned k = 0; segments && k < header.e_phnum; k++) {
    if (segments[k].p_type != PT_NOTE) continue;
    u64 offset = segments[k].p_offset;
    const u64 end = offset + segments[k].p_filesz;
    while (offset + sizeof(Elf64_Nhdr) <= end) {
      const auto* note = file.as<Elf64_Nhdr>(offset);
      if (!note) return false;
      const u64 name = offset + sizeof(Elf64_Nhdr), content = name + ((note->n_namesz + 3) & ~3u);
      const u8* bytes = file.at(content, note->n_descsz);
      if (!bytes) return false;
      if (note->n_type == NOTE_METADATA) return readMetadata(bytes, note->n_descsz, kernels, target);
      offset = content + ((note->n_descsz + 3) & ~3u);
    }
  }
  return false;
}

void decodeText(CodeObject& code) {
  const auto* words = reinterpret_cast<const u32*>(code.image->base + code.textAddress);
  const u64 count = code.textBytes / 4;
  Instruction none;
  bind(none);
  code.instructions.assign(count + 1, none);
  for (const Symbol& symbol : code.symbols) {
    if (!symbol.function || symbol.value < code.textAddress) continue;
    u64 at = (symbol.value - code.textAddress) / 4;
    const u64 end = std::min(count, at + symbol.size / 4);
    while (at < end) {
      Instruction i;
      decode(words + at, count - at, i);
      if (!i.op) i.words[0] = words[at];
      bind(i);
      code.instructions[at] = i;
      at += i.size;
    }
  }
}

bool describeKernels(CodeObject& code, std::map<std::string, Kernel>& bySymbol, std::string& reason) {
  for (auto& [symbolName, kernel] : bySymbol) {
    const Symbol* symbol = code.symbol(symbolName);
    if (!symbol || symbol->value + 64 > code.image->size) {
      reason = "no kernel descriptor " + symbolName;
      return false;
    }
    const u8* d = reinterpret_cast<const u8*>(code.image->base + symbol->value);
    const auto read32 = [&](unsigned offset) { u32 v; std::memcpy(&v, d + offset, 4); return v; };
    i64 entryOffset;
    std::memcpy(&entryOffset, d + 16, 8);
    kernel.code = &code;
    kernel.descriptorAddress = symbol->value;
    const u64 entry = symbol->value + u64(entryOffset);
    if (entry < code.textAddress || entry >= code.textAddress + code.textBytes) {
      reason = "the entry of " + kernel.name + " is not in .text";
      return false;
    }
    kernel.entry = u32((entry - code.textAddress) / 4);
    kernel.ldsBytes = read32(0);
    kernel.privateBytes = read32(4);
    kernel.kernargBytes = std::max(kernel.kernargBytes, read32(8));
    kernel.resource3 = read32(44);
    kernel.resource1 = read32(48);
    kernel.resource2 = read32(52);
    kernel.properties = u16(read32(56));
    const u16 preload = u16(read32(56) >> 16);
    kernel.preloadLength = preload & 127;
    kernel.preloadOffset = preload >> 7;
    kernel.allocatedVgprs = ((kernel.resource1 & 63) + 1) * 8;
    kernel.vgprs = std::min(kernel.allocatedVgprs, ((kernel.resource3 & 63) + 1) * 4);
    kernel.agprs = kernel.allocatedVgprs - kernel.vgprs;
    const std::string name = kernel.name;
    code.kernels[name] = kernel;
  }
  return true;
}

}  // namespace

CodeObject::~CodeObject() {
  if (image) AddressSpace::get().release(image->base, MemoryKind::DEVICE);
}

const Symbol* CodeObject::symbolAt(u64 address) const {
  const Symbol* best = nullptr;
  for (const Symbol& s : symbols)
    if (s.function && s.value <= address && address < s.value + s.size) best = &s;
  return best;
}

const Symbol* CodeObject::symbol(const std::string& name) const {
  for (const Symbol& s : symbols)
    if (s.name == name) return &s;
  return nullptr;
}

std::unique_ptr<CodeObject> loadCodeObject(const void* data, u64 bytes, int device, std::string& reason) {
  const File file(data, bytes);
  const auto* header = file.as<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64) {
    reason = "not a 64-bit ELF file";
    return nullptr;
  }
  if (header->e_machine != MACHINE_AMDGPU || (header->e_flags & MACH_MASK) != MACH_GFX942) {
    reason = "not code for gfx942 (machine " + std::to_string(header->e_machine) + ", flags " + std::to_string(header->e_flags) + ")";
    return nullptr;
  }
  auto code = std::make_unique<CodeObject>();
  code->device = device;
  Sections sections;
  sections.headers = file.as<Elf64_Shdr>(header->e_shoff, header->e_shnum);
  sections.count = header->e_shnum;
  if (sections.headers && header->e_shstrndx < sections.count)
    sections.names = reinterpret_cast<const char*>(
        file.at(sections.headers[header->e_shstrndx].sh_offset, sections.headers[header->e_shstrndx].sh_size));
  reason = "broken ELF file";
  if (!sections.names || !readSymbols(file, sections, code->symbols) || !loadSegments(file, *header, *code, reason)) return nullptr;
  const Elf64_Shdr* text = sections.find(".text");
  if (!text || text->sh_addr + text->sh_size > code->image->size) return nullptr;
  code->textAddress = text->sh_addr;
  code->textBytes = text->sh_size;
  std::map<std::string, Kernel> bySymbol;
  std::string target;
  if (!relocate(file, sections, *code, reason) || !readNotes(file, *header, bySymbol, target)) return nullptr;
  decodeText(*code);
  return describeKernels(*code, bySymbol, reason) ? std::move(code) : nullptr;
}

}  // namespace emu
