// Code objects, kernels and launches.
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "device/dispatch.h"
#include "hip/state.h"

using namespace emu;

namespace {

u64 elfBytes(const void* image) {
  const auto* header = static_cast<const Elf64_Ehdr*>(image);
  u64 end = header->e_shoff + u64(header->e_shnum) * header->e_shentsize;
  const auto* segments = reinterpret_cast<const Elf64_Phdr*>(static_cast<const u8*>(image) + header->e_phoff);
  for (unsigned k = 0; k < header->e_phnum; k++) end = std::max(end, segments[k].p_offset + segments[k].p_filesz);
  return end;
}

/// The code object for gfx942 inside an offload bundle; the image itself when it is none.
const u8* unbundle(const u8* image, u64& bytes) {
  static const char MAGIC[] = "__CLANG_OFFLOAD_BUNDLE__";
  if (std::memcmp(image, MAGIC, sizeof MAGIC - 1) != 0) return image;
  const u8* at = image + sizeof MAGIC - 1;
  const auto next = [&] { u64 v; std::memcpy(&v, at, 8); at += 8; return v; };
  for (u64 count = next(); count; count--) {
    const u64 offset = next(), size = next(), length = next();
    const std::string target(reinterpret_cast<const char*>(at), size_t(length));
    at += length;
    if (target.find("gfx942") != std::string::npos) {
      bytes = size;
      return image + offset;
    }
  }
  return nullptr;
}

hipError_t load(hipModule_t* out, const u8* image, u64 bytes) {
  image = unbundle(image, bytes);
  HIPEMU_REQUIRE(image, hipErrorNoBinaryForGpu);
  std::string reason;
  std::shared_ptr<CodeObject> code = loadCodeObject(image, bytes, thread().device, reason);
  if (!code) {
    logLine("code object refused: " + reason);
    return report(reason.find("not code for") == 0 ? hipErrorNoBinaryForGpu : hipErrorInvalidImage);
  }
  auto* module = new ihipModule_t();
  module->code = std::move(code);
  std::lock_guard<std::mutex> hold(State::get().lock);
  State::get().modules.insert(module);
  *out = module;
  return hipSuccess;
}

struct Launch {
  hipFunction_t function;
  LaunchShape shape;
  hipStream_t stream;
  void** parameters;
  void** extra;
};

hipError_t launch(const Launch& l) {
  HIPEMU_REQUIRE(l.function && l.function->kernel, hipErrorInvalidHandle);
  const Kernel& kernel = *l.function->kernel;
  const LaunchShape& s = l.shape;
  for (unsigned d = 0; d < 3; d++) HIPEMU_REQUIRE(s.grid[d] && s.block[d], hipErrorInvalidConfiguration);
  HIPEMU_REQUIRE(s.threads() <= std::min(1024u, kernel.maxThreads), hipErrorInvalidConfiguration);
  HIPEMU_REQUIRE(groupsPerUnit(kernel, s.threads(), kernel.ldsBytes + s.dynamicLds) > 0, hipErrorLaunchOutOfResources);
  HIPEMU_REQUIRE((kernel.resource1 >> 12 & 15) == 0, hipErrorNotSupported);  // rounding modes are not modeled
  const void* buffer = nullptr;
  size_t bufferSize = 0;
  for (void** e = l.extra; e && *e != reinterpret_cast<void*>(3); e += 2) {
    if (*e == reinterpret_cast<void*>(1)) buffer = e[1];
    else if (*e == reinterpret_cast<void*>(2)) bufferSize = *static_cast<size_t*>(e[1]);
    else return report(hipErrorInvalidValue);
  }
  bool needed = false;
  for (const KernelArgument& a : kernel.arguments) needed |= a.valueKind.compare(0, 7, "hidden_") != 0;
  HIPEMU_REQUIRE(!needed || l.parameters || buffer, hipErrorInvalidValue);
  std::vector<u8> arguments = packArguments(kernel, s, l.parameters, buffer, bufferSize);
  HIPEMU_REQUIRE(arguments.size() <= 4096, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  hipStream_t stream = resolve(l.stream);
  HIPEMU_REQUIRE(stream, hipErrorInvalidHandle);
  HIPEMU_REQUIRE(stream->device == l.function->code->device, hipErrorInvalidHandle);
  return enqueue(stream, [code = l.function->code, &kernel, shape = s, arguments]() -> OperationPointer {
    return std::make_shared<Dispatch>(code, kernel, shape, arguments);
  });
}

hipError_t occupancy(int* blocks, hipFunction_t function, int blockSize, size_t dynamicLds) {
  HIPEMU_REQUIRE(blocks && function && function->kernel && blockSize > 0, hipErrorInvalidValue);
  *blocks = int(groupsPerUnit(*function->kernel, unsigned(blockSize), unsigned(function->kernel->ldsBytes + dynamicLds)));
  return hipSuccess;
}

}  // namespace

HIPEMU_EXPORT hipError_t hipModuleLoadData(hipModule_t* out, const void* image) {
  HIPEMU_REQUIRE(out && image, hipErrorInvalidValue);
  const u8* bytes = static_cast<const u8*>(image);
  const bool elf = std::memcmp(bytes, ELFMAG, SELFMAG) == 0;
  HIPEMU_REQUIRE(elf || std::memcmp(bytes, "__CLANG_", 8) == 0, hipErrorInvalidImage);
  return load(out, bytes, elf ? elfBytes(bytes) : 0);
}
HIPEMU_EXPORT hipError_t hipModuleLoadDataEx(hipModule_t* out, const void* image, unsigned, int*, void**) {
  return hipModuleLoadData(out, image);
}
HIPEMU_EXPORT hipError_t hipModuleLoad(hipModule_t* out, const char* path) {
  HIPEMU_REQUIRE(out && path, hipErrorInvalidValue);
  std::ifstream file(path, std::ios::binary);
  HIPEMU_REQUIRE(file, hipErrorFileNotFound);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  HIPEMU_REQUIRE(bytes.size() >= 64, hipErrorInvalidImage);
  return load(out, reinterpret_cast<const u8*>(bytes.data()), bytes.size());
}
HIPEMU_EXPORT hipError_t hipModuleUnload(hipModule_t module) {
  HIPEMU_REQUIRE(module, hipErrorInvalidHandle);
  {
    std::lock_guard<std::mutex> hold(State::get().lock);
    HIPEMU_REQUIRE(State::get().modules.erase(module), hipErrorInvalidHandle);
  }
  synchronizeDevice(module->code->device);
  delete module;
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipModuleGetFunction(hipFunction_t* out, hipModule_t module, const char* name) {
  HIPEMU_REQUIRE(out && module && name, hipErrorInvalidValue);
  std::lock_guard<std::mutex> hold(State::get().lock);
  HIPEMU_REQUIRE(State::get().modules.count(module), hipErrorInvalidHandle);
  const auto kernel = module->code->kernels.find(name);
  HIPEMU_REQUIRE(kernel != module->code->kernels.end(), hipErrorNotFound);
  auto& function = module->functions[name];
  if (!function) function.reset(new ihipFunction_t{module->code, &kernel->second});
  *out = function.get();
  return hipSuccess;
}
HIPEMU_EXPORT hipError_t hipModuleGetGlobal(hipDeviceptr_t* pointer, size_t* bytes, hipModule_t module, const char* name) {
  HIPEMU_REQUIRE(module && name, hipErrorInvalidValue);
  const Symbol* symbol = module->code->symbol(name);
  HIPEMU_REQUIRE(symbol && !symbol->function, hipErrorNotFound);
  if (pointer) *pointer = reinterpret_cast<void*>(module->code->image->base + symbol->value);
  if (bytes) *bytes = size_t(symbol->size);
  return hipSuccess;
}

/// Numbers of hipFunction_attribute.
HIPEMU_EXPORT hipError_t hipFuncGetAttribute(int* value, int attribute, hipFunction_t function) {
  HIPEMU_REQUIRE(value && function && function->kernel, hipErrorInvalidValue);
  const Kernel& k = *function->kernel;
  switch (attribute) {
    case 0: *value = int(k.maxThreads); return hipSuccess;
    case 1: *value = int(k.ldsBytes); return hipSuccess;
    case 2: *value = 0; return hipSuccess;
    case 3: *value = int(k.privateBytes); return hipSuccess;
    case 4: *value = int(k.allocatedVgprs); return hipSuccess;
    case 5: case 6: *value = 94; return hipSuccess;
    case 7: *value = 0; return hipSuccess;
    case 8: *value = int(LDS_PER_UNIT - k.ldsBytes); return hipSuccess;
    case 9: *value = 0; return hipSuccess;
    default: return report(hipErrorInvalidValue);
  }
}
HIPEMU_EXPORT hipError_t hipFuncSetAttribute(const void*, int, int) { return hipSuccess; }

HIPEMU_EXPORT hipError_t hipModuleLaunchKernel(hipFunction_t f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                                               unsigned bz, unsigned lds, hipStream_t stream, void** parameters, void** extra) {
  return launch({f, {{gx, gy, gz}, {bx, by, bz}, lds}, stream, parameters, extra});
}
HIPEMU_EXPORT hipError_t hipModuleLaunchCooperativeKernel(hipFunction_t f, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                                                          unsigned by, unsigned bz, unsigned lds, hipStream_t stream, void** parameters) {
  int perUnit = 0;
  const hipError_t error = occupancy(&perUnit, f, int(bx * by * bz), lds);
  if (error != hipSuccess) return error;
  HIPEMU_REQUIRE(u64(gx) * gy * gz <= u64(perUnit) * u64(options().computeUnits), hipErrorCooperativeLaunchTooLarge);
  return launch({f, {{gx, gy, gz}, {bx, by, bz}, lds}, stream, parameters, nullptr});
}
/// Sizes in work-items, not in work-groups.
HIPEMU_EXPORT hipError_t hipExtModuleLaunchKernel(hipFunction_t f, uint32_t nx, uint32_t ny, uint32_t nz, uint32_t bx, uint32_t by,
                                                  uint32_t bz, size_t lds, hipStream_t stream, void** parameters, void** extra,
                                                  hipEvent_t, hipEvent_t, uint32_t) {
  HIPEMU_REQUIRE(bx && by && bz && nx % bx == 0 && ny % by == 0 && nz % bz == 0, hipErrorInvalidConfiguration);
  return launch({f, {{nx / bx, ny / by, nz / bz}, {bx, by, bz}, u32(lds)}, stream, parameters, extra});
}
HIPEMU_EXPORT hipError_t hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, hipFunction_t f, int size, size_t lds) {
  return occupancy(blocks, f, size, lds);
}
HIPEMU_EXPORT hipError_t hipModuleOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, hipFunction_t f, int size, size_t lds,
                                                                                     unsigned) {
  return occupancy(blocks, f, size, lds);
}
HIPEMU_EXPORT hipError_t hipModuleOccupancyMaxPotentialBlockSize(int* grid, int* block, hipFunction_t f, size_t lds, int limit) {
  HIPEMU_REQUIRE(grid && block && f && f->kernel, hipErrorInvalidValue);
  int best = 0;
  *block = 0;
  for (int size = 64; size <= int(std::min(1024u, f->kernel->maxThreads)) && (limit <= 0 || size <= limit); size += 64) {
    int blocks = 0;
    occupancy(&blocks, f, size, lds);
    if (blocks * size < best) continue;
    best = blocks * size;
    *block = size;
    *grid = blocks * options().computeUnits;
  }
  return hipSuccess;
}
