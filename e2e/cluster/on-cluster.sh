#!/usr/bin/env bash
# The chart on a real cluster, one node is enough: install, helm test, an upgrade while people file, roll-back, helm test.
#
#   IMAGE=REPOSITORY:TAG e2e/cluster/on-cluster.sh         kubectl and helm (3 or 4) must lead to the cluster; the image must be there
#   NAMESPACE=motcua-trial, COUNT=60, KEEP=1               COUNT: dossiers at a time; KEEP: the namespace stays
#   PREVIOUS_IMAGE=REPOSITORY:TAG                          the upgrade is from the release before, and the roll-back leads to it; without, a
#                                                          release is upgraded from itself with another setting. Needs four cores, since
#                                                          the chart before asks for more of them
#   PREVIOUS_CHART=FOLDER                                  its chart; default: e2e/cluster/previous/chart, with the values beside it
#
# With PREVIOUS_IMAGE the roll-back is an upgrade to the chart before that accepts the newer schema: docs/operations/upgrade.md.
# The namespace enforces Pod Security "restricted". Passes only if every dossier that people filed meanwhile went through its whole life and
# no gateway answered anything with 5xx.
set -euo pipefail
ME=on-cluster
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
cd "$ROOT"
: "${IMAGE:?IMAGE=REPOSITORY:TAG}"
NAMESPACE=${NAMESPACE:-motcua-trial}
COUNT=${COUNT:-60}
HELM=${HELM:-helm}
k() { kubectl -n "$NAMESPACE" "$@"; }
values=(-n "$NAMESPACE" -f helm/examples/values-evaluation.yaml --set "image.repository=${IMAGE%:*}" --set-string "image.tag=${IMAGE##*:}" --wait --timeout 15m)
PREVIOUS_CHART=${PREVIOUS_CHART:-e2e/cluster/previous/chart}
if [ -n "${PREVIOUS_IMAGE:-}" ]; then
  before=(-n "$NAMESPACE" -f e2e/cluster/previous/values/values-evaluation.yaml --set "image.repository=${PREVIOUS_IMAGE%:*}" --set-string "image.tag=${PREVIOUS_IMAGE##*:}" --wait --timeout 15m)
fi

