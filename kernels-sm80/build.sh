#!/usr/bin/env bash
# Builds the kernels: one fatbin for each family and a manifest, in kernels-sm80/target/kernels.
#
#   build.sh            machine code for SM80 and SM90, and PTX for anything newer
#   build.sh --check    the same for SM80, SM86, SM89 and SM90, to see that nothing spills anywhere
#   build.sh --current  builds nothing; succeeds if the kernels that are there are of these sources
#
# Nothing is done when the kernels that are there are what would be built. The SM90 code is made from compute_80 PTX:
# exactly what the driver would make of it at first use, half a minute earlier. FP8 begins with SM89. NVCC names the
# compiler, OUT_DIR the folder to build in, JOBS how many compilers run at once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$here/src/main/cuda
common=$here/../kernels-common/src/main/cpp
out=${OUT_DIR:-$here/target/kernels}
mode=${1:-package}
source "$here/../kernels-common/nvcc.sh"

# What was built of what, and by whom; there only behind a build that went well.
stamp=$out/stamp
built=$([ ! -e "$stamp" ] || cat "$stamp")
sourceHash() {
  fingerprint "$1" "$(sha256sum <"$here/build.sh")" -- "$source" "$common"
}
if [ "$mode" = --current ]; then
  [ "${built%% *}" = "$(sourceHash package)" ]
  exit
fi

# Exits with 3 when no compiler can be used.
giveUp() {
  echo "kernels-sm80: not built: $no_nvcc; the CUDA backend compiles the sources by NVRTC at first use" >&2
  exit 3
}
find_nvcc || giveUp
version=$("$nvcc" --version | sed -n 's/.*\(release [^,]*, V[0-9.]*\).*/\1/p')
wanted="$(sourceHash "$mode") $version"
if [ "$built" = "$wanted" ]; then
  echo "kernels-sm80: up to date in $out"
  exit
fi
try_nvcc || giveUp
jobs=${JOBS:-$(nproc)}
mkdir -p "$out"
rm -f "$stamp" "$out"/*.fatbin "$out/manifest.json"

# For each family: the architecture that its PTX names, and those that get machine code.
targets() {
  case "$1:$mode" in
    *fp8*:--check) echo "89 89 90" ;;
    *fp8*) echo "89 89 90" ;;
    *:--check) echo "80 80 86 89 90" ;;
    *) echo "80 80 90" ;;
  esac
}

compile() {
  local family=$1
  read -r ptx machine <<<"$(targets "$family")"
  local generate=("-gencode" "arch=compute_$ptx,code=compute_$ptx")
  for sm in $machine; do
    # Machine code for 86 and 89 is made for them, for 90 from the PTX that is shipped.
    local from=$sm
    [ "$sm" = 90 ] && from=$ptx
    generate+=("-gencode" "arch=compute_$from,code=sm_$sm")
  done
  "$nvcc" -std=c++17 -O3 --fatbin -Xptxas -v "${generate[@]}" -I "$source" -I "$common" \
    "$source/kernels/$family.cu" -o "$out/$family.fatbin" >"$out/$family.log" 2>&1 ||
    { cat "$out/$family.log" >&2; return 1; }
}

export -f compile targets
export source common out nvcc mode
families=$(cd "$source/kernels" && ls ./*.cu | sed 's|^\./||; s|\.cu$||')
echo "$families" | xargs -P "$jobs" -I{} bash -c 'set -euo pipefail; compile "{}"'

# The compiler's report, one entry and architecture to an object.
for family in $families; do
  awk -v family="$family" '
    /Compiling entry function/ {
      entry = $0; sub(/.*entry function \x27/, "", entry); sub(/\x27.*/, "", entry)
      arch = $0; sub(/.* for \x27/, "", arch); sub(/\x27.*/, "", arch)
    }
    /bytes stack frame/ {
      spills = $0; sub(/.*frame, /, "", spills)
      split(spills, word, " "); stores = word[1]
      loads = spills; sub(/.*stores, /, "", loads); split(loads, word, " "); loads = word[1]
    }
    /Used [0-9]+ registers/ {
      registers = $0; sub(/.*Used /, "", registers); sub(/ .*/, "", registers)
      shape = ""; shared = 0
      threads = entry ~ /^(all_reduce_.*|tile_reduce|row_norm|put|unpack|fill)$/ ? 256 : 32
      if (entry ~ /^tile_gemm_/) {
        n = split(entry, part, "_")
        split(part[n - 1], extent, "x"); stages = substr(part[n], 2)
        layout = part[n - 2]
        input = entry; sub(/^tile_gemm_/, "", input); sub("_" layout "_.*", "", input)
        shared = stages * (extent[1] + extent[2]) * 128
        threads = extent[2] >= 256 ? 256 : 128
        shape = sprintf("\"input\": \"%s\", \"layout\": \"%s\", \"tileRows\": %d, \"tileCols\": %d, \"tileK\": %d, \"stages\": %d, ",
                        input, layout, extent[1], extent[2], extent[3], stages)
      }
      printf "{\"entry\": \"%s\", \"file\": \"%s.fatbin\", \"arch\": \"%s\", %s\"threads\": %d, \"sharedBytes\": %d, \"registers\": %d, \"spills\": %d}\n",
             entry, family, arch, shape, threads, shared, registers, stores + loads
    }' "$out/$family.log"
done | LC_ALL=C sort >"$out/manifest.lines"

{
  printf '{"ptx": "compute_80", "compiler": "%s", "kernels": [\n' "$version"
  sed '$!s/$/,/' "$out/manifest.lines"
  printf ']}\n'
} >"$out/manifest.json"

# FP8 has no mma.sync of its own on SM90, where it is emulated at some cost in registers.
if grep -v -e '"spills": 0}' -e 'fp8.*"arch": "sm_90"' "$out/manifest.lines"; then
  echo "kernels-sm80: the kernels above spill registers" >&2
  exit 1
fi
rm "$out/manifest.lines"
printf '%s\n' "$wanted" >"$stamp"
echo "kernels-sm80: $(grep -c '"entry"' "$out/manifest.json") entries in $out, none spills"
