#!/usr/bin/env bash
# What is measured: relay, way of an event and a broker that is away, on servers of the harness's own; then the latencies of the main
# story where a suite runs (GATEWAY).
set -euo pipefail
ME=bench
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# Token checks, sign-ins and what others notice of them, sessions in memory: one service in one process.
sign_in() {
  say "sign-in"
  (cd "$ROOT" && ${CARGO:-cargo} build --locked --workspace --bins --profile "${PROFILE:-dev}" </dev/null)
  "$(program_dir "${PROFILE:-dev}")/sign_in_bench"
}
case ${PART:-} in
  sign-in) sign_in; exit ;;
  "") sign_in ;;
  *) say "there is no part $PART: sign-in, or none for all"; exit 2 ;;
esac
"$ROOT/e2e/servers/faults.sh" --count 0 --faults 0 --kills 0 --figures --broker-away "${BROKER_AWAY:-600}"
case ${GATEWAY:-} in
  http://127.0.0.1:*)
    if [ "$(http_status "${GATEWAY##*:}" /docs)" = "" ]; then
      say "no suite runs at $GATEWAY: start one with make up for the latencies of the main story"
      exit 0
    fi
    ;;
esac
exec "$(program_dir "${PROFILE:-dev}")/motcua" demo --gateway "$GATEWAY" --count "${COUNT:-200}" --concurrency "${CONCURRENCY:-8}" --json
