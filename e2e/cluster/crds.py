#!/usr/bin/env python3
"""Trims the schemas of operators to the fields that helm/examples uses, for chart/test_examples.py: chart/crds/<example>.json.

    e2e/cluster/crds.py EXAMPLE ORIGIN LICENCE CRD.yaml…

EXAMPLE: name of a manifest in helm/examples, without .yaml. ORIGIN: repository and commit of the CRDs. A field that an example begins to
use is unknown until this has run again, which is how the check should fail.
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
    main(*sys.argv[1:])
