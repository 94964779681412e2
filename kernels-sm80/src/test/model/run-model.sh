#!/usr/bin/env bash
# Builds the SM80 kernels and their checks with g++ for the machine of fibers, and runs them: run-model.sh [options of
# kernel_test, such as --only hooks]. Needs no GPU and no CUDA. CXX names the compiler, JOBS how many run at once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../.." && pwd)
common=$module/../kernels-common
tests=$module/src/test/cuda
out=${OUT_DIR:-$module/target/model}
cxx=${CXX:-g++}
mkdir -p "$out"

# The twins of the ptx headers come first; the kernels' own text and the checks are the same that nvcc compiles.
flags=(-std=c++17 "${OPTIMIZE:--O1}" -g1 -Wall -Wextra -Wno-unknown-pragmas -Wno-psabi -fno-strict-aliasing -I "$here"
  -I "$common/src/test/model" -I "$module/src/main/cuda" -I "$common/src/main/cpp" -I "$tests" -include cuda_words.h
  ${CXXFLAGS:-})
sources="$here $common/src $module/src/main/cuda $tests"
# What is newer than every source stays as it is.
compile() {
  local source=$1 object=$2
  shift 2
  if [ ! -e "$object" ] || [ -n "$(find $sources -newer "$object" -type f -print -quit)" ]; then
    "$@" -x c++ -c "$source" -o "$object"
  fi
}
export -f compile
export sources
ls "$here"/*.cpp "$common"/src/test/model/*.cpp "$module"/src/main/cuda/kernels/*.cu \
  "$tests"/{main,gemm_case,gemm_launch,checks_all_reduce,checks_companions,checks_faults,checks_gemm,checks_hooks,checks_norm}.cu |
  xargs -P "${JOBS:-$(nproc)}" -I{} bash -c \
    'set -e; compile "{}" "'"$out"'/$(basename "{}").o" "$@"' - "$cxx" "${flags[@]}"
"$cxx" "$out"/*.o -o "$out/kernel_test"
exec timeout "${LIMIT:-600}" "$out/kernel_test" no-folder --quick "$@"
