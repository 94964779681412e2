#pragma once
// cuBLASLt, found when the program runs: nothing of it is needed to build. CUBLASLT names its
// library where the loader does not find libcublasLt.so.13 or .12.

#include "support.h"

struct Problem {
  int m, n, k;
};

// D = A · B for bf16, by what cuBLASLt's first heuristic takes.
class Vendor {
 public:
  Vendor(const Problem& problem, bool nk, const Buffer& a, const Buffer& b, const Buffer& d);
  ~Vendor();
  Vendor(const Vendor&) = delete;
  Vendor& operator=(const Vendor&) = delete;

  // Whether the library is there, and offers something.
  bool found() const { return found_ > 0; }
  void launch() const;

 private:
  struct Choice {
    uint64_t algorithm[8];
    size_t workspaceBytes;
    int status;
    float waves;
    int reserved[4];
  };

  void* handle_ = nullptr;
  void* operation_ = nullptr;
  void* layoutA_ = nullptr;
  void* layoutB_ = nullptr;
  void* layoutD_ = nullptr;
  Choice choice_{};
  int found_ = 0;
  Buffer workspace_{64 << 20};
  const void *a_, *b_;
  void* d_;
};
