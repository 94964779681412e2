#pragma once
// cuBLASLt, found when the program runs: nothing of it is needed to build. CUBLASLT names its
// library where the loader does not find libcublasLt.so.13 or .12.

#include "support.h"

struct Problem {
  int m, n, k;
};

// What is multiplied; the result is bf16. Operands of E4M3 come with one factor each, which is 1;
// their sums are taken over into full precision now and then, or, fast, never. Or with factors, all
// of them 1, for each row of A and 128 of K, and for each 128 columns of B and 128 of K.
enum VendorInput { kVendorBf16, kVendorE4m3, kVendorE4m3Fast, kVendorE4m3Blocks };

// D = A · B by what cuBLASLt's first heuristic takes.
class Vendor {
 public:
  Vendor(const Problem& problem,
         bool nk,
         const Buffer& a,
         const Buffer& b,
         const Buffer& d,
         VendorInput input = kVendorBf16);
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

  bool describeScales(VendorInput input);

  void* handle_ = nullptr;
  void* operation_ = nullptr;
  void* layoutA_ = nullptr;
  void* layoutB_ = nullptr;
  void* layoutD_ = nullptr;
  Choice choice_{};
  int found_ = 0;
  Buffer workspace_{64 << 20};
  Buffer ones_{8 << 20};  // factors of either operand
  const void *a_, *b_;
  void* d_;
};
