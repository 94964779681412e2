#!/usr/bin/env bash
# Everything that only a machine with GPUs can tell, in one call: doctor, the conformance kit and the benchmark of all
# operators, on 1, 2 and all GPUs; on a single GPU also with ranks that share it. On Hopper also the checks of
# kernels-sm90, the kit on both sets of kernels, and plain GEMMs of both beside cuBLASLt.
#
#   run.sh BUNDLE RESULTS [STEP...]
#
# BUNDLE is a folder made by `counterpoint bundle`, RESULTS one to write into: JSON and a log for each step, and
# summary.json. A STEP, such as `smoke` or `bench-2`, runs only the steps whose names begin so. What matters most comes
# first, every step has a limit, and none begins when the time is up.
#
#   SECONDS_LEFT   for everything; 1500
#   GPUS           how many to use; all that nvidia-smi lists
#   ROWS, PRESET   the problem that is measured; 4096, llama3-70b
#   LAUNCHES       of the stress test; 20000
#   BACKEND        cuda
#   KERNEL_TEST    a folder with the kernel_test and kernels that BUILD_ONLY=1 kernels-sm90/src/test/cuda/run.sh made,
#                  where there is no nvcc; without it, that script builds them
#
# Exits with 1 if a step failed.
set -uo pipefail

if (($# < 2)) || [[ ! -x $1/bin/counterpoint ]]; then
  sed -n '2,21s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
command=$(cd "$1" && pwd)/bin/counterpoint
mkdir -p "$2" || exit 2
results=$(cd "$2" && pwd)
wanted=("${@:3}")
backend=${BACKEND:-cuda}
gpus=${GPUS:-$(nvidia-smi -L 2>/dev/null | grep -c '^GPU')}
deadline=$((SECONDS + ${SECONDS_LEFT:-1500}))
rows=()
failures=0

# CUDA's libraries often lie where the dynamic linker does not look: in a toolkit's folder or among Python's packages.
find_libraries() {
  local name file
  for name in libcudart.so.13 libnccl.so.2 libcublasLt.so.13 libnvrtc.so.13; do
    ldconfig -p 2>/dev/null | grep -q "$name" && continue
    file=$({
      ls -d "${CUDA_HOME:-/usr/local/cuda}"/lib64/$name* /usr/local/cuda*/lib64/$name*
      timeout 60 find / -xdev -path '*/nvidia/*' -name "$name*"
    } 2>/dev/null | head -n 1)
    if [[ -n $file ]]; then
      LD_LIBRARY_PATH=$(dirname "$file")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    else
      echo "run.sh: $name was not found" >&2
    fi
  done
  export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}
}

is_wanted() {
  local step
  ((${#wanted[@]} == 0)) && return 0
  for step in "${wanted[@]}"; do
    [[ $1 == "$step"* ]] && return 0
  done
  return 1
}

# The strategies of a benchmark and their times, in one line.
times() {
  [[ ! -f $1 ]] || awk -F, '{ sub(/\r$/, "") }
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { printf "%s%s %.0f", (NR > 2 ? ", " : ""), $at["strategy"], $at["median_us"]
      if ($at["status"] != "OK") printf " %s", $at["status"] }' "$1"
}

# step NAME LIMIT COMMAND...: runs one, within its limit and the time that is left, and keeps its last word.
step() {
  local name=$1 limit=$2 status=0 begun=$SECONDS outcome left note
  shift 2
  is_wanted "$name" || return 0
  left=$((deadline - SECONDS))
  if ((left < 20)); then
    rows+=("$name|not begun|0|the time is up")
    return 0
  fi
  echo "== $name"
  timeout --kill-after=20 $((limit < left ? limit : left)) "$@" >"$results/$name.log" 2>&1 </dev/null || status=$?
  case $status in
    0) outcome=ok ;;
    124 | 137) outcome="timed out" ;;
    *) outcome="failed ($status)" ;;
  esac
  ((status == 0)) || failures=$((failures + 1))
  note=$(times "$results/$name.csv")
  [[ -n $note ]] || note=$(grep -E 'passed, .* failed|^auto would|unavailable|Exception' "$results/$name.log" | tail -n 1)
  rows+=("$name|$outcome|$((SECONDS - begun))|${note:0:150}")
  printf '   %s, %d s: %s\n' "$outcome" $((SECONDS - begun)) "${note:0:150}"
}

# How to have so many ranks: that many GPUs, or one that they share.
ranks_of() {
  local count=$1 list=0 i
  if ((count <= gpus)); then
    places=()
    return
  fi
  for ((i = 1; i < count; i++)); do list+=,0; done
  places=(-P "$backend.devices=$list")
}

# conformance KIND COUNT LIMIT [KERNELS]: on the best kernels that the device has, or on one set of them.
conformance() {
  local kind=$1 count=$2 limit=$3 kernels=${4:-} full=()
  [[ $kind != full ]] || full=(--full)
  ranks_of "$count"
  [[ -z $kernels ]] || places+=(-P "$backend.kernels.arch=$kernels")
  step "$kind-$count${kernels:+-$kernels}" "$limit" env CUDA_VISIBLE_DEVICES="$(visible "$count")" "$command" conformance \
    --backend "$backend" --report "$results/$kind-$count${kernels:+-$kernels}" "${full[@]}" "${places[@]}"
}

visible() {
  seq -s , 0 $((($1 < gpus ? $1 : gpus) - 1))
}

bench() {
  local count=$1 operator
  ranks_of "$count"
  for operator in ag-gemm gemm-rs gemm-ar gemm-a2a; do
    step "bench-$count-$operator" 120 env CUDA_VISIBLE_DEVICES="$(visible "$count")" "$command" bench "$operator" \
      --backend "$backend" --ranks "$count" --preset "${PRESET:-llama3-70b}" -m "${ROWS:-4096}" --timeout 20 \
      --json "$results/bench-$count-$operator.json" --csv "$results/bench-$count-$operator.csv" \
      --html "$results/bench-$count-$operator.html" "${places[@]}"
  done
}

# on COUNT NAME LIMIT COMMAND...: one step of the command on so many ranks.
on() {
  local count=$1 name=$2 limit=$3
  shift 3
  ranks_of "$count"
  step "$name-$count" "$limit" env CUDA_VISIBLE_DEVICES="$(visible "$count")" "$command" "$@" --backend "$backend" \
    "${places[@]}"
}

# The kernels on their own, and the table of plain GEMMs that their bench makes.
kernel_checks() {
  local checkout run
  checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)
  run=("$checkout/kernels-sm90/src/test/cuda/run.sh")
  [[ -z ${KERNEL_TEST:-} ]] || run=("$KERNEL_TEST/kernel_test" "$KERNEL_TEST")
  if [[ ! -x ${run[0]} ]]; then
    rows+=("sm90|not begun|0|${run[0]} is not there; see KERNEL_TEST")
    return
  fi
  step sm90-quick 400 env CUDA_VISIBLE_DEVICES=0 "${run[@]}" --quick
  step sm90-bench 300 env CUDA_VISIBLE_DEVICES=0 "${run[@]}" --only bench --json "$results/sm90-bench.json"
}

