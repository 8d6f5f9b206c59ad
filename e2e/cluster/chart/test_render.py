"""Every value set renders, alike in both engines; wrong values are refused by name."""

import copy
import json
import os
import re
import subprocess

import helm_python as helm
import pytest
import yaml
from render import CHART, SECRETS, SETS, STORED, documents, key, merge, rendered, split, texts, values

KUBERNETES = ["1.30.0", "1.33.0", "1.36.0"]


def stable(document):
    """Without what is random by intent: generated passwords and what is made of them."""
    document = copy.deepcopy(document)
    if document["kind"] == "Secret":
        document["data"] = sorted(document["data"])
    return document


@pytest.mark.parametrize("name", SETS)
def test_lint_finds_nothing(name):
    for version in KUBERNETES:
        report = helm.lint(str(CHART), values(name), strict=True, kube_version=f"v{version}")
        found = [m for m in report["messages"] if m["severity"] > 1]
        assert not found and not report["errors"], report


@pytest.mark.parametrize("name", SETS)
def test_both_engines_render_the_same(name, tmp_path):
    helm3 = os.environ.get("HELM3")
    if not helm3:
        pytest.skip("no Helm 3")
    given = tmp_path / "values.yaml"
    given.write_text(json.dumps(values(name)))
    for version in KUBERNETES:
        out = subprocess.run(
            [helm3, "template", "motcua", str(CHART), "-f", str(given), "-n", "province", "--kube-version", version],
            capture_output=True,
            text=True,
            check=False,
        )
        assert out.returncode == 0, out.stderr
        three = {key(d): stable(d) for d in split(out.stdout)}
        four = {key(d): stable(d) for d in rendered(name)}
        assert three.keys() == four.keys()
        for k in four:
            assert three[k] == four[k], k


@pytest.mark.parametrize("name", SETS)
def test_rendering_twice_gives_the_same(name):
    first, second = (sorted(map(json.dumps, map(stable, documents(values(name))))) for _ in range(2))
    assert first == second


def test_names_follow_the_release():
    names = {key(d)[1] for d in documents(values("production"), release="bac-giang")}
    assert all(n.startswith("bac-giang-motcua") for n in names), names


