#pragma once
// The GEMM of kernels/tile_gemm.h on this module's pipeline.

#include "epilogue/store_tile.h"
#include "kernels/tile_gemm.h"
#include "mma/pipeline.h"

namespace counterpoint {

template <class INPUT, bool WEIGHTS_ALONG_K, class SHAPE>
struct MatrixEngine {
  using Input = INPUT;
  using Shape = SHAPE;
  using Pipe = Pipeline<INPUT, WEIGHTS_ALONG_K, SHAPE>;
  static constexpr bool kWeightsAlongK = WEIGHTS_ALONG_K;

  static CP_DEVICE Pipe pipe(const TileGemmParams& p, u32 shared) {
    return Pipe(rowLayout(p.a, p.aStride * Input::kBytes),
                rowLayout(p.b, p.bStride * Input::kBytes),
                shared);
  }

  static CP_DEVICE void store(const TileGemmParams& p,
                              const Tile& tile,
                              const Destination& to,
                              const typename Pipe::Sums& sums,
                              const Pipe& pipe) {
    storeTile<Shape, Input>(p, tile, to, sums, pipe.spareStage());
  }
};

template <class Input, bool WEIGHTS_ALONG_K, class Shape>
CP_DEVICE void tileGemm(const TileGemmParams& p) {
  extern __attribute__((shared, aligned(1024))) u8 stages[];
  const u32 shared = static_cast<u32>(reinterpret_cast<u64>((SharedPointer<u8>)stages));
  TileGemm<MatrixEngine<Input, WEIGHTS_ALONG_K, Shape>>(p, shared).run();
  // LDS must not be given away while loads still fill it.
  awaitVectorMemory<0>();
}

}  // namespace counterpoint