# One rank has nothing to exchange: sequential is the vendor's GEMM, fused is ours. What one of eight ranks multiplies.
plain_gemms() {
  local shape m n k kernels
  for shape in "1024 6144 12288" "4096 6144 12288" "8192 6144 12288" "4096 7168 8192" "8192 7168 8192" "4096 1280 8192" \
    "1024 12288 6144" "4096 12288 6144" "4096 8192 3584" "8192 8192 3584" "4096 8192 1024" "64 8192 3584"; do
    read -r m n k <<<"$shape"
    for kernels in sm90 sm80; do
      step "gemm-${m}x${n}x$k-$kernels" 60 env CUDA_VISIBLE_DEVICES=0 "$command" bench ag-gemm --backend "$backend" \
        --ranks 1 -m "$m" -n "$n" -k "$k" --strategy sequential,fused -P "$backend.kernels.arch=$kernels" \
        --csv "$results/gemm-${m}x${n}x$k-$kernels.csv" --json "$results/gemm-${m}x${n}x$k-$kernels.json"
    done
  done
}

# The times of plain_gemms side by side, and ours over the vendor's.
plain_table() {
  local file name
  for file in "$results"/gemm-*.csv; do
    [[ -f $file ]] || continue
    name=$(basename "$file" .csv)
    awk -F, -v name="${name#gemm-}" '{ sub(/\r$/, "") }
      NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
      $at["status"] == "OK" { time[$at["strategy"]] = $at["median_us"] }
      END { if (time["sequential"] > 0 && time["fused"] > 0)
        printf "%-24s %9.1f us, cuBLASLt %9.1f us, %.2f of its time\n", name, time["fused"], time["sequential"],
          time["fused"] / time["sequential"] }' "$file"
  done
}

find_libraries
hopper=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | grep -c '^9\.0')
gpus=$((gpus > 0 ? gpus : 1))
counts=$(printf '%d\n' 1 2 "$((gpus > 1 ? gpus : 4))" | sort -nu)

step doctor 60 "$command" doctor
is_wanted doctor && "$command" doctor --json >"$results/doctor.json" 2>/dev/null </dev/null
((hopper == 0)) || kernel_checks
for count in $counts; do conformance smoke "$count" 240; done
if ((hopper > 0)); then
  conformance smoke 1 240 sm80
  plain_gemms
  plain_table | tee "$results/plain-gemms.txt"
fi
for count in $counts; do bench "$count"; done
most=$(tail -n 1 <<<"$counts")
on "$most" overhead 120 bench --host-overhead --ranks "$most" --json "$results/overhead-$most.json"
on "$most" stress 240 stress --ranks "$most" --launches "${LAUNCHES:-20000}" --delays --stop-rank $((most - 1)) \
  --json "$results/stress-$most.json"
for count in $counts; do conformance full "$count" 900; done
((hopper == 0)) || conformance full 1 900 sm80
step compare 120 env CUDA_VISIBLE_DEVICES=0 "$command" conformance --backend "host,$backend" --compare \
  --report "$results/compare"
on "$most" repeat 1200 conformance --repeat 20 --report "$results/repeat-$most"

{
  printf '{"backend": "%s", "gpus": %d, "steps": [' "$backend" "$gpus"
  comma=
  for row in "${rows[@]}"; do
    IFS='|' read -r name outcome seconds note <<<"$row"
    note=${note//\\/\\\\}
    printf '%s\n  {"step": "%s", "outcome": "%s", "seconds": %d, "note": "%s"}' \
      "$comma" "$name" "$outcome" "$seconds" "${note//\"/\\\"}"
    comma=,
  done
  printf '\n]}\n'
} >"$results/summary.json"

echo
printf '%-22s %-12s %5s  %s\n' step outcome s note
for row in "${rows[@]}"; do
  IFS='|' read -r name outcome seconds note <<<"$row"
  printf '%-22s %-12s %5d  %s\n' "$name" "$outcome" "$seconds" "$note"
done
((failures == 0))