REFUSED = {
    "a typo at the top": ({"replica": 3}, "replica"),
    "a typo in a service": ({"services": {"dossier": {"replica": 3}}}, "replica"),
    "a service that is not there": ({"services": {"dosier": {}}}, "dosier"),
    "a text for a number": ({"defaults": {"replicas": "two"}}, "replicas"),
    "no replicas": ({"defaults": {"replicas": 0}}, "replicas"),
    "an address without a scheme": ({"publicUrl": "motcua.example.vn"}, "publicUrl"),
    "a path in the address": ({"publicUrl": "https://a.vn/b"}, "publicUrl"),
    "an unknown mode": ({"migrations": {"mode": "manual"}}, "mode"),
    "a schedule of four fields": ({"backup": {"schedule": "7 2 * *"}}, "schedule"),
    "memory in words": ({"defaults": {"resources": {"limits": {"memory": "much"}}}}, "memory"),
    "a setting in capitals": ({"services": {"gateway": {"settings": {"REQUESTS": 1}}}}, "REQUESTS"),
    "a secret without a key": ({"services": {"postal": {"secretSettings": {"a": {"secretName": "x"}}}}}, "key"),
    "no public address": ({"publicUrl": ""}, "publicUrl"),
    "no sealing secret": ({"sealing": {"secretName": ""}}, "motcua-sealing"),
    "no databases": ({"databases": {"secretName": ""}}, "databases.secretName"),
    "no broker": ({"bus": {"secretName": ""}}, "bus.secretName"),
    "no cache": ({"cache": {"secretName": ""}}, "cache.secretName"),
    "https without a certificate": ({"ingress": {"enabled": True}}, "tlsSecretName"),
    "two that scale": ({"services": {"postal": {"autoscaling": {"enabled": True}, "keda": {"enabled": True}}}}, "choose one"),
    "KEDA without Prometheus": ({"services": {"postal": {"keda": {"enabled": True}}}}, "prometheusUrl"),
    "several pods on a folder of one node": ({"files": {"accessMode": "ReadWriteOnce"}}, "ReadWriteMany"),
    "a bucket without its keys": ({"files": {"s3": {"endpoint": "https://s3.example.vn", "bucket": "b12"}}}, "files.s3.secretName"),
    "a bucket without a name": ({"files": {"s3": {"endpoint": "https://s3.example.vn", "secretName": "x"}}}, "files.s3.bucket"),
    "a store with a path": ({"files": {"s3": {"endpoint": "https://s3.example.vn/b"}}}, "endpoint"),
    "a bucket behind a closed port": (
        {"files": {"s3": {"endpoint": "http://minio:9000", "bucket": "b12", "secretName": "x"}}},
        "files.s3.endpoint: its port 9000 is not among network.s3.ports",
    ),
    "a collector behind a closed port": ({"otlpUrl": "http://otel"}, "otlpUrl: its port 80 is not among network.otlp.ports"),
    "a list of leaked passwords outside its volume": ({"breachedPasswords": {"existingClaim": "c", "file": "../etc/passwd"}}, "file"),
    "pages of the alerts at no address": ({"monitoring": {"runbookUrl": "docs.example.vn"}}, "runbookUrl"),
    "a hook before its databases": ({"evaluation": {"enabled": True}}, "must be init"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_wrong_values_are_refused_by_name(what):
    more, said = REFUSED[what]
    with pytest.raises((helm.HelmValuesError, helm.HelmRenderError), match=re.escape(said)):
        texts(merge(merge({}, SECRETS), copy.deepcopy(more)))


def test_generated_secrets_stay(tmp_path):
    """What `lookup` finds is kept; what it does not find is made, long enough, and the addresses agree with the passwords."""
    import base64

    secret = next(d for d in rendered("evaluation") if d["kind"] == "Secret")
    data = {k: base64.b64decode(v).decode() for k, v in secret["data"].items()}
    assert len(data["sealing"]) >= 32
    for service in STORED:
        assert data[service] == f"postgres://motcua_{service}:{data[service + '-password']}@motcua-postgres:5432/motcua_{service}"
    assert data["bus"] == f"amqp://motcua:{data['bus-password']}@motcua-rabbitmq:5672/%2f"
    assert data["cache"] == f"redis://default:{data['cache-password']}@motcua-redis:6379/0"
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert len({data[k] for k in data if k.endswith("password")}) == 8, "each password is its own"
    assert not [d for n in SETS if n != "evaluation" for d in rendered(n) if d["kind"] == "Secret"], "by reference only"


def test_the_schema_describes_every_value():
    """Strict at every level, and each value that values.yaml sets is known and described."""
    schema = json.loads((CHART / "values.schema.json").read_text())

    def walk(node, value, path):
        if "$ref" in node:
            node = {**schema["$defs"][node["$ref"].rsplit("/", 1)[1]], **node}
        assert node.get("description"), f"{path} is not described"
        if not isinstance(value, dict):
            return
        known = node.get("properties")
        if known is None:
            return
        assert node["additionalProperties"] is False, f"{path} takes unknown keys"
        for k, v in value.items():
            assert k in known, f"{path}.{k} is unknown"
            walk(known[k], v, f"{path}.{k}")
        if path != "values.services" and not path.startswith("values.services."):
            missing = set(known) - set(value) - {"global"}
            assert not missing, f"{path}: no default for {missing}"

    walk(schema, yaml.safe_load((CHART / "values.yaml").read_text()), "values")


def test_identity_alone_reads_the_list_of_leaked_passwords():
    given = merge(merge({}, SECRETS), {"breachedPasswords": {"existingClaim": "leaked", "file": "lists/pwned.txt"}})
    for values_of, claimed in [(SECRETS, False), (given, True)]:
        for d in documents(values_of):
            if d["kind"] != "Deployment":
                continue
            spec = d["spec"]["template"]["spec"]
            reads = claimed and d["metadata"]["name"].endswith("-identity")
            container = spec["containers"][0]
            mounts = {m["name"]: m for m in container["volumeMounts"]}
            assert ("breached-passwords" in mounts) == reads, d["metadata"]["name"]
            env = {e["name"]: e["value"] for e in container["env"]}
            assert ("MOTCUA_IDENTITY__BREACHED_PASSWORDS" in env) == reads
            if reads:
                mount = mounts["breached-passwords"]
                assert mount["readOnly"]
                assert env["MOTCUA_IDENTITY__BREACHED_PASSWORDS"] == f"{mount['mountPath']}/lists/pwned.txt"
                volume = next(v for v in spec["volumes"] if v["name"] == "breached-passwords")
                assert volume["persistentVolumeClaim"] == {"claimName": "leaked", "readOnly": True}


def test_the_notes_say_what_comes_next():
    for name in SETS:
        notes = next(t for p, t in texts(values(name)).items() if p.endswith("NOTES.txt"))
        assert "helm -n province test motcua" in notes and values(name)["publicUrl"] in notes
        assert ("EVALUATION" in notes) == (name == "evaluation")
        alerts = values(name).get("monitoring", {}).get("rules", False)
        assert ("blackbox exporter" in notes) == (alerts and values(name)["publicUrl"].startswith("https://"))
        # The examples show what an ingress needs; without it the notes say so.
        assert "trusted_proxies" not in notes
    unknown = merge(values("single-node"), {"services": {"gateway": {"settings": {"trusted_proxies": []}}}})
    assert "trusted_proxies" in next(t for p, t in texts(unknown).items() if p.endswith("NOTES.txt"))
