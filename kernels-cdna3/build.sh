#!/usr/bin/env bash
# Builds the kernels: one gfx942 code object for each family and a manifest, in kernels-cdna3/target/kernels.
#
#   build.sh            compiles what is not up to date
#   build.sh --current  builds nothing; succeeds if the kernels that are there are of these sources
#
# The compiler is CLANG, or the one that Maven unpacks into target/llvm (`mvn process-resources`): LLVM 20 or newer with
# the AMDGPU target; no ROCm. OUT_DIR names the folder to build in, JOBS how many compilers run at once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$here/src/main/hip
common=$here/../kernels-common/src/main/cpp
out=${OUT_DIR:-$here/target/kernels}
unpacked=${LLVM_DIR:-$here/target/llvm}/org/bytedeco/llvm/linux-x86_64
mode=${1:-package}
source "$here/../kernels-common/nvcc.sh"

# What was built of what, and by whom; there only behind a build that went well.
stamp=$out/stamp
built=$([ ! -e "$stamp" ] || cat "$stamp")
sources=$(fingerprint "$(sha256sum <"$here/build.sh")" -- "$source" "$common")
if [ "$mode" = --current ]; then
  [ "${built%% *}" = "$sources" ]
  exit
fi

# Exits with 3 when no compiler can be used.
giveUp() {
  echo "kernels-cdna3: not built: $1; only their sources are packed" >&2
  exit 3
}
if [ -n "${CLANG:-}" ]; then
  clang=$CLANG
else
  clang=$unpacked/clang
  [ "$(uname -sm)" = "Linux x86_64" ] || giveUp "LLVM from Maven is for Linux x86-64, and CLANG names no other"
  [ -e "$clang" ] || giveUp "$clang is missing (mvn process-resources unpacks it), and CLANG names no other"
  chmod +x "$unpacked"/{clang,lld,llvm-objdump}
  # The names by which the programs look for their libraries and their linker.
  for library in libLLVM.so libclang-cpp.so; do
    ln -sf "$library" "$unpacked/$library.20.1"
  done
  ln -sf lld "$unpacked/ld.lld"
  export LD_LIBRARY_PATH=$unpacked${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi
version=$("$clang" --version | sed -n 's/.*\(clang\) version \([0-9.]*\).*/\1 \2/p')
[ -n "$version" ] || giveUp "$clang does not run"
wanted="$sources $version"
if [ "$built" = "$wanted" ]; then
  echo "kernels-cdna3: up to date in $out"
  exit
fi
jobs=${JOBS:-$(nproc)}
mkdir -p "$out"
rm -f "$stamp" "$out"/*.hsaco "$out/manifest.json"

compile() {
  local family=$1
  "$clang" -x hip --offload-arch=gfx942 --cuda-device-only --no-gpu-bundle-output -nogpulib -nogpuinc -nostdinc \
    -ffreestanding -O3 -std=c++17 -Wall -Wextra -Werror -Rpass-analysis=kernel-resource-usage \
    -I "$source" -I "$common" "$source/kernels/$family.hip" -o "$out/$family.hsaco" >"$out/$family.log" 2>&1 ||
    { cat "$out/$family.log" >&2; return 1; }
}

export -f compile
export source common out clang
families=$(cd "$source/kernels" && ls ./*.hip | sed 's|^\./||; s|\.hip$||')
echo "$families" | xargs -P "$jobs" -I{} bash -c 'set -euo pipefail; compile "{}"'

# The compiler's report, one entry to an object. Bytes of scratch count as spills: no kernel has a stack.
for family in $families; do
  awk -v family="$family" '
    function number() { sub(/.*: +/, ""); sub(/ \[-R.*/, ""); return $0 + 0 }
    /remark: Function Name: / { entry = $0; sub(/.*Name: /, "", entry); sub(/ .*/, "", entry) }
    /remark: +VGPRs: / { registers = number() }
    /remark: +AGPRs: / { registers += number() }
    /remark: +ScratchSize / { spills = number() }
    /remark: +VGPRs Spill: / {
      spills += number()
      shape = ""; threads = entry ~ /^(all_reduce_.*|tile_reduce|row_norm|put|unpack|fill)$/ ? 256 : 64; shared = 0
      if (entry ~ /^tile_gemm_/) {
        n = split(entry, part, "_")
        split(part[n - 1], extent, "x"); stages = substr(part[n], 2)
        layout = part[n - 2]
        input = entry; sub(/^tile_gemm_/, "", input); sub("_" layout "_.*", "", input)
        shared = stages * (extent[1] + extent[2]) * 64
        threads = 256
        shape = sprintf("\"input\": \"%s\", \"layout\": \"%s\", \"tileRows\": %d, \"tileCols\": %d, \"tileK\": %d, \"stages\": %d, ",
                        input, layout, extent[1], extent[2], extent[3], stages)
      }
      printf "{\"entry\": \"%s\", \"file\": \"%s.hsaco\", \"arch\": \"gfx942\", %s\"threads\": %d, \"sharedBytes\": %d, \"registers\": %d, \"spills\": %d}\n",
             entry, family, shape, threads, shared, registers, spills
    }' "$out/$family.log"
done | LC_ALL=C sort >"$out/manifest.lines"

{
  printf '{"arch": "gfx942", "compiler": "%s", "kernels": [\n' "$version"
  sed '$!s/$/,/' "$out/manifest.lines"
  printf ']}\n'
} >"$out/manifest.json"

if grep -v '"spills": 0}' "$out/manifest.lines"; then
  echo "kernels-cdna3: the kernels above spill registers" >&2
  exit 1
fi
rm "$out/manifest.lines"
printf '%s\n' "$wanted" >"$stamp"
echo "kernels-cdna3: $(grep -c '"entry"' "$out/manifest.json") entries in $out, none spills"
