// C[M, N] = A[M, K] · B[N, K]ᵀ, row major, 128 × 128 tiles by four waves of 64 × 64; K a multiple of 64 bytes.
#include "device.h"

template <class Traits> DEVICE void gemm(const typename Traits::Element* a, const typename Traits::Element* b,
                                         typename Traits::Sum* c, int m, int n, int k) {
  using Element = typename Traits::Element;
  constexpr int K = 64 / sizeof(Element), PITCH = K + 16 / sizeof(Element);
  SHARED static Element tileA[128 * PITCH], tileB[128 * PITCH];
  const int row0 = __builtin_amdgcn_workgroup_id_y() * 128, column0 = __builtin_amdgcn_workgroup_id_x() * 128;
  const int wave = thread() / 64, l = lane();
  const int waveRow = wave / 2 * 64, waveColumn = wave % 2 * 64;
  typename Traits::Sums sums[2][2] = {};
  for (int k0 = 0; k0 < k; k0 += K) {
    for (int part = 0; part < 2; part++) {
      const int at = thread() + 256 * part, row = at / 4, offset = at % 4 * (16 / int(sizeof(Element)));
      const int ra = row0 + row, rb = column0 + row;
      *(u32x4*)&tileA[row * PITCH + offset] = ra < m ? *(const u32x4*)&a[(long)ra * k + k0 + offset] : u32x4(0);
      *(u32x4*)&tileB[row * PITCH + offset] = rb < n ? *(const u32x4*)&b[(long)rb * k + k0 + offset] : u32x4(0);
    }
    barrier();
    for (int step = 0; step < K; step += Traits::STEP) {
      typename Traits::Fragment fa[2], fb[2];
      for (int t = 0; t < 2; t++) {
        const int offset = step + l / 32 * Traits::LANE;
        fa[t] = *(const typename Traits::Fragment*)&tileA[(waveRow + t * 32 + l % 32) * PITCH + offset];
        fb[t] = *(const typename Traits::Fragment*)&tileB[(waveColumn + t * 32 + l % 32) * PITCH + offset];
      }
      for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) sums[y][x] = Traits::multiply(fa[y], fb[x], sums[y][x]);
    }
    barrier();
  }
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 2; x++)
      for (int r = 0; r < 16; r++) {
        const int row = row0 + waveRow + y * 32 + 8 * (r / 4) + 4 * (l / 32) + r % 4;
        const int column = column0 + waveColumn + x * 32 + l % 32;
        if (row < m && column < n) c[(long)row * n + column] = sums[y][x][r];
      }
}

struct Half {
  using Element = half; using Sum = float; using Sums = f32x16; using Fragment = half4;
  static constexpr int STEP = 8, LANE = 4;
  DEVICE Sums multiply(Fragment a, Fragment b, Sums c) { return __builtin_amdgcn_mfma_f32_32x32x8f16(a, b, c, 0, 0, 0); }
};
struct Brain {
  using Element = u16; using Sum = float; using Sums = f32x16; using Fragment = short4;
  static constexpr int STEP = 8, LANE = 4;
  DEVICE Sums multiply(Fragment a, Fragment b, Sums c) { return __builtin_amdgcn_mfma_f32_32x32x8bf16_1k(a, b, c, 0, 0, 0); }
};
struct Byte {
  using Element = signed char; using Sum = int; using Sums = i32x16; using Fragment = long;
  static constexpr int STEP = 16, LANE = 8;
  DEVICE Sums multiply(Fragment a, Fragment b, Sums c) { return __builtin_amdgcn_mfma_i32_32x32x16_i8(a, b, c, 0, 0, 0); }
};
struct Fp8 {
  using Element = u8; using Sum = float; using Sums = f32x16; using Fragment = long;
  static constexpr int STEP = 16, LANE = 8;
  DEVICE Sums multiply(Fragment a, Fragment b, Sums c) { return __builtin_amdgcn_mfma_f32_32x32x16_fp8_fp8(a, b, c, 0, 0, 0); }
};

KERNEL BOUNDS(256) void gemm_f16(const half* a, const half* b, float* c, int m, int n, int k) { gemm<Half>(a, b, c, m, n, k); }
KERNEL BOUNDS(256) void gemm_bf16(const u16* a, const u16* b, float* c, int m, int n, int k) { gemm<Brain>(a, b, c, m, n, k); }
KERNEL BOUNDS(256) void gemm_i8(const signed char* a, const signed char* b, int* c, int m, int n, int k) { gemm<Byte>(a, b, c, m, n, k); }
KERNEL BOUNDS(256) void gemm_fp8(const u8* a, const u8* b, float* c, int m, int n, int k) { gemm<Fp8>(a, b, c, m, n, k); }
