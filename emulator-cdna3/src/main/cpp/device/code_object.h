// A loaded gfx942 code object: its ELF segments in device memory, its instructions decoded once, its kernels.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "decode/instruction.h"
#include "memory/address_space.h"

namespace emu {

struct Symbol {
  std::string name;
  u64 value = 0, size = 0;
  bool function = false;
};

struct KernelArgument {
  u32 offset = 0, size = 0;
  std::string valueKind;  // by_value, global_buffer, hidden_…
};

struct Kernel {
  std::string name;
  const struct CodeObject* code = nullptr;
  u64 descriptorAddress = 0;  // in the file
  u32 entry = 0;              // dwords from the start of .text
  u32 ldsBytes = 0, privateBytes = 0, kernargBytes = 0, kernargAlign = 16;
  u32 vgprs = 0, agprs = 0, sgprs = 0, allocatedVgprs = 0;
  u32 spilledVgprs = 0, spilledSgprs = 0, maxThreads = 1024;
  u32 resource1 = 0, resource2 = 0, resource3 = 0;
  u16 properties = 0, preloadLength = 0, preloadOffset = 0;
  bool dynamicStack = false;
  std::vector<KernelArgument> arguments;
};

struct CodeObject {
  int device = 0;
  Allocation* image = nullptr;  // segments at their virtual addresses
  u64 textAddress = 0, textBytes = 0;
  std::vector<Instruction> instructions;  // by dword of .text
  std::vector<Symbol> symbols;            // sorted by value
  std::map<std::string, Kernel> kernels;

  /// The function that holds an address of the file, or null.
  const Symbol* symbolAt(u64 address) const;
  const Symbol* symbol(const std::string& name) const;
  ~CodeObject();
};

/// Loads an ELF file for gfx942. Null, and a reason, when it is not one.
std::unique_ptr<CodeObject> loadCodeObject(const void* data, u64 bytes, int device, std::string& reason);

/// Reads the kernels' metadata note (MessagePack) into `kernels`; false when it is broken.
bool readMetadata(const u8* note, u64 bytes, std::map<std::string, Kernel>& kernels, std::string& target);

}  // namespace emu
