"""on-cluster.sh has no cluster here: what it names must be in what it installs, and what it applies must pass what it enforces."""

import json
import os
import re
import subprocess

import pytest
import yaml
from render import ROOT, documents, key, merge, pod, pods, rendered, values
from test_kubernetes import VERSIONS, errors
from test_policy import restricted

SCRIPT = (ROOT / "e2e" / "cluster" / "on-cluster.sh").read_text()


def people():
    """The Job that files dossiers, as the shell writes it."""
    text = re.search(r"<<Y\n(.*?)\nY\n", SCRIPT, re.S)[1]
    for name, value in {"$1": "upgrade", "${PREVIOUS_IMAGE:-$IMAGE}": "motcua:0.1.0", "$COUNT": "60"}.items():
        text = text.replace(name, value)
    assert "$" not in text, text
    return yaml.safe_load(text)


def test_what_it_installs_is_a_set_that_is_checked():
    assert "helm/examples/values-evaluation.yaml" in SCRIPT
    wanted = set(re.findall(r"--set(?:-string)? \"?([a-zA-Z.]+)=", SCRIPT))
    assert wanted == {"image.repository", "image.tag", "defaults.graceSeconds", "migrations.acceptNewerSchema"}
    documents(merge(values("evaluation"), {"image": {"repository": "r", "tag": "t"}, "defaults": {"replicas": 1, "graceSeconds": 24}}))


def test_what_it_names_is_there():
    made = {key(d) for d in rendered("evaluation")}
    assert re.findall(r"k logs (motcua-\S+)", SCRIPT) and {("Pod", n) for n in re.findall(r"k logs (motcua-\S+)", SCRIPT)} <= made
    for host, port in re.findall(r"http://(motcua-[a-z]+):(\d+)", SCRIPT):
        service = next(d for d in rendered("evaluation") if key(d) == ("Service", host))
        assert int(port) in {p["port"] for p in service["spec"]["ports"]}
    databases = set(re.search(r"component in \(([a-z,]+)\)", SCRIPT)[1].split(","))
    assert databases == {m["labels"]["app.kubernetes.io/component"] for d, m, _ in pods("evaluation") if d["kind"] == "StatefulSet"}
    for label in re.findall(r"-l ([a-z./-]+=[a-z]+)", SCRIPT):
        name, value = label.split("=")
        assert [d for d, m, _ in pods("evaluation") if m["labels"].get(name) == value], f"no pod has {label}"
    admin = int(re.search(r":(\d+)/proxy/metrics", SCRIPT)[1])
    gateway = next(s for d, _, s in pods("evaluation") if key(d) == ("Deployment", "motcua-gateway"))
    assert {p["containerPort"] for p in gateway["containers"][0]["ports"] if p["name"] == "admin"} == {admin}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_it_applies_is_valid(version):
    assert not errors(people(), version)


def test_what_it_applies_passes_what_it_enforces():
    assert "pod-security.kubernetes.io/enforce=restricted" in SCRIPT
    job = people()
    restricted(job, pod(job)[1])
    # The labels by which the policies let the story's pod, and nobody else, to the gateway.
    story = next(m["labels"] for d, m, _ in pods("evaluation") if key(d) == ("Pod", "motcua-story"))
    labels = pod(job)[0]["labels"]
    assert labels.items() <= story.items()
    policy = next(d for d in rendered("evaluation") if key(d) == ("NetworkPolicy", "motcua-story"))
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    # No Service takes it for one of its own.
    assert not [d for d in rendered("evaluation") if d["kind"] == "Service" and d["spec"]["selector"].items() <= labels.items()]


