#!/usr/bin/env bash
# Builds the programs and runs the fault harness on servers of its own: arguments go to it (`faults.sh --help`).
set -euo pipefail
ME=faults
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
PROFILE=${PROFILE:-dev}
# Only for a clock that is off; without it that fault is left out, and said so.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; then
  say "installing libfaketime"
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libfaketime </dev/null >/dev/null 2>&1 || say "libfaketime cannot be installed"
fi
say "building"
cargo build --workspace --bins --profile "$PROFILE" </dev/null
exec "$(program_dir "$PROFILE")/faults" --logs "$LOCAL/faults-logs" "$@"
