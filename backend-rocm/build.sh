#!/bin/sh
# Compiles the JNI library of the ROCm bindings: build.sh GENERATED JAVA_HOME OUT.
# GENERATED is where JavaCPP left its C++. Without g++ it says so and leaves no library, which the probe reports.
set -eu
generated="$1" java="$2" out="$3"
here="$(cd "$(dirname "$0")" && pwd)"
compiler="${CXX:-g++}"
library="$out/libjnicounterpointrocm.so"
without() {
  echo "The JNI library of the ROCm bindings is left out: $1"
  rm -f "$library"
  exit 0
}
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || without "it is for Linux on x86-64"
command -v "$compiler" >/dev/null || without "there is no $compiler"
[ -e "$java/include/jni.h" ] || without "there is no $java/include/jni.h"
# JavaCPP writes its files anew each time, so their content decides, not their age.
inputs="$(cat "$0" "$here"/src/main/cpp/* "$generated"/*.cpp | cksum)"
[ -e "$library" ] && [ "$(cat "$generated/inputs" 2>/dev/null)" = "$inputs" ] && exit 0
mkdir -p "$out"
"$compiler" -std=c++17 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter -Wno-unused-function -Wno-unused-variable \
  -DSTRING_BYTES_CHARSET='"UTF-8"' -I"$here/src/main/cpp" -I"$java/include" -I"$java/include/linux" \
  -shared -Wl,--no-undefined -Wl,--version-script="$here/src/main/cpp/exports.map" -s \
  -o "$library.tmp" "$here/src/main/cpp/library.cpp" "$generated"/*.cpp -ldl
mv "$library.tmp" "$library"
echo "$inputs" > "$generated/inputs"
