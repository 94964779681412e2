#!/usr/bin/env bash
# Breaks the kernels in one place at a time, and sees to it that the machine of fibers notices: what
# survives is a hole in the model or in its tests. Run run-model.sh first; this uses what it built.
# mutations.sh [number …] runs only those. For each: file | what is written | what is written instead,
# and, where only few cases can tell, which ones (--only of model_test).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../.." && pwd)
common=$module/../kernels-common
built=${OUT_DIR:-$module/target/model}
out=$module/target/mutations
cxx=${CXX:-g++}
mkdir -p "$out"

mutations=(
  'pipeline/multiplier.cuh|awaitPhase(shared.full(at.stage), at.parity);|'
  'pipeline/multiplier.cuh|awaitPhase(shared.full(at.stage), at.parity);|awaitPhase(shared.full(at.stage), at.parity ^ 1);'
  'pipeline/multiplier.cuh|beginProducts();|'
  'pipeline/multiplier.cuh|awaitProducts<0>();|'
  'pipeline/multiplier.cuh|giveBack(before);|giveBack(at.stage);'
  'pipeline/multiplier.cuh|if (lane == 0) {|if (lane < 2) {'
  'pipeline/multiplier.cuh|arriveCluster(clusterAddress(shared.empty(stage), lane));|arrive(shared.empty(stage));'
  'pipeline/multiplier.cuh|arrive(shared.turn(1 - team));|'
  'pipeline/multiplier.cuh|awaitPhase(shared.turn(team), turnParity ^ (team == 0));|'
  'pipeline/multiplier.cuh|kSecondAcross ? kSpan : 16);|16);'
  'pipeline/multiplier.cuh|kFirstAcross ? 16 * kPanelBytes : kStepBytes|kStepBytes'
  'pipeline/multiplier.cuh|(member * Shape::kPieces + piece)|piece'
  'pipeline/loader.cuh|    awaitEmpty();
    arriveExpecting|    arriveExpecting'
  'pipeline/loader.cuh|      for (i32 i = 0; i < Shape::kStages; i++) {|      for (i32 i = 0; i < 0; i++) {'
  'pipeline/loader.cuh|    fenceProxyAsync();||gated'
  'pipeline/loader.cuh|!awaitWords(p.operation, p.gateWords, first, count, wanted)|false \&\& count == first \&\& wanted.word != 0|gated'
  'pipeline/loader.cuh|arriveExpecting(full, Shape::kLoadedBytes);|arriveExpecting(full, Shape::kABytes);'
  'pipeline/loader.cuh|b + part * kCols * kPanelBytes,|b + part * kCols * kPanelBytes / 2,'
  'pipeline/loader.cuh|firstK + part * kDepth);|firstK);|bf16_kn'
  'pipeline/loader.cuh|tile.firstRow, full);|tile.firstRow + 1, full);'
  'pipeline/loader.cuh|} else if (turn.sharesB) {|} else if (true) {'
  'kernels/tile_gemm_sm90.cuh|  fenceBarrierInit();|'
  'kernels/tile_gemm_sm90.cuh|    syncCluster();|    __syncthreads();'
  'kernels/tile_gemm_sm90.cuh|    awaitPhase(shared.stored(team), parity);||posted'
  'kernels/tile_gemm_sm90.cuh|      awaitPhase(shared.cleared(team), parity);||clearance'
  'kernels/tile_gemm_sm90.cuh|    storeShared(shared.failed(), 1);
  }|  }|never comes'
  'pipeline/loader.cuh|i == panels.count - 1 && failedBefore != 0|false|failed before'
  'kernels/tile_gemm_sm90.cuh|    storePartial<Shape>(partialOf<Shape>(p, tile, unit.split, threadInTeam()), sums);
    sync();|    storePartial<Shape>(partialOf<Shape>(p, tile, unit.split, threadInTeam()), sums);|splits3'
  'kernels/tile_gemm_sm90.cuh|        multiplier.at.advance(panels);|'
  'kernels/tile_gemm_sm90.cuh|takeRegisters<224>|takeRegisters<232>'
  'epilogue/store_sums.cuh|        PlainPatch::store(tile, to, patch, row, col);
        __syncwarp();|        PlainPatch::store(tile, to, patch, row, col);'
  'epilogue/store_sums.cuh|        PlainPatch::fill(patch, r, p.alpha, p.outputType);
        __syncwarp();|        PlainPatch::fill(patch, r, p.alpha, p.outputType);'
  'epilogue/patch.cuh|storeShared(row + kPitch, bitsOf(r[1]));|storeShared(row + kPitch, bitsOf(r[2]));'
  'epilogue/patch.cuh|if (inRow >= tile.rows \|\| count <= 0) {|if (count <= 0) {'
  'schedule/turns.cuh|tileAtPosition<Shape>(p, position ^ 1);|mine;'
  'schedule/turns.cuh|if (position > last \|\| id < 0) {|if (id < 0) {'
  'schedule/turns.cuh|if (position > last \|\| id < 0) {|if (position > last) {|chained'
  'schedule/turns.cuh|p.positions != 0 ? p.positions : ||chained'
  'schedule/turns.cuh|{{mine.id * p.splits + split, split, mine},|{{position * p.splits + split, split, mine},|chained'
  'kernels/tile_gemm_sm90.cuh|  CP_DEVICE void handOver() const {
    fenceSharedProxyAsync();|  CP_DEVICE void handOver() const {'
  'kernels/tile_gemm_sm90.cuh|          awaitStoresRead();|'
  'kernels/tile_gemm_sm90.cuh|          commitStores();|'
  'kernels/tile_gemm_sm90.cuh|      awaitBox();
      if (complete) {
        Box::fillPlain|      if (complete) {
        Box::fillPlain'
  'kernels/tile_gemm_sm90.cuh|        syncThreads(boxFilled(member), kWarpgroup + kWarp);|'
  'kernels/tile_gemm_sm90.cuh|      awaitStores();||posted'
  'kernels/tile_gemm_sm90.cuh|      awaitStores();
      fenceProxyAsync();|      awaitStores();|posted'
  'kernels/tile_gemm_sm90.cuh|    __syncwarp();
    fenceProxyAsync();
    const Destination|    __syncwarp();
    const Destination|clearance'
  'kernels/tile_gemm_sm90.cuh|          stores = tile.rows > 0 && complete &&|          stores = tile.rows > 0 \&\&|splits3'
  'epilogue/outbox.cuh|to.vector ? cols & ~(16 / bytes - 1) : 0;|cols \& ~(16 / bytes - 1);'
  'epilogue/outbox.cuh|(upper ? low : high) = theirs;|(upper ? high : low) = theirs;|bias'
  'epilogue/outbox.cuh|origin = to.origin + (share * to.stride + firstCol) * bytes;|origin = to.origin + share * to.stride * bytes;|out0'
  'pipeline/multiplier.cuh|      awaitPhase(shared.full(place.stage()), place.parity());||fp8_e4m3'
  'pipeline/multiplier.cuh|          passRelay();
          awaitProducts<0>();|          passRelay();|fp8_e4m3'
  'pipeline/multiplier.cuh|            giveBack(place.stage());||fp8_e4m3'
  'pipeline/multiplier.cuh|          const bool last = piece == Shape::kPieces - 1 && part == Shape::kParts - 1;|          const bool last = true;|fp8_e4m3'
  'pipeline/multiplier.cuh|          passRelay();||fp8_e4m3'
  'pipeline/multiplier.cuh|(product ^ (group == 0)) & 1);|product \& 1);|fp8_e4m3'
  'pipeline/multiplier.cuh|    start<kSteps / 2, kSteps / 2>(lower, member, place.stage(), piece, part, true);|    start<kSteps / 2, kSteps / 2>(lower, member, place.stage(), piece, part, false);|fp8_e4m3'
  'pipeline/multiplier.cuh|    at = place.unpacked();||fp8_e4m3'
  'pipeline/multiplier.cuh|panel % kAhead == kAhead - 1|panel == 0|fp8_e4m3'
  'pipeline/multiplier.cuh|        factors.fetch(panel + 1);|        factors.fetch(panel);|fp8_e4m3'
  'pipeline/multiplier.cuh|    awaitPhase(shared.full(at.stage), at.parity);
    factors.fetch|    factors.fetch|fp8_e4m3'
  'pipeline/block_factors.cuh|minimum(panel / kAhead * kAhead + lane % kAhead, last);|panel / kAhead * kAhead + lane % kAhead;|fp8_e4m3'
  'pipeline/block_factors.cuh|minimum(top + rowOf(i), p.rows - 1);|top + rowOf(i);|fp8_e4m3'
  'pipeline/block_factors.cuh|minimum(left + i * kBlockCols, p.cols - 1);|left + i * kBlockCols;|fp8_e4m3'
  'pipeline/block_factors.cuh|Shape::kSwapped ? i / 4 * 2 + i % 2 : i % 4 / 2|Shape::kSwapped ? i / 4 * 2 + i % 2 : i % 2|fp8_e4m3'
  'pipeline/block_factors.cuh|Shape::kSwapped ? i / 4 * 2 + i % 2 : i % 4 / 2|Shape::kSwapped ? i / 4 * 2 : i % 4 / 2|fp8_e4m3'
  'pipeline/block_factors.cuh|fetchedCols[Shape::kSwapped ? piece : part]|fetchedCols[0]|fp8_e4m3'
  'pipeline/block_factors.cuh|firstCol = tile.firstCol + (Shape::kSwapped ? first : 0);|firstCol = tile.firstCol;|fp8_e4m3'
  'pipeline/block_factors.cuh|(Shape::kSwapped ? 0 : first + warp * 16);|(Shape::kSwapped ? 0 : warp * 16);|fp8_e4m3'
)

survived=0
number=0
for mutation in "${mutations[@]}"; do
  number=$((number + 1))
  if [ $# -gt 0 ] && [[ " $* " != *" $number "* ]]; then
    continue
  fi
  mutation=${mutation//'\|'/$'\x01'}
  IFS='|' read -r -d '' file from to only <<<"$mutation|" || true
  from=${from//$'\x01'/|} to=${to//'\&'/&} only=${only%%|*} only=${only%$'\n'}
  rm -rf "$out/cuda"
  cp -r "$module/src/main/cuda" "$out/cuda"
  text=$(<"$out/cuda/$file")
  if [[ $text != *"$from"* ]]; then
    echo "mutation $number: '$from' is no longer in $file" >&2
    exit 1
  fi
  printf '%s\n' "${text/"$from"/$to}" >"$out/cuda/$file"
  # The kernels of the type that is looked at.
  family=tile_gemm_sm90_bf16
  if [[ $only = fp8* ]]; then
    family=tile_gemm_sm90_fp8_e4m3
  fi
  "$cxx" -std=c++17 -O1 -w -Wno-psabi -fno-strict-aliasing -I "$here" -I "$common/src/test/model" -I "$out/cuda" -I "$here/../cuda/candidates" \
    -I "$module/../kernels-sm80/src/main/cuda" -I "$common/src/main/cpp" -include cuda_words.h \
    -x c++ -c "$out/cuda/kernels/$family.cu" -o "$out/mutant.o"
  ls "$built"/*.o | grep -v "$family" | xargs "$cxx" "$out/mutant.o" -o "$out/model_test"
  log=$out/$number.log
  status=0
  timeout 300 "$out/model_test" --only "${only:-bf16}" --stop >"$log" 2>&1 || status=$?
  if [ "$status" = 0 ] || [ "$status" = 124 ]; then
    echo "survived  $number ($status)  $file: ${from//$'\n'/ }"
    survived=$((survived + 1))
  else
    echo "noticed   $number  $(grep -m 1 'FAILED' "$log" | cut -c 1-150 || true)"
  fi
done
echo "$survived survived"
[ "$survived" = 0 ]