WATCHED=$(mktemp -d "${TMPDIR:-/tmp}/motcua-cluster-XXXXXX")
WATCHER=
end() {
  local status=$?
  [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
  if [ $status != 0 ]; then
    k get pods -o wide >&2 || true
    k get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 >&2 || true
  fi
  rm -rf -- "$WATCHED"
  [ -n "${KEEP:-}" ] || kubectl delete namespace "$NAMESPACE" --wait=false >/dev/null 2>&1 || true
  exit $status
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

kubectl create namespace "$NAMESPACE" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
kubectl label --overwrite namespace "$NAMESPACE" pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/enforce-version=latest >/dev/null
if [ -n "${PREVIOUS_IMAGE:-}" ]; then
  say "install the release before, $PREVIOUS_IMAGE"
  "$HELM" install motcua "$PREVIOUS_CHART" "${before[@]}" >/dev/null
else
  say "install"
  "$HELM" install motcua helm/motcua "${values[@]}" >/dev/null
fi
k get pods
say "helm test"
"$HELM" -n "$NAMESPACE" test motcua --timeout 10m >/dev/null || { k logs motcua-story --tail=20 >&2; die "the story failed"; }

# What each gateway has answered with 5xx, asked every second, since a pod takes its count with it.
(
  while :; do
    for pod in $(k get pods -l app.kubernetes.io/component=gateway -o name 2>/dev/null); do
      kubectl get --raw "/api/v1/namespaces/$NAMESPACE/pods/${pod#pod/}:9080/proxy/metrics" 2>/dev/null |
        awk '/^motcua_http_requests_total/ && /status="5/ { n += $NF } END { print n + 0 }' >"$WATCHED/${pod#pod/}.new" &&
        mv "$WATCHED/${pod#pod/}.new" "$WATCHED/${pod#pod/}"
    done
    sleep 1
  done
) &
WATCHER=$!

people() { # NAME: files COUNT dossiers from inside, as the story does
  k delete job "$1" --ignore-not-found >/dev/null
  k apply -f - >/dev/null <<Y
apiVersion: batch/v1
kind: Job
metadata: { name: $1 }
spec:
  backoffLimit: 0
  activeDeadlineSeconds: 1800
  template:
    metadata:
      labels: { app.kubernetes.io/name: motcua, app.kubernetes.io/instance: motcua, app.kubernetes.io/component: story }
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: people
          image: ${PREVIOUS_IMAGE:-$IMAGE}
          command: [/usr/local/bin/motcua, demo, --gateway, "http://motcua-gateway:8080", --count, "$COUNT", --concurrency, "3", --json]
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts: [{ name: tmp, mountPath: /tmp }]
      volumes: [{ name: tmp, emptyDir: { sizeLimit: 64Mi } }]
Y
}
filed() { # NAME
  local i
  for ((i = 0; i < 900; i++)); do
    [ "$(k get job "$1" -o 'jsonpath={.status.succeeded}')" = 1 ] && { k logs "job/$1" | tail -n 1 | head -c 200; echo; return 0; }
    [ "$(k get job "$1" -o 'jsonpath={.status.failed}')" = 1 ] && { k logs "job/$1" --tail=3 >&2; die "people could not file"; }
    sleep 1
  done
  die "people were not done within a quarter of an hour"
}

FILED=0
while_people_file() { # NAME COMMAND…: they begin before it, and go on until it has ended
  local name=$1 n=1 change
  shift
  say "$name while people file"
  people "$name-$n"
  sleep 5
  "$@" >/dev/null &
  change=$!
  filed "$name-$n"
  while alive "$change"; do
    n=$((n + 1))
    people "$name-$n"
    filed "$name-$n"
  done
  wait "$change" || die "the $name failed"
  FILED=$((FILED + n * COUNT))
}
# The servers of the evaluation are single pods: an upgrade that exchanges one of them closes the door on everybody.
servers() { k get pods -l 'app.kubernetes.io/component in (postgres,rabbitmq,redis)' -o 'jsonpath={range .items[*]}{.metadata.uid} {end}'; }
SERVERS=$(servers)
if [ -n "${PREVIOUS_IMAGE:-}" ]; then
  while_people_file upgrade "$HELM" upgrade motcua helm/motcua "${values[@]}"
  while_people_file rollback "$HELM" upgrade motcua "$PREVIOUS_CHART" "${before[@]}" --set migrations.acceptNewerSchema=true
else
  # Another setting of every service is another pod of every service.
  while_people_file upgrade "$HELM" upgrade motcua helm/motcua "${values[@]}" --set defaults.graceSeconds=24
  while_people_file rollback "$HELM" -n "$NAMESPACE" rollback motcua 1 --wait --timeout 15m
fi
[ "$(servers)" = "$SERVERS" ] || die "PostgreSQL, RabbitMQ or Redis was exchanged"
say "helm test"
"$HELM" -n "$NAMESPACE" test motcua --timeout 10m >/dev/null || { k logs motcua-story --tail=20 >&2; die "the story failed after the roll-back"; }
[ "$(find "$WATCHED" -type f ! -name '*.new' | wc -l)" -ge 2 ] || die "the gateways' metrics could not be read"
failed=$(find "$WATCHED" -type f ! -name '*.new' -exec cat {} + | awk '{ n += $1 } END { print n + 0 }')
[ "$failed" = 0 ] || die "$failed requests were answered with 5xx"
restarts=$(k get pods -l motcua-role=service -o 'jsonpath={range .items[*]}{.status.containerStatuses[*].restartCount}{"\n"}{end}' | awk '{ n += $1 } END { print n + 0 }')
say "passed: $FILED dossiers were filed while everything was exchanged twice, not one request failed; restarts: $restarts"
