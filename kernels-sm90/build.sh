#!/usr/bin/env bash
# Builds the SM90 kernels: one fatbin for each input type and a manifest, in kernels-sm90/target/kernels.
# There is no PTX in them: what is made for sm_90a runs on nothing else, and kernels-sm80 serves all
# other devices. NVCC names the compiler, JOBS how many run at once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$here/src/main/cuda
shared=$here/../kernels-sm80/src/main/cuda
common=$here/../kernels-common/src/main/cpp
out=${OUT_DIR:-$here/target/kernels}
nvcc=${NVCC:-nvcc}
jobs=${JOBS:-$(nproc)}
mkdir -p "$out"

compile() {
  local family=$1
  "$nvcc" -std=c++17 -O3 --fatbin -Xptxas -v -gencode arch=compute_90a,code=sm_90a \
    -I "$source" -I "$shared" -I "$common" \
    "$source/kernels/$family.cu" -o "$out/$family.fatbin" >"$out/$family.log" 2>&1 ||
    { cat "$out/$family.log" >&2; return 1; }
}

export -f compile
export source shared common out nvcc
families=$(cd "$source/kernels" && ls ./*.cu | sed 's|^\./||; s|\.cu$||')
echo "$families" | xargs -P "$jobs" -I{} bash -c 'set -euo pipefail; compile "{}"'

# The compiler's report, one entry to an object. Shared memory is that of pipeline/shared_layout.cuh,
# which the kernel test compares.
for family in $families; do
  awk -v family="$family" '
    /Compiling entry function/ {
      entry = $0; sub(/.*entry function \x27/, "", entry); sub(/\x27.*/, "", entry)
    }
    /bytes stack frame/ {
      spills = $0; sub(/.*frame, /, "", spills)
      split(spills, word, " "); stores = word[1]
      loads = spills; sub(/.*stores, /, "", loads); split(loads, word, " "); loads = word[1]
    }
    /Used [0-9]+ registers/ {
      registers = $0; sub(/.*Used /, "", registers); sub(/ .*/, "", registers)
      n = split(entry, part, "_")
      split(part[n - 2], extent, "x"); stages = substr(part[n - 1], 2); cluster = substr(part[n], 2)
      layout = part[n - 3]
      input = entry; sub(/^tile_gemm_sm90_/, "", input); sub("_" layout "_.*", "", input)
      # Two teams take turns on tiles of 64 or 128 rows that are not the largest.
      teams = extent[1] == 128 && extent[2] == 256 || extent[1] * extent[2] < 128 * 128 && extent[2] < 256 ? 1 : 2
      ends = stages * (extent[1] + extent[2]) * 128 + 8 * 2304 + 16 * stages + teams * (3 * 8 + 4) + 4
      shared = int((ends + 127) / 128) * 128
      printf "{\"entry\": \"%s\", \"file\": \"%s.fatbin\", \"arch\": \"sm_90a\", \"input\": \"%s\", \"layout\": \"%s\", \"tileRows\": %d, \"tileCols\": %d, \"tileK\": %d, \"stages\": %d, \"cluster\": %d, \"threads\": 384, \"sharedBytes\": %d, \"registers\": %d, \"spills\": %d}\n",
             entry, family, input, layout, extent[1], extent[2], extent[3], stages, cluster, shared, registers, stores + loads
    }' "$out/$family.log"
done | LC_ALL=C sort >"$out/manifest.lines"

{
  printf '{"ptx": "", "compiler": "%s", "kernels": [\n' \
    "$("$nvcc" --version | sed -n 's/.*\(release [^,]*, V[0-9.]*\).*/\1/p')"
  sed '$!s/$/,/' "$out/manifest.lines"
  printf ']}\n'
} >"$out/manifest.json"

# What the compiler says when it puts wgmma in sequence, or ignores setmaxnreg.
if grep -H -e 'wgmma' -e 'setmaxnreg' "$out"/*.log; then
  echo "kernels-sm90: the compiler gave up something, see above" >&2
  exit 1
fi
if grep -v -e '"spills": 0}' "$out/manifest.lines"; then
  echo "kernels-sm90: the kernels above spill registers" >&2
  exit 1
fi
rm "$out/manifest.lines"
echo "kernels-sm90: $(grep -c '"entry"' "$out/manifest.json") entries in $out, none spills"
