#!/bin/sh
# Runs counterpoint with the Java runtime beside it, wherever this folder lies.
#
#   COUNTERPOINT_JAVA_OPTS   further options of the JVM
script=$0
while [ -h "$script" ]; do
  target=$(readlink "$script")
  case $target in
    /*) script=$target ;;
    *) script=$(dirname "$script")/$target ;;
  esac
done
home=$(cd "$(dirname "$script")/.." && pwd -P) || exit 3
# shellcheck disable=SC2086 # the options are words
exec "$home/runtime/bin/java" -XX:+UseSerialGC -Xshare:auto \
  -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -Dorg.bytedeco.javacpp.logger=slf4j \
  ${COUNTERPOINT_JAVA_OPTS:-} \
  -cp "$home/lib/*" dev.counterpoint.cli.Main "$@"
