#include "device/options.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace emu {
namespace {

int number(const char* name, int fallback, int low, int high) {
  const char* text = std::getenv(name);
  if (!text || !*text) return fallback;
  const int value = std::atoi(text);
  return value < low ? low : value > high ? high : value;
}

Options read() {
  Options o;
  o.devices = number("HIPEMU_DEVICES", o.devices, 0, 32);
  o.memoryGib = number("HIPEMU_MEMORY_GIB", o.memoryGib, 1, 256);
  o.computeUnits = number("HIPEMU_COMPUTE_UNITS", o.computeUnits, 8, 304) / 8 * 8;
  const int processors = int(std::thread::hardware_concurrency());
  o.threads = number("HIPEMU_THREADS", processors > 0 ? processors : 2, 1, 64);
  o.fill = number("HIPEMU_FILL", 1, 0, 1);
  o.memoryModel = number("HIPEMU_MEMORY_MODEL", 1, 0, 1);
  o.ldsRaces = number("HIPEMU_LDS_RACES", 1, 0, 1);
  o.uninitialized = number("HIPEMU_UNINITIALIZED", 0, 0, 1);
  o.trace = number("HIPEMU_TRACE", 0, 0, 1);
  o.timeoutSeconds = number("HIPEMU_TIMEOUT_S", 0, 0, 100000);
  o.chaos = number("HIPEMU_CHAOS", o.chaos, 0, 1 << 30);
  o.drain = number("HIPEMU_DRAIN", o.drain, 0, 1000);
  if (const char* log = std::getenv("HIPEMU_LOG")) o.log = log;
  return o;
}

}  // namespace

const Options& options() {
  static const Options o = read();
  return o;
}

void logLine(const std::string& text) {
  static std::mutex lock;
  std::lock_guard<std::mutex> hold(lock);
  std::FILE* file = options().log.empty() ? stderr : std::fopen(options().log.c_str(), "a");
  if (!file) return;
  std::fprintf(file, "[gfx942 emulated, process %d] %s\n", int(getpid()), text.c_str());
  if (file == stderr) std::fflush(file);
  else std::fclose(file);
}

}  // namespace emu
