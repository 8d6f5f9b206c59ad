"""Manifests for operators beside the chart: the fields of their kinds that are used here, and no others, by our own reading."""

import copy
import re

import jsonschema
import pytest
import yaml
from render import CHART, EXAMPLES, ROOT, STORED, deployment, rendered, split
from test_kubernetes import FLAG, LIST, NUMBER, TEXT, TEXTS, obj

MANIFESTS = sorted(p.stem for p in EXAMPLES.glob("*.yaml") if not p.name.startswith("values-"))
COUNT = NUMBER | {"minimum": 1}
SIZE = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|[KMGTP]i?)?$"}
SIZES = {"type": "object", "additionalProperties": SIZE}
RESOURCES = obj(requests=SIZES, limits=SIZES)
NAMED = obj(["name"], name=TEXT)
DISK = obj(["size"], size=SIZE)
# Compared with the whole CRDs of the operators by `e2e/cluster/crds.py`.
KINDS = {
    "Cluster.postgresql.cnpg.io/v1": obj(
        ["instances"],
        imageName=TEXT,
        instances=COUNT,
        minSyncReplicas=NUMBER,
        maxSyncReplicas=NUMBER,
        storage=DISK,
        walStorage=DISK,
        resources=RESOURCES,
        affinity=obj(topologyKey=TEXT, podAntiAffinityType=TEXT),
        bootstrap=obj(["initdb"], initdb=obj(["database", "owner"], database=TEXT, owner=TEXT, secret=NAMED)),
        managed=obj(roles=LIST(obj(["name"], name=TEXT, ensure={"type": "string", "enum": ["present", "absent"]}, login=FLAG, passwordSecret=NAMED))),
        postgresql=obj(parameters=TEXTS),
    ),
    "Database.postgresql.cnpg.io/v1": obj(["cluster", "name", "owner"], cluster=NAMED, name=TEXT, owner=TEXT),
    "RabbitmqCluster.rabbitmq.com/v1beta1": obj(
        replicas=COUNT,
        tls=obj(secretName=TEXT, disableNonTLSListeners=FLAG),
        persistence=obj(storage=SIZE),
        resources=RESOURCES,
        affinity=obj(
            podAntiAffinity=obj(
                requiredDuringSchedulingIgnoredDuringExecution=LIST(obj(["topologyKey"], topologyKey=TEXT, labelSelector=obj(matchLabels=TEXTS))),
            )
        ),
        rabbitmq=obj(additionalConfig=TEXT),
    ),
}


def errors(document):
    kind = f"{document.get('kind')}.{document.get('apiVersion')}"
    if kind not in KINDS:
        return [f"{kind}: no operator that we know has such a kind"]
    schema = obj(["apiVersion", "kind", "metadata", "spec"], apiVersion=TEXT, kind=TEXT, metadata=NAMED, spec=KINDS[kind])
    return [f"{kind}: {e.json_path}: {e.message[:200]}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]


def documents(name):
    return split((EXAMPLES / f"{name}.yaml").read_text())


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_is_what_its_operator_takes(name):
    made = documents(name)
    assert made
    found = [e for d in made for e in errors(d)]
    assert not found, "\n".join(found)


def test_the_database_bears_the_largest_production():
    """All pods that autoscaling may make, and the one more of each service while pods are exchanged."""
    each = int(re.search(r"Connections: pods × (\d+)", (ROOT / "docs" / "operations" / "install.md").read_text())[1])
    scaled = {d["spec"]["scaleTargetRef"]["name"]: d["spec"].get("maxReplicas") or d["spec"]["maxReplicaCount"] for d in rendered("production") if d["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")}
    pods = 0
    for service in STORED:
        spec = deployment("production", service)["spec"]
        pods += (scaled.get(f"motcua-{service}") or spec["replicas"]) + spec["strategy"]["rollingUpdate"]["maxSurge"]
    cluster = next(d for d in documents("cloudnative-pg") if d["kind"] == "Cluster")
    assert pods > 3 * len(STORED)
    # What PostgreSQL keeps for superusers, the Jobs, the operator's own.
    assert int(cluster["spec"]["postgresql"]["parameters"]["max_connections"]) >= pods * each + 20, pods


def test_the_backup_has_the_major_version_of_the_server():
    cluster = next(d for d in documents("cloudnative-pg") if d["kind"] == "Cluster")
    image = yaml.safe_load((CHART / "values.yaml").read_text())["backup"]["image"]
    assert re.search(r":(\d+)$", cluster["spec"]["imageName"])[1] == re.search(r":(\d+)$", image)[1]


def test_the_secrets_of_the_database_are_those_of_production():
    """One for the operator and one for the chart, of each service."""
    cluster = next(d for d in documents("cloudnative-pg") if d["kind"] == "Cluster")["spec"]
    logins = {r["passwordSecret"]["name"] for r in cluster["managed"]["roles"]} | {cluster["bootstrap"]["initdb"]["secret"]["name"]}
    assert logins == {f"motcua-{s}-login" for s in STORED}
    text = (EXAMPLES / "values-production.yaml").read_text()
    assert all(f"motcua-{s}-app" in text for s in STORED)


# Planted faults: manifest, kind, what is done to it.
FAULTS = {
    "an unknown kind": ("cloudnative-pg", "Cluster", lambda d: d.update(kind="Clusterr")),
    "an unknown version": ("rabbitmq-cluster", "RabbitmqCluster", lambda d: d.update(apiVersion="rabbitmq.com/v1")),
    "an unknown field": ("cloudnative-pg", "Cluster", lambda d: d["spec"].update(instance=3)),
    "an unknown field deep below": ("cloudnative-pg", "Cluster", lambda d: d["spec"]["managed"]["roles"][0].update(passwordSecretName="x")),
    "a wrong type": ("cloudnative-pg", "Cluster", lambda d: d["spec"].update(instances="3")),
    "a parameter that is no text": ("cloudnative-pg", "Cluster", lambda d: d["spec"]["postgresql"]["parameters"].update(max_connections=400)),
    "a word that is none": ("cloudnative-pg", "Cluster", lambda d: d["spec"]["managed"]["roles"][0].update(ensure="there")),
    "too few": ("cloudnative-pg", "Cluster", lambda d: d["spec"].update(instances=0)),
    "a required field that is missing": ("cloudnative-pg", "Database", lambda d: d["spec"].pop("owner")),
    "no specification": ("cloudnative-pg", "Database", lambda d: d.pop("spec")),
    "no name": ("rabbitmq-cluster", "RabbitmqCluster", lambda d: d["metadata"].pop("name")),
    "a misspelt switch": ("rabbitmq-cluster", "RabbitmqCluster", lambda d: d["spec"]["tls"].update(disableNonTlsListeners=True)),
    "a size that is none": ("rabbitmq-cluster", "RabbitmqCluster", lambda d: d["spec"]["persistence"].update(storage="20 gigabytes")),
    "a list that is none": ("rabbitmq-cluster", "RabbitmqCluster", lambda d: d["spec"]["affinity"]["podAntiAffinity"].update(requiredDuringSchedulingIgnoredDuringExecution={})),
}


@pytest.mark.parametrize("what", FAULTS)
def test_the_check_itself_sees(what):
    name, kind, fault = FAULTS[what]
    good = next(d for d in documents(name) if d["kind"] == kind)
    assert not errors(good)
    bad = copy.deepcopy(good)
    fault(bad)
    assert errors(bad), what
