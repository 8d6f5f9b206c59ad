#!/usr/bin/env python3
"""Trims the schemas of operators to the fields that helm/examples uses, for chart/test_examples.py: chart/crds/<example>.json.

    e2e/cluster/crds.py EXAMPLE ORIGIN LICENCE CRD.yaml…
    .local/chart-tools/venv/bin/python e2e/cluster/crds.py --chart CRD.yaml…

EXAMPLE: name of a manifest in helm/examples, without .yaml. ORIGIN: repository and commit of the CRDs. A field that an example begins to
use is unknown until this has run again, which is how the check should fail.

--chart: nothing is written; every custom resource of the chart, in every value set, is checked against these CRDs whole and strictly, and
our own reading of them (chart/test_kubernetes.py) is compared: it may know no field that they do not, and lack none that they require.
"""

import json
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What says which values are good; descriptions, defaults and rules in CEL are left out.
KEPT = {"type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf", "oneOf", "allOf", "required", "nullable"}


def trim(schema, values):
    """The schema of these values: their fields only, and every field that is required."""
    out = {k: v for k, v in schema.items() if k in KEPT}
    if schema.get("nullable"):
        out["type"] = [out["type"], "null"]
    out.pop("nullable", None)
    if "properties" in schema:
        used = {k for v in values if isinstance(v, dict) for k in v} | set(schema.get("required", []))
        out["properties"] = {k: trim(s, [v[k] for v in values if isinstance(v, dict) and k in v]) for k, s in schema["properties"].items() if k in used}
        out["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    elif isinstance(schema.get("additionalProperties"), dict):
        out["additionalProperties"] = trim(schema["additionalProperties"], [w for v in values if isinstance(v, dict) for w in v.values()])
    if "items" in schema:
        out["items"] = trim(schema["items"], [w for v in values if isinstance(v, list) for w in v])
    return out


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
    for name in SETS:
        for document in rendered(name):
            schema = theirs.get(f"{document['kind']}.{document['apiVersion']}")
            if schema:
                looked += 1
                found += [f"{name}: {key(document)}: {e.json_path}: {e.message[:300]}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
    for kind, ours in CUSTOM.items():
        if kind in theirs:
            found += differences(ours, theirs[kind]["properties"]["spec"], f"{kind}: spec")
        else:
            print(f"not compared, since no CRD was given: {kind}")
    print(*found, f"{looked} custom resources looked at, {len(found)} faults", sep="\n")
    return bool(found) or not looked


def main(example, origin, licence, *files):
    documents = [d for d in yaml.safe_load_all((ROOT / "helm" / "examples" / f"{example}.yaml").read_text()) if d]
    schemas = {}
    for file in files:
        crd = yaml.safe_load(pathlib.Path(file).read_text())["spec"]
        for version in crd["versions"]:
            name = crd["names"]["kind"], f"{crd['group']}/{version['name']}"
            mine = [d for d in documents if (d["kind"], d["apiVersion"]) == name]
            if mine and version["served"]:
                schema = trim(version["schema"]["openAPIV3Schema"], mine)
                schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object", "required": ["name"]}}
                schemas[".".join(name)] = schema
    made = {"origin": origin, "licence": licence, "made": "e2e/cluster/crds.py: trimmed to the fields that are used", "schemas": schemas}
    (ROOT / "e2e" / "cluster" / "chart" / "crds" / f"{example}.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--chart":
        sys.exit(check(*sys.argv[2:]))
    main(*sys.argv[1:])
