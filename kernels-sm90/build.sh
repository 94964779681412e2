#!/usr/bin/env bash
# Builds the SM90 kernels: one fatbin for each input type and a manifest, in kernels-sm90/target/kernels.
#
#   build.sh            machine code for sm_90a
#   build.sh --current  builds nothing; succeeds if the kernels that are there are of these sources
#
# There is no PTX in them: what is made for sm_90a runs on nothing else, and kernels-sm80 serves all
# other devices. Nothing is done when the kernels that are there are what would be built. NVCC names the
# compiler, OUT_DIR the folder to build in, JOBS how many compilers run at once. KERNELS names another folder of .cu files to
# build, for tests: those may spill.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$here/src/main/cuda
twin=$here/../kernels-sm80/src/main/cuda
common=$here/../kernels-common/src/main/cpp
kernels=${KERNELS:-$source/kernels}
out=${OUT_DIR:-$here/target/kernels}
mode=${1:-package}
source "$here/../kernels-common/nvcc.sh"

# What was built of what, and by whom; there only behind a build that went well.
stamp=$out/stamp
built=$([ ! -e "$stamp" ] || cat "$stamp")
hash=$(fingerprint "$(sha256sum <"$here/build.sh")" -- "$source" "$twin" "$common" "$kernels")
if [ "$mode" = --current ]; then
  [ "${built%% *}" = "$hash" ]
  exit
fi

# Exits with 3 when no compiler can be used.
giveUp() {
  echo "kernels-sm90: not built: $no_nvcc; kernels-sm80 serves SM90 too, slower" >&2
  exit 3
}
find_nvcc || giveUp
version=$("$nvcc" --version | sed -n 's/.*\(release [^,]*, V[0-9.]*\).*/\1/p')
wanted="$hash $version"
if [ "$built" = "$wanted" ]; then
  echo "kernels-sm90: up to date in $out"
  exit
fi
try_nvcc || giveUp
jobs=${JOBS:-$(nproc)}
mkdir -p "$out"
rm -f "$stamp" "$out"/*.fatbin "$out/manifest.json"

compile() {
  local family=$1
  "$nvcc" -std=c++17 -O3 --fatbin -Xptxas -v -gencode arch=compute_90a,code=sm_90a \
    -I "$source" -I "$twin" -I "$common" \
    "$kernels/$family.cu" -o "$out/$family.fatbin" >"$out/$family.log" 2>&1 ||
    { cat "$out/$family.log" >&2; return 1; }
}

export -f compile
export source kernels twin common out nvcc
families=$(cd "$kernels" && ls ./*.cu | sed 's|^\./||; s|\.cu$||')
echo "$families" | xargs -P "$jobs" -I{} bash -c 'set -euo pipefail; compile "{}"'

# The compiler's report, one entry to an object. Shared memory is that of pipeline/shared_layout.cuh;
# `model_test --list` prints what the kernels themselves say.
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
      split(part[n - 3], extent, "x"); stages = substr(part[n - 2], 2); cluster = substr(part[n - 1], 2)
      outboxes = substr(part[n], 2); layout = part[n - 4]
      input = entry; sub(/^tile_gemm_sm90_/, "", input); sub("_" layout "_.*", "", input)
      # An outbox has half of the rows of a tile; B lies in boxes of 64 columns.
      out = outboxes > 0 ? outboxes * extent[1] / 2 * (extent[2] * 2 + 16) : 8 * 2304
      ends = stages * (extent[1] + int((extent[2] + 63) / 64) * 64) * 128 + out + 16 * stages + 8 * 8 + 5 * 4
      shared = int((ends + 127) / 128) * 128
      printf "{\"entry\": \"%s\", \"file\": \"%s.fatbin\", \"arch\": \"sm_90a\", \"input\": \"%s\", \"layout\": \"%s\", \"tileRows\": %d, \"tileCols\": %d, \"tileK\": %d, \"stages\": %d, \"cluster\": %d, \"outboxes\": %d, \"threads\": 384, \"sharedBytes\": %d, \"registers\": %d, \"spills\": %d}\n",
             entry, family, input, layout, extent[1], extent[2], extent[3], stages, cluster, outboxes, shared, registers, stores + loads
    }' "$out/$family.log"
done | LC_ALL=C sort >"$out/manifest.lines"

{
  printf '{"ptx": "", "compiler": "%s", "kernels": [\n' "$version"
  sed '$!s/$/,/' "$out/manifest.lines"
  printf ']}\n'
} >"$out/manifest.json"

# What the compiler says when it puts wgmma in sequence, or ignores setmaxnreg.
if grep -H -e 'wgmma' -e 'setmaxnreg' "$out"/*.log; then
  echo "kernels-sm90: the compiler gave up something, see above" >&2
  exit 1
fi
if grep -v -e '"spills": 0}' "$out/manifest.lines" && [ -z "${KERNELS:-}" ]; then
  echo "kernels-sm90: the kernels above spill registers" >&2
  exit 1
fi
rm "$out/manifest.lines"
printf '%s\n' "$wanted" >"$stamp"
echo "kernels-sm90: $(grep -c '"entry"' "$out/manifest.json") entries in $out"
