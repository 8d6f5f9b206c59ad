#!/usr/bin/env bash
# Made-up requests to every operation of the public document (schemathesis), as nobody and as each kind of person, against the suite in
# one process with demo data in a folder of its own: no 500, no status and no shape that the document does not name. The same seed each
# time; EXAMPLES=… requests an operation, ROLES="citizen admin" for a few of the roles, SEED=….
set -euo pipefail
ME=api-fuzz
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
WANTED=$ROOT/e2e/servers/api-fuzz-requirements.txt
TOOL=$LOCAL/api-fuzz
BIN=$(program_dir "${PROFILE:-dev}")/motcua
[ -x "$BIN" ] || die "$BIN is not there: cargo build -p suite --bin motcua"

if ! { [ -x "$TOOL/bin/schemathesis" ] && cmp -s "$WANTED" "$TOOL/installed.txt"; }; then
  say "schemathesis goes to $TOOL"
  # Debian's python3 has no ensurepip of its own.
  python3 -c 'import ensurepip' 2>/dev/null || packages python3-venv
  python3 -m venv --clear "$TOOL"
  "$TOOL/bin/pip" install --quiet --requirement "$WANTED" </dev/null
  cp "$WANTED" "$TOOL/installed.txt"
fi

WORK=$(mktemp -d "${TMPDIR:-/tmp}/motcua-api-fuzz.XXXXXX")
SUITE=
end() {
  [ -z "$SUITE" ] || { kill "$SUITE" 2>/dev/null || true; wait "$SUITE" 2>/dev/null || true; }
  rm -rf -- "$WORK"
}
trap end EXIT

free_ports() {
  python3 -c 'import socket
s = [socket.socket() for _ in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*(x.getsockname()[1] for x in s))'
}
read -r PORT ADMIN <<<"$(free_ports)"
export MOTCUA_DATA=$WORK/data
"$BIN" serve --demo --bind "127.0.0.1:$PORT" --admin-bind "127.0.0.1:$ADMIN" >"$WORK/log" 2>&1 &
SUITE=$!
for _ in $(seq 600); do
  alive "$SUITE" || die "the suite does not start: $(tail -n 5 "$WORK/log")"
  [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$ADMIN/readyz")" = 200 ] && break
  sleep 0.2
done
# Something to find: one dossier from filing to post.
"$BIN" demo --gateway "http://127.0.0.1:$PORT" >/dev/null

# What would end the run or its own sign-in, and the import of a whole file (it has a fuzz target of its own).
SKIP=(endMySessions revokeToken importProcedures turnOffSecondFactor proposeSecondFactor)
skip=()
for id in "${SKIP[@]}"; do skip+=(--exclude-operation-id "$id"); done

failed=0
for who in ${ROLES:-nobody citizen officer specialist leader agencyadmin admin postoffice integrator}; do
  header=()
  if [ "$who" != nobody ]; then
    # A role that was closed by one of the made-up requests has no token any more.
    token=$("$BIN" token "$who") || { say "$who: no token"; failed=1; continue; }
    header=(--header "Authorization: Bearer $token")
  fi
  say "as $who"
  "$TOOL/bin/schemathesis" run "$ROOT/openapi/public.json" --url "http://127.0.0.1:$PORT" "${header[@]}" "${skip[@]}" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --phases examples,coverage,fuzzing --max-examples "${EXAMPLES:-10}" --seed "${SEED:-6}" --no-shrink --continue-on-failure \
    --generation-database none --request-timeout 20 --warnings off --no-color \
    >"$WORK/$who.txt" 2>&1 || failed=1
  grep -E 'cases|passed|failed|errored|Undocumented|Server error|generated' "$WORK/$who.txt" | sort | uniq -c | sort -rn | head -n 20 >&2 || true
  mkdir -p "$LOCAL/api-fuzz-report"
  cp "$WORK/$who.txt" "$LOCAL/api-fuzz-report/$who.txt"
done
alive "$SUITE" || { failed=1; say "the suite has ended: $(tail -n 5 "$WORK/log")"; }
if grep -c 'internal error' "$WORK/log" >/dev/null; then
  failed=1
  grep 'internal error' "$WORK/log" | head -n 20 >&2
fi
[ "$failed" = 0 ] && say "nothing found" || die "found something: $LOCAL/api-fuzz-report"
