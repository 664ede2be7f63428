#!/bin/sh
# Says whether Java and Maven are here; as root on Debian it installs them when they are missing.
set -eu
missing=""
command -v javac >/dev/null || missing="openjdk-17-jdk-headless"
command -v mvn >/dev/null || missing="$missing maven"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "HAPI FHIR needs Java 17 and Maven. Install: $missing" >&2
    exit 1
fi
echo "installing with apt-get, for HAPI FHIR: $missing" >&2
apt-get update -q >&2
# shellcheck disable=SC2086 # two names, not one
apt-get install -q -y --no-install-recommends $missing >&2
