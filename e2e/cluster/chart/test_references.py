"""What no schema sees: selectors, references, ports, images, settings that the programs know."""

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml
from render import CHART, EXAMPLES, ROOT, SERVICES, SETS, STORED, containers, deployment, key, pods, rendered, split, values

# Secrets that the operator makes beforehand, by value set: docs/operations/install.md names them.
GIVEN = {
    "minimal": {"s", "d", "b", "c"},
    "evaluation": set(),
    "production": {"motcua-sealing", "motcua-bus", "motcua-cache", "motcua-mail", "motcua-trust", "dichvucong-tls"} | {f"motcua-{s}-app" for s in STORED},
    "dual-stack": {"motcua-sealing", "motcua-databases", "motcua-bus", "motcua-cache"},
    "single-node": {"motcua-sealing", "motcua-databases", "motcua-bus", "motcua-cache", "motcua-tls"},
}
GIVEN["production-dual"] = GIVEN["production"] - {"dichvucong-tls"}
GIVEN["rollback"] = GIVEN["restore"] = GIVEN["minimal"]
GIVEN["s3"] = GIVEN["dual-stack"] | {"motcua-s3"}
GIVEN["sealing"] = GIVEN["minimal"] | {"s-before"}


def matches(selector, labels):
    return all(labels.get(k) == v for k, v in selector.items())


@pytest.mark.parametrize("name", SETS)
def test_no_name_stands_twice(name):
    keys = [key(d) for d in rendered(name)]
    assert len(keys) == len(set(keys)), sorted(k for k in keys if keys.count(k) > 1)


@pytest.mark.parametrize("name", SETS)
def test_selectors_find_what_they_mean(name):
    templates = [(d, m["labels"], s) for d, m, s in pods(name)]
    for d in rendered(name):
        kind, spec = d["kind"], d.get("spec", {})
        if kind in ("Deployment", "StatefulSet"):
            selector = spec["selector"]["matchLabels"]
            found = [t for t in templates if matches(selector, t[1])]
            assert [t[0] for t in found] == [d], f"{key(d)}: its selector finds {[key(t[0]) for t in found]}"
        elif kind == "Service":
            found = [t for t in templates if matches(spec["selector"], t[1])]
            assert found, f"{key(d)} selects nothing"
            for _, _, pod in found:
                named = {p["name"] for c in pod["containers"] for p in c.get("ports", [])}
                for port in spec["ports"]:
                    assert port["targetPort"] in named, f"{key(d)}: no port {port['targetPort']}"
            wanted = 7 if d["metadata"]["name"].endswith("-metrics") else 1
            assert len(found) == wanted, f"{key(d)} finds {len(found)}"
        elif kind == "PodDisruptionBudget":
            assert len([t for t in templates if matches(spec["selector"]["matchLabels"], t[1])]) == 1, key(d)
        elif kind in ("HorizontalPodAutoscaler", "ScaledObject"):
            target = ("Deployment", spec["scaleTargetRef"]["name"])
            found = [t[0] for t in templates if key(t[0]) == target]
            assert found and "replicas" not in found[0]["spec"], f"{key(d)}: {target} has replicas of its own"
        elif kind == "ServiceMonitor":
            services = [s for s in rendered(name) if s["kind"] == "Service" and matches(spec["selector"]["matchLabels"], s["metadata"]["labels"])]
            assert len(services) == 1
            assert {e["port"] for e in spec["endpoints"]} <= {p["name"] for p in services[0]["spec"]["ports"]}


