#!/usr/bin/env bash
# Builds the SM90 kernels with g++ for the machine of fibers, and runs them: run-model.sh [options of
# model_test]; with --build it builds only, and is content where there is no compiler. Needs no GPU and no CUDA. CXX
# names the compiler, JOBS how many run at once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../.." && pwd)
common=$module/../kernels-common
out=${OUT_DIR:-$module/target/model}
cxx=${CXX:-g++}
if ! command -v "$cxx" >/dev/null; then
  echo "kernels-sm90: $cxx is missing, so the kernels are not run on the model" >&2
  [ "${1:-}" = --build ] && exit 0
  exit 3
fi
mkdir -p "$out"

# The twins of the ptx headers come first; the kernels' own text is the same that nvcc compiles.
flags=(-std=c++17 -O2 -g1 -Wall -Wextra -Wno-unknown-pragmas -Wno-psabi -fno-strict-aliasing -I "$here" -I "$common/src/test/model"
  -I "$module/src/main/cuda" -I "$module/../kernels-sm80/src/main/cuda" -I "$common/src/main/cpp"
  -I "$here/../cuda/candidates" -include cuda_words.h ${CXXFLAGS:-})
# What is newer than every source stays as it is.
compile() {
  local source=$1 object=$2
  shift 2
  if [ ! -e "$object" ] || [ -n "$(find $sources -newer "$object" -type f -print -quit)" ]; then
    "$@" -x c++ -c "$source" -o "$object"
  fi
}
sources="$here $here/../cuda/candidates $common/src $module/src/main/cuda $module/../kernels-sm80/src/main/cuda"
export -f compile
export sources
ls "$here"/*.cpp "$common"/src/test/model/*.cpp "$module"/src/main/cuda/kernels/*.cu "$here"/../cuda/candidates/*.cu |
  xargs -P "${JOBS:-$(nproc)}" -I{} bash -c \
    'set -e; compile "{}" "'"$out"'/$(basename "{}").o" "$@"' - "$cxx" "${flags[@]}"
"$cxx" "$out"/*.o -o "$out/model_test.tmp"
mv "$out/model_test.tmp" "$out/model_test"
if [ "${1:-}" = --build ]; then
  exit
fi

# As many processes as JOBS; each prints its part, and all must pass.
parts=${JOBS:-$(nproc)}
status=0
pids=()
for ((i = 0; i < parts; i++)); do
  timeout "${LIMIT:-300}" "$out/model_test" --part "$i/$parts" "$@" >"$out/part$i.log" 2>&1 &
  pids+=($!)
done
for ((i = 0; i < parts; i++)); do
  wait "${pids[$i]}" || status=1
  cat "$out/part$i.log"
done
exit $status
