"""Manifests for operators beside the chart: their own schemas, trimmed by e2e/cluster/crds.py to the fields that are used here."""

import copy
import json
import pathlib

import jsonschema
import pytest
from render import EXAMPLES, split

CRDS = pathlib.Path(__file__).parent / "crds"
MANIFESTS = sorted(p.stem for p in EXAMPLES.glob("*.yaml") if not p.name.startswith("values-"))


def schemas():
    return {kind: schema for file in CRDS.glob("*.json") for kind, schema in json.loads(file.read_text())["schemas"].items()}


def errors(document):
    kind = f"{document.get('kind')}.{document.get('apiVersion')}"
    schema = schemas().get(kind)
    if schema is None:
        return [f"{kind}: no operator that we know has such a kind"]
    return [f"{kind}: {e.json_path}: {e.message[:200]}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]


def documents(name):
    return split((EXAMPLES / f"{name}.yaml").read_text())


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_is_what_its_operator_takes(name):
    made = documents(name)
    assert made
    found = [e for d in made for e in errors(d)]
    assert not found, "\n".join(found)


def test_every_schema_says_where_it_comes_from():
    assert {p.stem for p in CRDS.glob("*.json")} == set(MANIFESTS)
    for file in CRDS.glob("*.json"):
        made = json.loads(file.read_text())
        assert made["origin"] and made["licence"] and made["schemas"], file.name


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