@pytest.mark.parametrize("name", SETS)
def test_nothing_dangles(name):
    made = {key(d) for d in rendered(name)}
    claims = {k[1] for k in made if k[0] == "PersistentVolumeClaim"}
    used = set()
    for d, _, spec in pods(name):
        account = spec["serviceAccountName"]
        assert ("ServiceAccount", account) in made, f"{key(d)}: {account}"
        own = {v["metadata"]["name"] for v in d.get("spec", {}).get("volumeClaimTemplates", [])}
        volumes = {v["name"]: v for v in spec.get("volumes", [])}
        assert len(volumes) == len(spec.get("volumes", [])), f"{key(d)}: a volume stands twice"
        for c in containers(spec):
            for mount in c.get("volumeMounts", []):
                assert mount["name"] in volumes.keys() | own, f"{key(d)}: no volume {mount['name']}"
            paths = [m["mountPath"] for m in c.get("volumeMounts", [])]
            assert len(paths) == len(set(paths)), f"{key(d)}: {paths}"
            assert len({e["name"] for e in c.get("env", [])}) == len(c.get("env", [])), f"{key(d)}: a variable stands twice"
            ports = {p["name"] for p in c.get("ports", [])}
            for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                for how in ("httpGet", "tcpSocket"):
                    if how in c.get(probe, {}):
                        assert c[probe][how]["port"] in ports, f"{key(d)}: {probe}"
            used |= {("Secret", e["valueFrom"]["secretKeyRef"]["name"], e["valueFrom"]["secretKeyRef"]["key"]) for e in c.get("env", []) if "valueFrom" in e}
        mounted = {m["name"] for c in containers(spec) for m in c.get("volumeMounts", [])}
        assert mounted >= volumes.keys(), f"{key(d)}: volumes that nobody mounts: {volumes.keys() - mounted}"
        for volume in volumes.values():
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in made, f"{key(d)}: {volume}"
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims, f"{key(d)}: {volume}"
            for source in [volume] + volume.get("projected", {}).get("sources", []):
                secret = source.get("secret")
                if secret:
                    used |= {("Secret", secret.get("name") or secret["secretName"], i["key"]) for i in secret["items"]}
    for d in rendered(name):
        for tls in d.get("spec", {}).get("tls", []) if d["kind"] == "Ingress" else []:
            used.add(("Secret", tls["secretName"], "tls.crt"))
        if d["kind"] == "Ingress":
            for rule in d["spec"]["rules"]:
                for path in rule["http"]["paths"]:
                    backend = path["backend"]["service"]
                    service = next(s for s in rendered(name) if key(s) == ("Service", backend["name"]))
                    assert backend["port"]["name"] in {p["name"] for p in service["spec"]["ports"]}
        if d["kind"] == "HTTPRoute":
            for ref in [r for rule in d["spec"]["rules"] for r in rule["backendRefs"]]:
                service = next(s for s in rendered(name) if key(s) == ("Service", ref["name"]))
                assert ref["port"] in {p["port"] for p in service["spec"]["ports"]}
    own = {s["metadata"]["name"]: set(s["data"]) for s in rendered(name) if s["kind"] == "Secret"}
    for _, secret, wanted in used:
        if secret in own:
            assert wanted in own[secret], f"{secret} has no {wanted}"
    assert {s for _, s, _ in used} - own.keys() == GIVEN[name], "what must be there beforehand is not what is documented"


IMAGES = pathlib.Path(__file__).parent / "images.txt"
# Registry and repository, tag, digest.
REFERENCE = re.compile(r"((?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._/-]+)(?::([A-Za-z0-9_][A-Za-z0-9._-]*))?(?:@(sha256:[0-9a-f]{64}))?")


