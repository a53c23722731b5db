#!/usr/bin/env bash
# How a sync grows with the book: peak memory, requests and rows of a first and a second sync, by number of accounts.
# Usage: tests/bench/sync.sh [ACCOUNTS ...]   (a release build, loopback only; default 100 1000 10000)
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --quiet
rounds=${CARGO_TARGET_DIR:-target}/release/rounds
today=2026-11-23
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

field() { python3 -c "import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1], {'d': d}))" "$1"; }
total() { field "sum(s['$1'] for s in d['sources'])" <"$2"; }

printf '%9s %7s %10s %10s %9s %9s %8s\n' accounts sync pulled changed requests seconds peak_MB
for accounts in "${@:-100 1000 10000}"; do
  for n in $accounts; do
    home="$work/$n"
    mkdir -p "$home/config"
    "$rounds" practice --accounts "$n" --today "$today" --rate 10000 >"$home/hello" &
    server=$!
    until [ -s "$home/hello" ]; do :; done
    field "d['config']" <"$home/hello" >"$home/config/config.toml"
    while IFS='=' read -r name value; do export "$name=$value"; done < <(field "'\n'.join(k+'='+v for k,v in d['env'].items())" <"$home/hello")
    for pass in first second; do
      /usr/bin/time -f '%M' -o "$home/peak" "$rounds" --config "$home/config" --data "$home/data" sync --json \
        >"$home/$pass.json" 2>"$home/$pass.err"
      printf '%9s %7s %10s %10s %9s %9.1f %8d\n' "$n" "$pass" "$(total pulled "$home/$pass.json")" \
        "$(total changed "$home/$pass.json")" "$(total requests "$home/$pass.json")" \
        "$(field "max(s['seconds'] for s in d['sources'])" <"$home/$pass.json")" "$(($(tail -1 "$home/peak") / 1024))"
    done
    kill "$server" && wait "$server" 2>/dev/null || true
  done
done
