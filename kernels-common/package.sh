#!/usr/bin/env bash
# Puts the kernels of a module where its backend finds them on the class path:
#
#   package.sh MODULE NAME CLASSES sources [FOLDER...]
#                                                 the sources of MODULE and the shared ones, and a list of them; and
#                                                 each FOLDER of another module's sources, under its own name
#   package.sh MODULE NAME CLASSES kernels SKIP   what MODULE/build.sh makes where it can; when SKIP is true, only
#                                                 what it has made already of these sources
#
# They lie under META-INF/counterpoint/kernels/NAME in the folder CLASSES. Without built kernels the backend compiles
# the sources at first use, so nothing here fails for want of a compiler.
set -euo pipefail
shopt -s nullglob

common=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$1" && pwd)
name=$2
target=$3/META-INF/counterpoint/kernels/$name
what=$4
skip=${5:-false}
more=("${@:5}")

sources() {
  rm -rf "$target/source"
  mkdir -p "$target/source"
  cp -R "$common/src/main/cpp/." "$target/source/"
  local own folder
  for folder in "${more[@]}"; do
    cp -R "$folder" "$target/source/"
  done
  for own in cuda hip; do
    [[ ! -d $module/src/main/$own ]] || cp -R "$module/src/main/$own/." "$target/source/"
  done
  (cd "$target/source" && find . -type f | sed 's|^\./||' | LC_ALL=C sort) >"$target/index.txt"
  mv "$target/index.txt" "$target/source/index.txt"
}

kernels() {
  local status=0
  rm -f "$target"/*.{fatbin,hsaco} "$target/manifest.json"
  if [[ $skip != true ]]; then
    "$module/build.sh" || status=$?
    if ((status != 0 && status != 3)); then # 3: there is no compiler, which is no failure
      echo "kernels-$name: with -Dkernels.skip the jar is made without them" >&2
      return 1
    fi
  fi
  if "$module/build.sh" --current; then
    cp "$module"/target/kernels/*.{fatbin,hsaco} "$module/target/kernels/manifest.json" "$target/"
  fi
}

case $what in
  sources) sources ;;
  kernels) kernels ;;
  *) echo "package.sh: '$what' is neither sources nor kernels" >&2 && exit 2 ;;
esac
