#!/usr/bin/env bash
# Builds libamdhip64.so, librccl.so and the test programs with g++ into OUT (default: target/native of this module).
# Only what is older than its source, or than any header, is compiled again.
set -euo pipefail
if ! command -v g++ >/dev/null; then
  echo "emulator-cdna3: g++ is missing, so there is no emulated device, and its tests and those of the CDNA3 kernels are skipped"
  exit 0
fi
here="$(cd "$(dirname "$0")" && pwd)"
out="${1:-$here/target/native}"
jobs="${HIPEMU_BUILD_JOBS:-2}"
main="$here/src/main/cpp" test="$here/src/test/cpp"
mkdir -p "$out/obj"
common=(-std=c++17 -O3 -g1 -fPIC -Wall -Wextra -Wno-unused-parameter -pthread -fvisibility=hidden -fno-strict-aliasing -fno-math-errno -fno-trapping-math
  -ffp-contract=off -I"$main")
wide=(-mavx2 -mfma -mf16c)
newest_header="$(find "$here/src" \( -name '*.h' -o -name '*.def' \) -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)"
todo=()
while IFS= read -r source; do
  object="$out/obj/$(echo "${source#"$here/src/"}" | tr '/' '_').o"
  if [[ ! -e "$object" || "$source" -nt "$object" || "$newest_header" -nt "$object" || "$0" -nt "$object" ]]; then
    todo+=("$source" "$object")
  fi
done < <(find "$main" "$test" -name '*.cpp' | sort)
if ((${#todo[@]})); then
  # hip/entry.cpp is compiled for any x86-64: it is what says that the processor lacks AVX2.
  printf '%s\0' "${todo[@]}" | xargs -0 -n 2 -P "$jobs" bash -c '
    flags=('"$(printf '%q ' "${common[@]}")"'); [[ "$1" == */hip/entry.cpp ]] || flags+=('"$(printf '%q ' "${wide[@]}")"')
    g++ "${flags[@]}" -c "$1" -o "$2.tmp" && mv "$2.tmp" "$2"' _
fi
objects() { find "$out/obj" -name "main_cpp_$1_*.o" | sort; }
g++ -shared -pthread -Wl,-soname,libamdhip64.so -o "$out/libamdhip64.so.tmp" $(objects decode) $(objects exec) $(objects memory) \
  $(objects device) $(objects hip)
mv "$out/libamdhip64.so.tmp" "$out/libamdhip64.so"
if [[ -n "$(objects rccl)" ]]; then
  g++ -shared -pthread -Wl,-soname,librccl.so -o "$out/librccl.so.tmp" $(objects rccl) -L"$out" -lamdhip64 -Wl,-rpath,'$ORIGIN'
  mv "$out/librccl.so.tmp" "$out/librccl.so"
fi
for program in "$out"/obj/test_cpp_*.o; do
  [[ -e "$program" ]] || continue
  name="$(basename "$program" .cpp.o)"
  g++ -pthread -o "$out/${name#test_cpp_}" "$program" $(objects decode) -L"$out" -lamdhip64 \
    $([[ -e "$out/librccl.so" ]] && echo -lrccl) -Wl,-rpath,'$ORIGIN' 
done
