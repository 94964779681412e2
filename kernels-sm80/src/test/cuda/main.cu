// Checks and times the built kernels on a device.
//
//   kernel_test FOLDER [--quick] [--serial] [--only gemm|hooks|faults|companions|peers|bench]
//   [--json FILE]

#include <chrono>
#include <thread>

#include "checks.h"
#include "support.h"

void sleepMillis(int millis) {
  std::this_thread::sleep_for(std::chrono::milliseconds(millis));
}

int main(int count, char** words) {
  bool quick = false;
  std::string only;
  const char* json = nullptr;
  for (int i = 2; i < count; i++) {
    const std::string word = words[i];
    if (word == "--quick") {
      quick = true;
      patience = 20;
    } else if (word == "--serial") {
      serial = true;
    } else if (word == "--only" && i + 1 < count) {
      only = words[++i];
    } else if (word == "--json" && i + 1 < count) {
      json = words[++i];
    } else {
      std::printf("unknown option %s\n", words[i]);
      return 2;
    }
  }
  if (count < 2) {
    std::printf("usage: kernel_test FOLDER [--quick] [--serial] [--only GROUP] [--json FILE]\n");
    return 2;
  }
  // A kernel that is first loaded while another one waits for it would wait for that one.
  setenv("CUDA_MODULE_LOADING", "EAGER", 1);
  kernels.folder = words[1];
  cudaDeviceProp properties;
  CUDA_OK(cudaGetDeviceProperties(&properties, 0));
  kernels.multiprocessors = properties.multiProcessorCount;
  std::printf("%s, sm_%d%d, %d multiprocessors\n",
              properties.name,
              properties.major,
              properties.minor,
              properties.multiProcessorCount);

  const auto group = [&](const char* name, auto&& body) {
    if (!only.empty() && only != name) {
      return;
    }
    const int failedBefore = tally.failed;
    const int passedBefore = tally.passed;
    const auto start = std::chrono::steady_clock::now();
    body();
    CUDA_OK(cudaDeviceSynchronize());
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%-10s %6d passed %4d failed %7.1f s\n",
                name,
                tally.passed - passedBefore,
                tally.failed - failedBefore,
                seconds);
    std::fflush(stdout);
  };
  group("companions", [&] { checkCompanions(quick); });
  group("gemm", [&] { checkGemm(quick); });
  group("hooks", [&] { checkHooks(quick); });
  group("faults", [&] { checkFaults(); });
  group("peers", [&] { checkTwoDevices(); });
  if (!quick || only == "bench") {
    group("bench", [&] { bench(json); });
  }
  std::printf("%s: %d passed, %d failed\n",
              tally.failed == 0 ? "OK" : "FAILED",
              tally.passed,
              tally.failed);
  return tally.failed == 0 ? 0 : 1;
}
