#pragma once
// The GEMM of kernels/tile_gemm.h on this module's pipeline.

#include "epilogue/store_tile.cuh"
#include "kernels/tile_gemm.h"
#include "mma/pipeline.cuh"
#include "ptx/shared.cuh"

namespace counterpoint {

template <class INPUT, template <i32, i32, i32> class LAYOUT, class SHAPE>
struct MmaEngine {
  using Input = INPUT;
  using Shape = SHAPE;
  using Pipe = Pipeline<INPUT, LAYOUT, SHAPE>;
  static constexpr bool kWeightsAlongK = Pipe::Weights::kAlongK;

  static CP_DEVICE Pipe pipe(const TileGemmParams& p, u32 shared) {
    return Pipe(p, shared);
  }

  static CP_DEVICE void store(const TileGemmParams& p,
                              const Tile& tile,
                              const Destination& to,
                              const typename Pipe::Sums& sums,
                              const Pipe& pipe) {
    storeTile<Shape, Pipe::Weights::kInterleaved>(p, tile, to, sums, pipe.spareStage());
  }
};

template <class Input, template <i32, i32, i32> class Layout, class Shape>
CP_DEVICE void tileGemm(const TileGemmParams& p) {
  TileGemm<MmaEngine<Input, Layout, Shape>>(p, dynamicShared()).run();
  awaitAsyncCopies<0>();
}

}  // namespace counterpoint
