// Checks and times the built kernels on a device.
//
//   kernel_test FOLDER [--quick] [--serial] [--json FILE]
//     [--only gemm|hooks|faults|companions|all-reduce|peers|bench|candidates|fp8|routed]
//
// bench measures the best of each shape, candidates every tile and split of some, beside cuBLASLt,
// fp8 the same of 8-bit floats with one factor for each operand and with factors of blocks; routed a
// product that is stored at a second device.

#include <chrono>
#include <thread>

#include "checks.h"
#include "support.h"

void sleepMillis(int millis) {
  std::this_thread::sleep_for(std::chrono::milliseconds(millis));
}

bool connectTwoDevices() {
  static const bool connected = [] {
    int devices = 0;
    CUDA_OK(cudaGetDeviceCount(&devices));
    int there = 0, back = 0;
    if (devices >= 2) {
      CUDA_OK(cudaDeviceCanAccessPeer(&there, 0, 1));
      CUDA_OK(cudaDeviceCanAccessPeer(&back, 1, 0));
    }
    if (!there || !back) {
      return false;
    }
    CUDA_OK(cudaSetDevice(1));
    CUDA_OK(cudaDeviceEnablePeerAccess(0, 0));
    CUDA_OK(cudaSetDevice(0));
    CUDA_OK(cudaDeviceEnablePeerAccess(1, 0));
    return true;
  }();
  return connected;
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
  // Kernels of streams that share a connection would wait for each other.
  setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 1);
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
  group("all-reduce", [&] { checkAllReduces(quick); });
  group("peers", [&] { checkTwoDevices(); });
  if (!quick || only == "bench") {
    group("bench", [&] { bench(json); });
  }
  if (only == "candidates") {
    group("candidates", [&] { benchCandidates(json); });
  } else if (only == "fp8") {
    group("fp8", [&] { benchFp8(json); });
  } else if (only == "routed") {
    group("routed", [&] { benchRouted(json); });
  }
  std::printf("%s: %d passed, %d failed\n",
              tally.failed == 0 ? "OK" : "FAILED",
              tally.passed,
              tally.failed);
  return tally.failed == 0 ? 0 : 1;
}
