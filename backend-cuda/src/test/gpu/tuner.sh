#!/usr/bin/env bash
# How good the tuner is on GPUs: what it chooses and predicts for shapes that it has not seen, what the signaled strategy
# gains on FlashOverlap's shapes, what packing its tiles costs, and which strategy wins where. Prints one table last.
#
#   tuner.sh BUNDLE RESULTS [STEP...]
#
# BUNDLE is a folder made by `counterpoint bundle`, RESULTS one to write into: JSON and a log for each step, summary.json,
# and a report named by the date. A STEP (tune, validate, signaled, reorder, map, exhaustive) runs only steps whose names begin so; all but
# signaled and reorder use the curves that tune samples, in RESULTS/cache.
#
#   GPUS           how many ranks; 2
#   SECONDS_LEFT   for everything, divided among the steps; 460
#   SHAPES         unseen random shapes of each operator; 16
#   SIZE           divides the M, N and K of the fixed shapes, for machines without GPUs; 1
#   BACKEND        cuda
#   OPTIONS        further options of every command, such as "--link 1GB/s"
#
# Exits with 1 if a step failed.
set -uo pipefail

if (($# < 2)) || [[ ! -x $1/bin/counterpoint ]]; then
  sed -n '2,19s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
command=$(cd "$1" && pwd)/bin/counterpoint
mkdir -p "$2" || exit 2
results=$(cd "$2" && pwd)
wanted=("${@:3}")
ranks=${GPUS:-2}
left=${SECONDS_LEFT:-460}
shapes=${SHAPES:-16}
size=${SIZE:-1}
operators=(ag-gemm gemm-rs gemm-ar gemm-a2a)
common=(--backend "${BACKEND:-cuda}" --ranks "$ranks")
begun=$SECONDS
rows=()
failures=0

is_wanted() {
  local step
  ((${#wanted[@]} == 0)) && return 0
  for step in "${wanted[@]}"; do
    [[ $1 == "$step"* ]] && return 0
  done
  return 1
}

# part HUNDREDTHS: so many of the seconds that there were, and at least one.
part() {
  local seconds=$((left * $1 / 100))
  echo $((seconds > 0 ? seconds : 1))
}

# run NAME LIMIT ARGUMENTS...: a command with a log of its own; at the limit its threads say where they are, and it is
# killed.
run() {
  local log=$results/$1.log limit=$2 process ticks=0
  local rest=$((left - SECONDS + begun))
  if ((rest <= 0)); then
    echo "tuner.sh: not begun, the time is up" >"$log"
    return 1
  fi
  ((limit <= rest)) || limit=$rest
  # shellcheck disable=SC2086 # the options are words
  setsid "$command" "${@:3}" "${common[@]}" -P "tuning.cache=$results/cache" ${OPTIONS:-} >"$log" 2>&1 </dev/null &
  process=$!
  while kill -0 "$process" 2>/dev/null; do
    if ((++ticks > limit * 5)); then
      echo "tuner.sh: stopped after $limit s" >>"$log"
      pkill -QUIT -g "$process" java
      sleep 1
      kill -KILL -- "-$process" 2>/dev/null
    fi
    sleep 0.2
  done
  wait "$process" && return 0
  failures=$((failures + 1))
  return 1
}

# line NAME PATTERN: the last line of a log that has the pattern, else its last line.
line() {
  grep -- "$2" "$results/$1.log" | tail -n 1 | grep . || tail -n 1 "$results/$1.log"
}

if is_wanted tune; then
  run sample "$(part 25)" tune gemm-rs -m $((4096 / size)) -n $((4096 / size)) -k $((4096 / size)) --iterations 3 --resample
  rows+=("sample|$(line sample '^gemm-rs')")
  for operator in "${operators[@]}"; do
    run "tune-$operator" "$(part 8)" tune "$operator" --random 6 --seed 21 --iterations 10 --budget "$(part 3)" \
      --json "$results/tune-$operator.json"
    rows+=("tune $operator|$(line "tune-$operator" 'prediction error')")
  done
fi

if is_wanted validate; then
  for operator in "${operators[@]}"; do
    run "validate-$operator" "$(part 12)" tune "$operator" --random "$shapes" --seed 22 --iterations 10 --validate \
      --budget "$(part 6)" --json "$results/validate-$operator.json"
    rows+=("validate $operator|$(line "validate-$operator" 'prediction error')")
    rows+=("|$(line "validate-$operator" 'gain over sequential')")
  done
fi

# FlashOverlap's shapes; its K is that of one device.
if is_wanted signaled; then
  for shape in ar:8192x8192x4096 rs:8192x8192x4096 a2a:8192x8192x4096 ar:8192x8192x8192 rs:8192x8192x8192 \
    ar:4096x8192x8192 rs:16384x8192x2048 a2a:4096x8192x8192 ar:2048x8192x8192 rs:16384x8192x4096; do
    IFS=':x' read -r op m n k <<<"$shape"
    [[ $op == a2a ]] || k=$((k * ranks))
    name=signaled-${shape/:/-}
    rm -f "$results/$name.csv"
    run "$name" "$(part 7)" bench "gemm-$op" -m $((m / size)) -n $((n / size)) -k $((k / size)) \
      --strategy sequential,signaled,auto --replay --timeout 5 --iterations 20 --warmup 5 \
      --csv "$results/$name.csv" --json "$results/$name.json"
    if [[ -f $results/$name.csv ]]; then
      rows+=("$shape|$(awk -F, '{ sub(/\r$/, "") }
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["strategy"] ~ /^sequential/ { base = $at["median_us"] }
        { printf "%s%s %.0f µs %.2f×%s", NR > 2 ? "  " : "", $at["strategy"], $at["median_us"], base / $at["median_us"],
            $at["status"] == "OK" ? "" : " " $at["status"] }' "$results/$name.csv")")
    else
      rows+=("$shape|$(tail -n 1 "$results/$name.log")")
    fi
  done
fi

if is_wanted reorder; then
  for shape in 256x8192x8192 2048x8192x8192 8192x8192x4096; do
    IFS=x read -r m n k <<<"$shape"
    run "reorder-$shape" "$(part 6)" bench --reorder-overhead -m $((m / size)) -n $((n / size)) -k $((k / size)) \
      --iterations 20 --warmup 5 --json "$results/reorder-$shape.json"
    for kernel in 'tile GEMM' RMSNorm; do
      rows+=("reorder $shape|$(line "reorder-$shape" "^$kernel")")
    done
  done
fi

if is_wanted map; then
  for operator in "${operators[@]}"; do
    run "map-$operator" "$(part 8)" tune "$operator" -k $((8192 / size)) --map "$results/map-$operator.svg"
    rows+=("map $operator|$(line "map-$operator" wrote)")
  done
fi

if is_wanted exhaustive; then
  for operator in "${operators[@]}"; do
    run "exhaustive-$operator" "$(part 10)" tune "$operator" --random 4 --seed 23 --iterations 5 --validate --exhaustive \
      --budget "$(part 2)" --json "$results/exhaustive-$operator.json"
    rows+=("exhaustive $operator|$(line "exhaustive-$operator" 'of the fastest')")
  done
fi

for row in "${rows[@]}"; do
  printf '%-26s %s\n' "${row%%|*}" "${row#*|}"
done | tee "$results/table.txt"

# What the commands wrote, by name, with what their tables said.
{
  printf '{"ranks": %d, "seconds": %d, "failures": %d, "steps": {' "$ranks" $((SECONDS - begun)) "$failures"
  comma=
  for file in "$results"/{tune,validate,exhaustive,signaled,reorder}-*.json; do
    [[ -s $file ]] || continue
    printf '%s\n"%s": ' "$comma" "$(basename "$file" .json)"
    cat "$file"
    comma=,
  done
  printf '}}\n'
} >"$results/summary.json"

# For people: what it ran on, with what, and the table.
report=$results/$(date -u +%F)-${BACKEND:-cuda}-tuner.md
{
  printf '# The tuner on %d devices, %s\n\n' "$ranks" "$(date -u +%F)"
  printf 'By `tuner.sh`, `BACKEND=%s GPUS=%d SHAPES=%d SIZE=%d OPTIONS="%s"`, of %s; steps: %s; %d s, %d failed.\n\n' \
    "${BACKEND:-cuda}" "$ranks" "$shapes" "$size" "${OPTIONS:-}" "$("$command" --version | head -n 1)" \
    "${wanted[*]:-all}" $((SECONDS - begun)) "$failures"
  nvidia-smi --query-gpu=index,name,driver_version,clocks.max.sm --format=csv,noheader 2>/dev/null | sed 's/^/- GPU /'
  printf '\n| step | what it said |\n|---|---|\n'
  for row in "${rows[@]}"; do
    printf '| %s | %s |\n' "${row%%|*}" "${row#*|}"
  done
} >"$report"
echo "$((SECONDS - begun)) s, $failures failed; $results/summary.json, $report"
((failures == 0))
