#!/usr/bin/env bash
# Builds the SM90 kernels and their test here, and runs it on the device: run.sh [arguments of
# kernel_test]. The checks, the bench and the companions are those of kernels-sm80; the launch differs, and there are tiles
# that are only measured (candidates). BUILD_ONLY=1 builds only, for a machine without nvcc: kernel_test, the fatbins and
# the manifests in OUT_DIR are what it needs. SANITIZE=memcheck (racecheck, synccheck, initcheck) runs it under compute-sanitizer.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../.." && pwd)
twin=$module/../kernels-sm80
common=$module/../kernels-common/src/main/cpp
out=${OUT_DIR:-$module/target/kernels}
source "$module/../kernels-common/nvcc.sh"
find_nvcc || { echo "run.sh: $no_nvcc" >&2; exit 3; }
OUT_DIR=$out "$module/build.sh"
OUT_DIR=$out/candidates KERNELS=$here/candidates "$module/build.sh"

include=(-I "$here" -I "$module/src/main/cuda" -I "$twin/src/main/cuda" -I "$common" -I "$twin/src/test/cuda")
"$nvcc" -std=c++17 -O3 --fatbin -gencode arch=compute_80,code=compute_80 "${include[@]}" \
  "$twin/src/main/cuda/kernels/companions.cu" -o "$out/companions.fatbin"
flags=(-std=c++17 -O2 "${include[@]}" -gencode "arch=compute_90,code=sm_90")
mkdir -p "$out/test"
rm -f "$out"/test/*.o
ls "$here"/*.cu "$twin"/src/test/cuda/*.cu | grep -v "^$twin.*/gemm_launch.cu" | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c \
  'set -e; "$0" "${@:2}" -c "$1" -o "'"$out"'/test/$(basename "$1" .cu).o"' "$nvcc" {} "${flags[@]}"
"$nvcc" "$out"/test/*.o -o "$out/kernel_test" -ldl
if [ -n "${BUILD_ONLY:-}" ]; then
  exit
fi

if [ -n "${SANITIZE:-}" ]; then
  exec timeout 580 compute-sanitizer --tool "$SANITIZE" --error-exitcode 9 "$out/kernel_test" "$out" --quick --serial "$@"
fi
exec timeout 580 "$out/kernel_test" "$out" "$@"
