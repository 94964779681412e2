#include <dlfcn.h>
#include <library_types.h>

#include "vendor.h"

namespace {

// What is used of the library's interface, by its documentation: every object is a pointer, every
// function returns 0 when all is well.
struct Library {
  int (*create)(void**);
  int (*destroy)(void*);
  int (*describe)(void**, int computeType, int scaleType);
  int (*setAttribute)(void*, int attribute, const void*, size_t);
  int (*forgetOperation)(void*);
  int (*layout)(void**, int type, uint64_t rows, uint64_t cols, int64_t leading);
  int (*forgetLayout)(void*);
  int (*prefer)(void**);
  int (*setPreference)(void*, int attribute, const void*, size_t);
  int (*forgetPreference)(void*);
  int (*choose)(void*, void*, void*, void*, void*, void*, void*, int, void*, int*);
  int (*multiply)(void*,
                  void*,
                  const void* alpha,
                  const void* a,
                  void*,
                  const void* b,
                  void*,
                  const void* beta,
                  const void* c,
                  void*,
                  void* d,
                  void*,
                  const void* algorithm,
                  void* workspace,
                  size_t,
                  cudaStream_t);
};

constexpr int kCompute32F = 68;
constexpr int kTransposeFirst = 3;      // attribute of an operation
constexpr int kScalesFirst = 17;
constexpr int kScalesSecond = 18;
constexpr int kFast = 25;
constexpr int kScaleModeFirst = 31;
constexpr int kScaleModeSecond = 32;
constexpr int kMostWorkspaceBytes = 1;  // attribute of a preference

// Modes of scales: a factor for 128 of K, and for a square of 128.
constexpr int kScalesOf128 = 4;
constexpr int kScalesOf128x128 = 5;

void* open() {
  const char* named = std::getenv("CUBLASLT");
  for (const char* name : {named ? named : "",
                           "libcublasLt.so.13",
                           "/usr/local/cuda/lib64/libcublasLt.so.13",
                           "libcublasLt.so.12",
                           "libcublasLt.so"}) {
    void* library = *name ? dlopen(name, RTLD_NOW) : nullptr;
    if (library != nullptr) {
      return library;
    }
  }
  std::printf("cuBLASLt is not here (CUBLASLT may name it): %s\n", dlerror());
  return nullptr;
}

const Library* library() {
  static const Library* const found = []() -> const Library* {
    static Library all;
    void* from = open();
    bool complete = from != nullptr;
    const auto find = [&](auto& function, const char* name) {
      void* symbol = complete ? dlsym(from, name) : nullptr;
      complete = symbol != nullptr;
      std::memcpy(&function, &symbol, sizeof symbol);
    };
    find(all.create, "cublasLtCreate");
    find(all.destroy, "cublasLtDestroy");
    find(all.describe, "cublasLtMatmulDescCreate");
    find(all.setAttribute, "cublasLtMatmulDescSetAttribute");
    find(all.forgetOperation, "cublasLtMatmulDescDestroy");
    find(all.layout, "cublasLtMatrixLayoutCreate");
    find(all.forgetLayout, "cublasLtMatrixLayoutDestroy");
    find(all.prefer, "cublasLtMatmulPreferenceCreate");
    find(all.setPreference, "cublasLtMatmulPreferenceSetAttribute");
    find(all.forgetPreference, "cublasLtMatmulPreferenceDestroy");
    find(all.choose, "cublasLtMatmulAlgoGetHeuristic");
    find(all.multiply, "cublasLtMatmul");
    return complete ? &all : nullptr;
  }();
  return found;
}

}  // namespace

// False: the library does not know of such scales.
bool Vendor::describeScales(VendorInput input) {
  if (input == kVendorBf16) {
    return true;
  }
  const std::vector<float> ones(ones_.bytes / sizeof(float), 1.0f);
  ones_.upload(ones.data(), ones_.bytes);
  const Library* lt = library();
  const void* scales = ones_.data;
  const int8_t fast = input == kVendorE4m3Fast;
  bool known = true;
  const auto set = [&](int attribute, const auto& value) {
    known &= lt->setAttribute(operation_, attribute, &value, sizeof value) == 0;
  };
  set(kScalesFirst, scales);
  set(kScalesSecond, scales);
  set(kFast, fast);
  if (input == kVendorE4m3Blocks) {
    set(kScaleModeFirst, kScalesOf128x128);
    set(kScaleModeSecond, kScalesOf128);
  }
  return known;
}

// Column-major: Dᵀ [n, m] = B · Aᵀ.
Vendor::Vendor(const Problem& s,
               bool nk,
               const Buffer& a,
               const Buffer& b,
               const Buffer& d,
               VendorInput input)
    : a_(a.data), b_(b.data), d_(d.data) {
  const Library* lt = library();
  if (lt == nullptr || lt->create(&handle_) != 0) {
    handle_ = nullptr;
    return;
  }
  const int transposed = nk;
  lt->describe(&operation_, kCompute32F, CUDA_R_32F);
  lt->setAttribute(operation_, kTransposeFirst, &transposed, sizeof transposed);
  const bool scalesKnown = describeScales(input);
  const int type = input == kVendorBf16 ? CUDA_R_16BF : CUDA_R_8F_E4M3;
  lt->layout(&layoutB_, type, nk ? s.k : s.n, nk ? s.n : s.k, nk ? s.k : s.n);
  lt->layout(&layoutA_, type, s.k, s.m, s.k);
  lt->layout(&layoutD_, CUDA_R_16BF, s.n, s.m, s.n);
  void* preference = nullptr;
  const size_t bytes = workspace_.bytes;
  lt->prefer(&preference);
  lt->setPreference(preference, kMostWorkspaceBytes, &bytes, sizeof bytes);
  const int status = lt->choose(handle_,
                                operation_,
                                layoutB_,
                                layoutA_,
                                layoutD_,
                                layoutD_,
                                preference,
                                1,
                                &choice_,
                                &found_);
  found_ = status == 0 && scalesKnown ? found_ : 0;
  lt->forgetPreference(preference);
}

Vendor::~Vendor() {
  if (handle_ == nullptr) {
    return;
  }
  const Library* lt = library();
  lt->forgetLayout(layoutA_);
  lt->forgetLayout(layoutB_);
  lt->forgetLayout(layoutD_);
  lt->forgetOperation(operation_);
  lt->destroy(handle_);
}

void Vendor::launch() const {
  if (!found()) {
    return;
  }
  const float one = 1, zero = 0;
  const int status = library()->multiply(handle_,
                                         operation_,
                                         &one,
                                         b_,
                                         layoutB_,
                                         a_,
                                         layoutA_,
                                         &zero,
                                         d_,
                                         layoutD_,
                                         d_,
                                         layoutD_,
                                         choice_.algorithm,
                                         workspace_.data,
                                         workspace_.bytes,
                                         nullptr);
  if (status != 0) {
    std::printf("FATAL cublasLtMatmul: %d\n", status);
    std::exit(3);
  }
}
