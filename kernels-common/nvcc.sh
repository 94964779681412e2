# For the scripts of kernel modules, by `source`: where nvcc is, and whether what it built is what it would build now.
# shellcheck shell=bash

# Sets `nvcc` to the first of NVCC, the one on the PATH, in CUDA_HOME, in CUDA_PATH and in /usr/local/cuda. Fails when
# there is none, or when that is too old, and leaves the reason in `no_nvcc`.
find_nvcc() {
  local place release
  no_nvcc=
  for place in "${NVCC:-}" "$(command -v nvcc || true)" "${CUDA_HOME:+$CUDA_HOME/bin/nvcc}" \
    "${CUDA_PATH:+$CUDA_PATH/bin/nvcc}" /usr/local/cuda/bin/nvcc; do
    [[ -n $place && -x $place && ! -d $place ]] || continue
    nvcc=$place
    release=$("$nvcc" --version 2>/dev/null | sed -n 's/.*release \([0-9]*\)\..*/\1/p')
    if [[ -z $release || $release -lt 13 ]]; then
      no_nvcc="$nvcc is release ${release:-unknown}, and 13 is needed"
      return 1
    fi
    return 0
  done
  no_nvcc="nvcc was not found on the PATH, in CUDA_HOME, CUDA_PATH or /usr/local/cuda"
  return 1
}

# Whether `nvcc` can compile here; a host compiler that is missing or unknown to it is a reason in `no_nvcc` too.
try_nvcc() {
  local folder message
  folder=$(mktemp -d)
  printf '__global__ void probe() {}\n' >"$folder/probe.cu"
  if message=$("$nvcc" -std=c++17 --ptx -o "$folder/probe.ptx" "$folder/probe.cu" 2>&1); then
    rm -rf "$folder"
    return 0
  fi
  rm -rf "$folder"
  no_nvcc="$nvcc cannot compile here: $(head -n 1 <<<"$message")"
  return 1
}

# One hash of the words before `--`, and of the names and contents of all files in the folders behind it.
fingerprint() {
  local words=()
  while [[ $1 != -- ]]; do
    words+=("$1")
    shift
  done
  shift
  {
    printf '%s\n' "${words[@]}"
    for folder; do
      (cd "$folder" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
    done
  } | sha256sum | cut -d ' ' -f 1
}
