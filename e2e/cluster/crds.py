#!/usr/bin/env python3
"""Compares our own reading of operators' kinds with their CRDs, which whoever has them names; nothing is written.

    .local/chart-tools/venv/bin/python e2e/cluster/crds.py CRD.yaml…

Every custom resource of the chart, in every value set, and of helm/examples is checked against these CRDs whole and strictly; and our own
reading (chart/test_kubernetes.py, chart/test_examples.py) may know no field that they do not, and lack none that they require.
"""

import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What says which values are good; descriptions, defaults and rules in CEL are left out.
KEPT = {"type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf", "oneOf", "allOf", "required", "nullable"}


def whole(schema):
    """The schema of a CRD as a strict JSON schema."""
    out = {k: v for k, v in schema.items() if k in KEPT}
    if schema.get("nullable"):
        out["type"] = [out["type"], "null"]
    out.pop("nullable", None)
    if "properties" in schema:
        out["properties"] = {k: whole(s) for k, s in schema["properties"].items()}
        out["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    elif isinstance(schema.get("additionalProperties"), dict):
        out["additionalProperties"] = whole(schema["additionalProperties"])
    if "items" in schema:
        out["items"] = whole(schema["items"])
    if schema.get("x-kubernetes-int-or-string"):
        out["type"] = ["integer", "string"]
    return out


def differences(ours, theirs, path):
    """Where our reading says what the CRD does not."""
    if isinstance(ours.get("type"), str) and theirs.get("type") and ours["type"] not in [theirs["type"], *theirs["type"]]:
        yield f"{path}: we say {ours['type']}, they {theirs['type']}"
    for name, schema in ours.get("properties", {}).items():
        if name not in theirs.get("properties", {}):
            yield f"{path}.{name}: they do not have it"
        else:
            yield from differences(schema, theirs["properties"][name], f"{path}.{name}")
    missing = set(theirs.get("required", [])) - set(ours.get("required", []))
    if "properties" in ours and missing:
        yield f"{path}: they require {sorted(missing)}"
    if "items" in ours:
        yield from differences(ours["items"], theirs.get("items", {}), f"{path}[]")


def check(*files):
    sys.path.insert(0, str(ROOT / "e2e" / "cluster" / "chart"))
    import jsonschema
    from render import SETS, key, rendered
    from test_examples import KINDS, MANIFESTS, documents
    from test_kubernetes import CUSTOM

    theirs = {}
    for file in files:
        crd = yaml.safe_load(pathlib.Path(file).read_text())["spec"]
        for version in crd["versions"]:
            if version["served"]:
                schema = whole(version["schema"]["openAPIV3Schema"])
                schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object", "required": ["name"]}}
                theirs[f"{crd['names']['kind']}.{crd['group']}/{version['name']}"] = schema
    found, looked = [], 0
    for name, made in [(name, rendered(name)) for name in SETS] + [(name, documents(name)) for name in MANIFESTS]:
        for document in made:
            schema = theirs.get(f"{document['kind']}.{document['apiVersion']}")
            if schema:
                looked += 1
                found += [f"{name}: {key(document)}: {e.json_path}: {e.message[:300]}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
    for kind, ours in (CUSTOM | KINDS).items():
        if kind in theirs:
            found += differences(ours, theirs[kind]["properties"]["spec"], f"{kind}: spec")
        else:
            print(f"not compared, since no CRD was given: {kind}")
    print(*found, f"{looked} custom resources looked at, {len(found)} faults", sep="\n")
    return bool(found) or not looked


if __name__ == "__main__":
    sys.exit(check(*sys.argv[1:]))
