#!/usr/bin/env bash
# The operators on the shapes of large models, every strategy, on all GPUs of a machine; with PyTorch beside it where
# that is there. Prints one table last: what each strategy took, and the fastest of the others.
#
#   measure.sh BUNDLE RESULTS [SHAPE...]
#
# BUNDLE is a folder made by `counterpoint bundle`, RESULTS one to write into: JSON and CSV for each shape. A SHAPE is
# an operator and the whole problem's M, N, K, such as rs:8192x8192x28672 (ag, rs, ar or a2a).
#
#   GPUS           how many ranks; all GPUs that nvidia-smi lists
#   PEERS          a script that takes --ranks N --out FILE and such shapes, and prints one JSON object a line with
#                  op, M, N, K and microseconds by name (sequential, torch); none by default
#   SECONDS_LEFT   no shape is begun after so long; 400
#   LIMIT          seconds for one shape, after which its threads are dumped to its log and it is killed; 30
#   OPTIONS        further options of `bench`, such as "-P cuda.companions=4"
set -uo pipefail

if (($# < 2)) || [[ ! -x $1/bin/counterpoint ]]; then
  sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
command=$(cd "$1" && pwd)/bin/counterpoint
mkdir -p "$2" || exit 2
results=$(cd "$2" && pwd)
shapes=("${@:3}")
((${#shapes[@]} > 0)) || shapes=(ag:8192x57344x8192 rs:8192x8192x28672 ag:4096x57344x8192 rs:4096x8192x28672
  ag:4096x10240x8192 rs:4096x8192x8192 ag:1024x49152x12288 rs:1024x12288x49152 ar:2048x8192x28672 ar:64x8192x28672
  a2a:8192x8192x8192)
ranks=${GPUS:-$(nvidia-smi -L 2>/dev/null | grep -c '^GPU')}
limit=${LIMIT:-30}
deadline=$((SECONDS + ${SECONDS_LEFT:-400}))
declare -A operators=([ag]=ag-gemm [rs]=gemm-rs [ar]=gemm-ar [a2a]=gemm-a2a)

# within LOG COMMAND...: runs it; at the limit its threads say where they are, and it is killed.
within() {
  local log=$1 process ticks=0
  shift
  setsid "$@" >"$log" 2>&1 </dev/null &
  process=$!
  while kill -0 "$process" 2>/dev/null; do
    if ((++ticks > limit * 5)); then
      echo "measure.sh: stopped after $limit s" >>"$log"
      pkill -QUIT -g "$process" java
      sleep 1
      kill -KILL -- "-$process" 2>/dev/null
    fi
    sleep 0.2
  done
  wait "$process"
}

if [[ -n ${PEERS:-} ]]; then
  timeout --kill-after=10 120 python3 "$PEERS" --ranks "$ranks" --out "$results/peers.json" \
    $(printf '%s\n' "${shapes[@]}" | grep -v '^a2a') >"$results/peers.log" 2>&1 ||
    echo "measure.sh: $PEERS failed; its log is $results/peers.log" >&2
fi

rows=()
for shape in "${shapes[@]}"; do
  IFS=':x' read -r op m n k <<<"$shape"
  name=$op-${m}x${n}x$k
  if ((SECONDS > deadline)); then
    rows+=("$shape|not begun: the time is up")
    continue
  fi
  # shellcheck disable=SC2086 # the options are words
  within "$results/$name.log" "$command" bench "${operators[$op]}" --backend cuda --ranks "$ranks" -m "$m" -n "$n" -k "$k" \
    --replay --timeout 5 --iterations 20 --warmup 5 --csv "$results/$name.csv" --json "$results/$name.json" ${OPTIONS:-}
  if [[ -f $results/$name.csv ]]; then
    times=$(awk -F, '{ sub(/\r$/, "") }
      NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
      NR == 2 { printf "gemm %.0f comm %.0f", $at["gemm_us"], $at["comm_us"] }
      { printf "  %s %.0f%s", $at["strategy"], $at["median_us"], $at["status"] == "OK" ? "" : " " $at["status"] }
      $at["status"] == "OK" && (!best || $at["median_us"] < best) { best = $at["median_us"]; sol = $at["to_sol"]; e = $at["efficiency"] }
      END { printf "; best / sol %.2f, E %.2f", sol, e }' \
      "$results/$name.csv")
  else
    times=$(tail -n 1 "$results/$name.log")
  fi
  peer=$(grep -h "\"op\": \"$op\", \"M\": $m, \"N\": $n, \"K\": $k," "$results/peers.log" 2>/dev/null |
    sed -n 's/.*"sequential": \([0-9.]*\).*"torch": \([0-9.]*\).*/  | torch: sequential \1, fused \2/p')
  rows+=("$shape|$times$peer")
done

printf '%-24s %s\n' "on $ranks GPUs" "microseconds, median, slowest rank"
for row in "${rows[@]}"; do
  printf '%-24s %s\n' "${row%%|*}" "${row#*|}"
done