# A cluster that does as it is told: what is asked goes into a file, and one answer or the other is bad.
KUBECTL = """#!/bin/bash
echo "kubectl $*" >>"$SAID"
case "$*" in
  *"create namespace"*) echo 'kind: Namespace' ;;
  *"apply -f -"*) cat >/dev/null ;;
  *--raw*) echo 'motcua_http_requests_total{service="gateway",status="200"} 7'; echo "motcua_http_requests_total{service=\\"gateway\\",status=\\"503\\"} $BAD" ;;
  *component=gateway*) echo pod/motcua-gateway-1; echo pod/motcua-gateway-2 ;;
  *status.succeeded*) [ "$JOBS" = fail ] || echo 1 ;;
  *status.failed*) [ "$JOBS" != fail ] || echo 1 ;;
  *motcua-role=service*) echo 0; echo 0 ;;
  *"component in"*) [ -z "$EXCHANGED" ] || date +%N; echo uid ;;
esac
"""
HELM = """#!/bin/bash
echo "helm $*" >>"$SAID"
case "$*" in *upgrade*) /bin/sleep 1; exit "$UPGRADE" ;; esac
"""
SLEEP = "#!/bin/bash\nexec /bin/sleep 0.05\n"


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({}, 0, "dossiers were filed while everything was exchanged twice, not one request failed; restarts: 0"),
        ({"BAD": "1"}, 1, "2 requests were answered with 5xx"),
        ({"UPGRADE": "1"}, 1, "the upgrade failed"),
        ({"JOBS": "fail"}, 1, "people could not file"),
        ({"EXCHANGED": "1"}, 1, "PostgreSQL, RabbitMQ or Redis was exchanged"),
        ({"PREVIOUS_IMAGE": "r/motcua:0"}, 0, "not one request failed"),
        ({"PREVIOUS_IMAGE": "r/motcua:0", "PREVIOUS_CHART": "elsewhere.tgz", "BAD": "1"}, 1, "2 requests were answered with 5xx"),
    ],
)
def test_its_way_through_a_cluster(tmp_path, more, code, words):
    for name, text in {"kubectl": KUBECTL, "helm": HELM, "sleep": SLEEP}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    said = tmp_path / "said"
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SAID": str(said), "IMAGE": "r/motcua:1", "BAD": "0", "UPGRADE": "0", "JOBS": "", "EXCHANGED": "", "TMPDIR": str(tmp_path), **more}
    out = subprocess.run(["bash", str(ROOT / "e2e" / "cluster" / "on-cluster.sh")], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert out.returncode == code and words in out.stderr, f"{out.returncode}: {out.stderr}"
    asked = said.read_text()
    helm = [line.split()[1 if line.split()[1] != "-n" else 3] for line in asked.split("\n") if line.startswith("helm ")]
    previous = "PREVIOUS_IMAGE" in more
    back = "upgrade" if previous else "rollback"
    assert helm == ["install", "test", "upgrade", back, "test"][: len(helm)] and (code or len(helm) == 5)
    said_to = [line for line in asked.split("\n") if line.startswith("helm ") and ("install" in line or "upgrade" in line)]
    if previous:
        chart = more.get("PREVIOUS_CHART", "e2e/cluster/previous/chart")
        assert [line.split()[3] for line in said_to] == [chart, "helm/motcua", chart]
        assert ["image.tag=0" in line for line in said_to] == [True, False, True] == ["previous/values/values-evaluation.yaml" in line for line in said_to]
        assert ["migrations.acceptNewerSchema=true" in line for line in said_to] == [False, False, True], "the schema stays"
    assert "delete namespace motcua-trial" in asked.split("\n")[-2], "it leaves nothing behind"


def test_the_release_before_can_be_what_it_begins_with():
    folder = ROOT / "e2e" / "cluster" / "previous"
    assert (folder / "chart" / "Chart.yaml").exists() and yaml.safe_load((folder / "values" / "values-evaluation.yaml").read_text())["evaluation"]["enabled"]
    schema = json.loads((folder / "chart" / "values.schema.json").read_text())
    assert "acceptNewerSchema" in schema["properties"]["migrations"]["properties"]
