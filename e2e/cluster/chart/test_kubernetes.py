"""What the API server would say: strict schemas of several versions, all errors, unknown kinds refused."""

import json
import pathlib
import re

import jsonschema
import kubernetes_validate
import pytest
from referencing import Registry, Resource
from render import EXAMPLES, SETS, key, rendered, split

VERSIONS = ["1.30", "1.32", "1.34", "1.36", "1.37"]
SCHEMAS = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


def obj(required=(), **properties):
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


TEXT, NUMBER, FLAG, TEXTS = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "object", "additionalProperties": {"type": "string"}}
LIST = lambda items: {"type": "array", "items": items, "minItems": 1}  # noqa: E731
# Custom resources: the fields of them that we use, and no others. Unlike the schemas above, these are our own reading; it and what the chart
# renders agree with the whole CRDs of prometheus-operator 6adcebc5, keda 8b4f083c and gateway-api 4564255a (`e2e/cluster/crds.py`).
CUSTOM = {
    "ServiceMonitor.monitoring.coreos.com/v1": obj(
        ["selector", "endpoints"],
        selector=obj(["matchLabels"], matchLabels=TEXTS),
        namespaceSelector=obj(matchNames=LIST(TEXT)),
        endpoints=LIST(obj(["port"], port=TEXT, path=TEXT, interval={"type": "string", "pattern": "^[0-9]+s$"}, honorLabels=FLAG)),
    ),
    "PrometheusRule.monitoring.coreos.com/v1": obj(
        ["groups"],
        groups=LIST(obj(["name", "rules"], name=TEXT, rules=LIST(obj(["expr"], alert=TEXT, record=TEXT, expr=TEXT, labels=TEXTS, annotations=TEXTS, **{"for": TEXT})))),
    ),
    "ScaledObject.keda.sh/v1alpha1": obj(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=obj(["name"], name=TEXT),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        cooldownPeriod=NUMBER,
        triggers=LIST(obj(["type", "metadata"], type={"enum": ["cpu", "prometheus"]}, metricType=TEXT, metadata=TEXTS)),
    ),
    "HTTPRoute.gateway.networking.k8s.io/v1": obj(
        ["parentRefs"],
        parentRefs=LIST(obj(["name"], name=TEXT, namespace=TEXT, sectionName=TEXT)),
        hostnames=LIST(TEXT),
        rules=LIST(
            obj(
                matches=LIST(obj(path=obj(["type", "value"], type={"enum": ["PathPrefix"]}, value=TEXT))),
                backendRefs=LIST(obj(["name", "port"], name=TEXT, port=NUMBER)),
            )
        ),
    ),
}


def errors(document, version):
    kind, api = document.get("kind", ""), document.get("apiVersion", "")
    custom = CUSTOM.get(f"{kind}.{api}")
    if custom:
        schema = obj(["apiVersion", "kind", "metadata", "spec"], apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, spec=custom)
        validator = jsonschema.Draft202012Validator(schema)
    else:
        folder = SCHEMAS / f"v{version}.0-local-strict"
        assert folder.is_dir(), f"no schemas of {version}"
        file = folder / f"{kind.lower()}-{re.sub(r'^([^./]*)(?:[.][^/]*)?/', chr(92) + '1-', api)}.json"
        if not file.exists():
            return [f"{kind} {api} does not exist in {version}"]
        registry = Registry()
        schema = json.loads(file.read_text())
        definitions = definitions_of(folder)
        registry = Resource.from_contents(schema) @ registry
        registry = definitions @ registry
        validator = jsonschema.Draft202012Validator(schema, registry=registry)
    return [f"{kind}/{document['metadata']['name']}: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(document)]


_DEFINITIONS = {}


def definitions_of(folder):
    if folder not in _DEFINITIONS:
        _DEFINITIONS[folder] = Resource.from_contents(json.loads((folder / "_definitions.json").read_text()))
    return _DEFINITIONS[folder]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_valid(version):
    seen, found = set(), []
    for name in SETS:
        for document in rendered(name):
            text = json.dumps(document, sort_keys=True)
            if text not in seen:
                seen.add(text)
                found += errors(document, version)
    assert not found, "\n".join(found)


def test_the_check_itself_sees_errors():
    """Planted faults: each must be found, or the test above proves nothing."""
    good = next(d for d in rendered("minimal") if key(d) == ("Deployment", "motcua-dossier"))
    container = lambda d: d["spec"]["template"]["spec"]["containers"][0]  # noqa: E731
    faults = [
        lambda d: d["spec"].update(replicas="two"),
        lambda d: container(d).update(imagee="x"),
        lambda d: container(d)["livenessProbe"]["httpGet"].pop("port"),
        lambda d: container(d)["securityContext"].update(readOnlyRootFilesytem=True),
        lambda d: d.update(apiVersion="apps/v1beta1"),
        lambda d: d.update(kind="Deploymnt"),
        lambda d: d["spec"].pop("selector"),
    ]
    for n, fault in enumerate(faults):
        bad = json.loads(json.dumps(good))
        fault(bad)
        assert errors(bad, "1.36"), f"fault {n} was not seen"
    both = json.loads(json.dumps(good))
    faults[0](both), faults[1](both)
    assert len(errors(both, "1.36")) >= 2, "all errors, not the first"


def test_custom_examples_name_what_the_chart_asks_for():
    """The operators' manifests beside the chart make what values-production.yaml refers to."""
    import yaml

    production = yaml.safe_load((EXAMPLES / "values-production.yaml").read_text())
    pg = split((EXAMPLES / "cloudnative-pg.yaml").read_text())
    roles = {r["name"] for d in pg if d["kind"] == "Cluster" for r in d["spec"]["managed"]["roles"]}
    databases = {d["spec"]["name"] for d in pg if d["kind"] == "Database"}
    first = next(d for d in pg if d["kind"] == "Cluster")["spec"]["bootstrap"]["initdb"]
    for service in ["catalogue", "dossier", "notifications", "postal", "identity"]:
        name = f"motcua_{service}"
        assert name in databases | {first["database"]} and name in roles | {first["owner"]}, name
        assert production["services"][service]["database"]["secretName"] == f"motcua-{service}-app"
    rabbit = split((EXAMPLES / "rabbitmq-cluster.yaml").read_text())[0]
    assert rabbit["spec"]["replicas"] == 3 and rabbit["metadata"]["name"] == "motcua-rabbitmq"
    # By TLS only, so at the port of that, and from a CA that the pods know.
    assert rabbit["spec"]["tls"]["disableNonTLSListeners"] is True
    assert production["network"]["rabbitmq"]["ports"] == [5671] and production["ca"]["secretName"]
