#!/usr/bin/env bash
# Builds the kernels and their test here, and runs it: run.sh [arguments of kernel_test].
# SANITIZE=memcheck (racecheck, synccheck, initcheck) runs it under compute-sanitizer, with --quick and
# without what needs kernels to run beside each other.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../.." && pwd)
out=${OUT_DIR:-$module/target/kernels}
source "$module/../kernels-common/nvcc.sh"
find_nvcc || { echo "run.sh: $no_nvcc" >&2; exit 3; }
OUT_DIR=$out "$module/build.sh"

flags=(-std=c++17 -O2 -I "$module/src/main/cuda" -I "$module/../kernels-common/src/main/cpp" -I "$here" -gencode "arch=compute_80,code=compute_80")
mkdir -p "$out/test"
ls "$here"/*.cu | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c \
  'set -e; "$0" "${@:2}" -c "$1" -o "'"$out"'/test/$(basename "$1" .cu).o"' "$nvcc" {} "${flags[@]}"
"$nvcc" "$out"/test/*.o -o "$out/kernel_test" -ldl

if [ -n "${SANITIZE:-}" ]; then
  exec timeout 580 compute-sanitizer --tool "$SANITIZE" --error-exitcode 9 "$out/kernel_test" "$out" --quick --serial "$@"
fi
exec timeout 580 "$out/kernel_test" "$out" "$@"
