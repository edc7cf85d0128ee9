#!/bin/sh
# Shows that the chaos tests work: breaks the product on purpose, each way in a copy of this checkout, and demands that a
# run finds it: chaos-tests/sabotage.sh [name ...], a name being one of chaos-tests/sabotage/*.patch; all without one.
# Needs what the build needs, and `patch`. Each takes a build and a run of two minutes; the copies are removed.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/querator-sabotage-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What brings each to light.
faults() {
  case $1 in
    no-fence) echo pause-node,pause-leader,isolate-node ;;
    early-answer) echo kill-node,kill-database,lose-commits ;;
    no-lease-log) echo kill-node,stop-node ;;
    grant-before-release) echo drain-node ;;
    *) echo "no faults are known for '$1'" >&2; return 1 ;;
  esac
}

if [ $# -eq 0 ]; then
  set -- $(cd "$root/chaos-tests/sabotage" && ls | sed 's/\.patch$//')
fi

missed=
for name in "$@"; do
  patch_file=$root/chaos-tests/sabotage/$name.patch
  [ -f "$patch_file" ] || { echo "no such sabotage: $name" >&2; exit 2; }
  chosen=$(faults "$name")
  echo "== $name: building"
  copy=$work/$name
  mkdir "$copy"
  (cd "$root" && tar -cf - --exclude=target --exclude=.git --exclude=./data .) | tar -xf - -C "$copy"
  patch -s -d "$copy" -p1 <"$patch_file"
  status=0
  "$copy/querator" chaos --minutes 2 --seed "${SEED:-1}" --faults "$chosen" --report "$work/report-$name" \
    >"$work/$name.log" 2>&1 || status=$?
  grep -E 'violations;|^[A-Z_]+: ' "$work/$name.log" | head -n 6 || true
  if [ "$status" -eq 1 ]; then
    echo "== $name: found"
  else
    tail -n 20 "$work/$name.log"
    echo "== $name: NOT found (the run ended with $status)"
    missed="$missed $name"
  fi
  rm -rf "$copy"
done

if [ -n "$missed" ]; then
  echo "not found:$missed" >&2
  exit 1
fi
echo "all were found"
