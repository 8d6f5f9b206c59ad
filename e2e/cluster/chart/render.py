"""Renders the chart and finds its way about in what came out."""

import functools
import json
import pathlib

import helm_python as helm
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHART = ROOT / "helm" / "motcua"
EXAMPLES = ROOT / "helm" / "examples"
SECRETS = {
    "publicUrl": "https://motcua.example.vn",
    "sealing": {"secretName": "s"},
    "databases": {"secretName": "d"},
    "bus": {"secretName": "b"},
    "cache": {"secretName": "c"},
}
# What the cluster must have before, by value set: Secrets named in values, not made by the chart.
SETS = ["minimal", "evaluation", "production", "dual-stack", "single-node", "production-dual", "rollback", "sealing", "s3", "restore"]
SERVICES = ["catalogue", "dossier", "notifications", "postal", "identity", "portal", "gateway"]
STORED = SERVICES[:5]


class Loader(yaml.SafeLoader):
    """Reads as Kubernetes does (YAML 1.1 booleans), and refuses a key that stands twice."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(k, deep=True) for k, _ in node.value]
        twice = {k for k in keys if keys.count(k) > 1}
        assert not twice, f"{node.start_mark}: {twice} stands twice"
        return super().construct_mapping(node, deep)


# PyYAML leaves out the short booleans of YAML 1.1 that Kubernetes takes for true and false.
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("^(y|Y|n|N)$"), list("yYnN"))
Loader.add_constructor(
    "tag:yaml.org,2002:bool",
    lambda loader, node: loader.construct_scalar(node).lower() in ("y", "yes", "true", "on"),
)


def merge(into, more):
    for key, value in more.items():
        into[key] = merge(dict(into.get(key) or {}), value) if isinstance(value, dict) else value
    return into


def values(name):
    """The values of a set, as the operator would give them."""
    if name == "rollback":
        return merge({}, {**SECRETS, "migrations": {"acceptNewerSchema": True}})
    if name == "restore":
        return merge({}, {**SECRETS, "backup": {"enabled": True, "restore": "20261124T190700Z"}})
    if name == "sealing":
        return merge({}, {**SECRETS, "sealing": {"secretName": "s", "older": {"secretName": "s-before"}, "dataKeys": "d1.0123abcd.AAAA_- d1.0123abcd.BBBB"}})
    if name == "minimal":
        return merge({}, SECRETS)
    out = {}
    for part in {"production-dual": ["production", "dual-stack"]}.get(name, [name]):
        merge(out, yaml.safe_load((EXAMPLES / f"values-{part}.yaml").read_text()))
    return out


def texts(given, release="motcua", namespace="province"):
    with helm.Chart.load(str(CHART)) as chart:
        return chart.render(json.loads(json.dumps(given)), name=release, namespace=namespace)


def split(text):
    return [d for d in yaml.load_all(text, Loader) if d]


def documents(given, **how):
    return [d for path, t in sorted(texts(given, **how).items()) if path.endswith(".yaml") for d in split(t)]


@functools.cache
def rendered(name):
    return documents(values(name))


def key(document):
    return document["kind"], document["metadata"]["name"]


def pod(document):
    """The pod template of a workload: (metadata, spec), or None."""
    kind, spec = document["kind"], document.get("spec", {})
    if kind == "Pod":
        return document["metadata"], spec
    if kind == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    elif kind not in ("Deployment", "StatefulSet", "Job"):
        return None
    return spec["template"]["metadata"], spec["template"]["spec"]


def pods(name):
    return [(d, *pod(d)) for d in rendered(name) if pod(d)]


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


def deployment(name, service):
    return next(d for d in rendered(name) if key(d) == ("Deployment", f"motcua-{service}"))
