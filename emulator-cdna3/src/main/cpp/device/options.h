// What the environment asks of the emulator; read once.
#pragma once
#include <string>

namespace emu {

struct Options {
  int devices = 4;             // HIPEMU_DEVICES
  int memoryGib = 16;          // HIPEMU_MEMORY_GIB: per device
  int computeUnits = 16;       // HIPEMU_COMPUTE_UNITS: per device, a multiple of 8
  int threads = 0;             // HIPEMU_THREADS: 0 = one per processor of this machine
  bool fill = true;            // HIPEMU_FILL: new memory holds 0xFB bytes
  bool memoryModel = true;     // HIPEMU_MEMORY_MODEL: caches that can be stale and dirty
  bool ldsRaces = true;        // HIPEMU_LDS_RACES: report them
  bool uninitialized = false;  // HIPEMU_UNINITIALIZED: report reads of unset registers and LDS
  bool trace = false;          // HIPEMU_TRACE: each instruction of wave 0 of group 0 to the log
  int timeoutSeconds = 0;      // HIPEMU_TIMEOUT_S: kernels that run longer are stopped; 0 = never
  int chaos = 1;               // HIPEMU_CHAOS: seed of the order in which waves run and of their delays; 0 = none
  int drain = 2;               // HIPEMU_DRAIN: scheduler rounds between a kernel's last wave and its write-back
  std::string log;             // HIPEMU_LOG: file for messages; default standard error
};

const Options& options();
/// One line to the log.
void logLine(const std::string& text);

}  // namespace emu