def listed(text):
    """The images of the list: what is no reference with a tag, or says nowhere where it is published, is a fault."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, where = line.partition(" ")
            reference = REFERENCE.fullmatch(name)
            assert reference and reference[2] and reference[2] != "latest", f"no tag, or latest: {line}"
            assert re.fullmatch(r"\s*# .*[a-z]\.[a-z]{2,}/.*", where), f"where is it published? {line}"
            assert name not in found, f"stands twice: {name}"
            found[name] = where
    return found


def strange(images, ours, known):
    """Images that are neither ours nor in the list."""
    return sorted(i for i in images if i != ours and i not in known)


def named(node):
    """Every image that a document names, also where we do not look for containers."""
    if isinstance(node, dict):
        for k, v in node.items():
            if k in ("image", "imageName") and isinstance(v, str):
                yield v
            else:
                yield from named(v)
    elif isinstance(node, list):
        for v in node:
            yield from named(v)


def our_image(name):
    image = values(name).get("image", {})
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    return f"{image['repository']}@{image['digest']}" if image.get("digest") else f"{image.get('repository', 'motcua')}:{image.get('tag') or version}"


@pytest.mark.parametrize("name", SETS)
def test_images_are_ours_or_in_the_list(name):
    ours = our_image(name)
    images = {i for d in rendered(name) for i in named(d)}
    assert {c["image"] for _, _, s in pods(name) for c in containers(s)} == images and ours in images
    assert not strange(images, ours, listed(IMAGES.read_text()))
    programs = {"motcua", *SERVICES}
    built = set(re.findall(r"^ARG PROGRAMS=\"(.*)\"$", (ROOT / "Containerfile").read_text(), re.M)[0].split())
    assert programs == built, "the image has the programs that the chart starts"
    for d, _, spec in pods(name):
        for c in containers(spec):
            if c["image"] == ours:
                assert c["command"][0] in {f"/usr/local/bin/{p}" for p in programs}, f"{key(d)}: {c['command']}"


def test_the_list_of_images_is_what_is_named():
    """Also by the manifests beside the chart and by the recipe; and nothing that nobody names any more."""
    images = {i for name in SETS for d in rendered(name) for i in named(d)} - {our_image(name) for name in SETS}
    images |= {i for file in EXAMPLES.glob("*.yaml") if not file.name.startswith("values-") for d in split(file.read_text()) for i in named(d)}
    images |= set(re.findall(r"^ARG RUST=(\S+)$", (ROOT / "Containerfile").read_text(), re.M))
    images |= {i for i in re.findall(r"^FROM (\S+)", (ROOT / "Containerfile").read_text(), re.M) if i not in ("scratch", "${RUST}")}
    assert images == set(listed(IMAGES.read_text()))


@pytest.mark.parametrize("image", ["postgres", "postgres:latest", "postgres:16", "docker.io/library/postgres:17", "motcua:0.0.9", "motcua", "postgres:17-alpine"])
def test_an_image_that_is_not_in_the_list_is_seen(image):
    assert strange({image, "postgres:17", our_image("minimal")}, our_image("minimal"), listed(IMAGES.read_text())) == [image]


@pytest.mark.parametrize("line", ["postgres", "postgres # hub.docker.com/_/postgres", "postgres:latest # hub.docker.com/_/postgres", "postgres:17", "postgres:17 # somewhere"])
def test_the_list_itself_is_strict(line):
    with pytest.raises(AssertionError):
        listed(line)


@pytest.mark.parametrize("name", SETS)
def test_a_stop_is_waited_for(name):
    """preStop, then the drain of kit::lifecycle (grace, two seconds of the hard stop, the flush), then and only then SIGKILL."""
    for service in SERVICES:
        spec = deployment(name, service)["spec"]["template"]["spec"]
        c = spec["containers"][0]
        grace = int(environment(c)["MOTCUA_PROCESS__HTTP__GRACE_SECONDS"])
        wait = c["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] >= wait + grace + 2 + 5


def environment(container):
    return {e["name"]: e["value"] for e in container.get("env", []) if "value" in e}


SECRET_TEXTS = {
    "sealing": "0123456789abcdef0123456789abcdef",
    "older": "fedcba9876543210fedcba9876543210",
    "bus": "amqp://motcua:pw@rabbit.example:5672/%2f",
    "s3-access-key": "access",
    "s3-secret-key": "secret",
    "cache": "redis://default:pw@redis.example:6379/0",
}


@pytest.mark.parametrize("name", SETS)
def test_the_programs_know_every_setting(name, tmp_path):
    """`motcua config` refuses unknown names and wrong types; each variable of a pod must come out as a setting."""
    motcua = os.environ.get("MOTCUA")
    if not motcua:
        pytest.skip("motcua is not built")
    for d, _, spec in pods(name):
        for c in containers(spec):
            env = {k: v for k, v in environment(c).items() if k.startswith("MOTCUA_")}
            if not env:
                continue
            given = {}
            for k, v in env.items():
                if k.endswith("_FILE"):
                    file = v.rsplit("/", 1)[1]
                    text = SECRET_TEXTS.get(file, "postgres://u:pw@db.example:5432/x" if file == "database" else "smtp://u:pw@mail.example:587")
                    path = tmp_path / f"{len(list(tmp_path.iterdir()))}-{file}"
                    path.write_text(text)
                    v = str(path)
                given[k] = v
            given.setdefault("MOTCUA_DATA", str(tmp_path / "data"))
            out = subprocess.run([motcua, "config"], env=given, capture_output=True, text=True, check=False)
            assert out.returncode == 0, f"{key(d)}: {out.stderr}"
            config = json.loads(out.stdout)
            for k, v in env.items():
                if k == "MOTCUA_DATA":
                    continue
                section, *rest = k.removeprefix("MOTCUA_").removesuffix("_FILE").lower().split("__")
                found = config[section]
                for part in rest:
                    assert part in found, f"{key(d)}: {k} is not a setting of {section}"
                    found = found[part]
                if not k.endswith("_FILE"):
                    assert comparable(found) == comparable(v), f"{key(d)}: {k}={v} came out as {found}"
                else:
                    assert found, f"{key(d)}: {k} came out empty"


def comparable(value):
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def test_a_typo_in_a_setting_is_named(tmp_path):
    motcua = os.environ.get("MOTCUA")
    if not motcua:
        pytest.skip("motcua is not built")
    env = {"MOTCUA_GATEWAY__REQUEST_PER_MINUTE": "5", "MOTCUA_DATA": str(tmp_path)}
    out = subprocess.run([motcua, "config"], env=env, capture_output=True, text=True, check=False)
    assert out.returncode == 1 and "request_per_minute" in out.stderr and out.stderr.count("\n") == 1, out.stderr


def test_rust_and_chart_agree_on_the_services():
    """Who has a database is who has migrations."""
    stored = {p.relative_to(ROOT / "services").parts[0] for p in ROOT.glob("services/*/src/migrations*")}
    assert stored == set(STORED)
    assert {d["metadata"]["name"] for d in rendered("minimal") if d["kind"] == "Deployment"} == {f"motcua-{s}" for s in SERVICES}
