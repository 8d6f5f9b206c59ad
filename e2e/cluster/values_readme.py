#!/usr/bin/env python3
"""Prints the README of the chart: every value with its type, default and meaning, from values.schema.json and values.yaml."""

import json
import pathlib

import yaml

CHART = pathlib.Path(__file__).resolve().parents[2] / "helm" / "motcua"
schema = json.loads((CHART / "values.schema.json").read_text())
defaults = yaml.safe_load((CHART / "values.yaml").read_text())


def kind(node):
    if "enum" in node:
        return " \\| ".join(f"`{v}`" for v in node["enum"])
    name = node.get("type", "object")
    name = " or ".join(name) if isinstance(name, list) else name
    if "minimum" in node and "maximum" in node:
        name += f" {node['minimum']}–{node['maximum']}"
    return name


def walk(node, value, path):
    if "$ref" in node:
        node = {**schema["$defs"][node["$ref"].rsplit("/", 1)[1]], **node}
    children = node.get("properties")
    if children and path != "services":
        if path:
            yield f"| **`{path}`** | | | {node['description']} |"
        for name, child in children.items():
            yield from walk(child, (value or {}).get(name), f"{path}.{name}" if path else name)
    elif path == "services":
        yield f"| **`services`** | object | see values.yaml | {node['description']} Names: {', '.join(f'`{n}`' for n in children)}. |"
    elif path != "global":
        shown = json.dumps(value, ensure_ascii=False).replace("|", "\\|")
        yield f"| `{path}` | {kind(node)} | `{shown}` | {node['description'].replace('|', chr(92) + '|')} |"


print("""# Chart motcua

<!-- Made by e2e/cluster/values_readme.py (`make chart-readme`). Do not edit. -->

Seven services, one image; the map is `docs/ARCHITECTURE.md`.

- Install: `docs/operations/install.md`. Upgrade and roll back: `upgrade.md`. Restore: `restore.md`.
- Value sets: `helm/examples/values-evaluation.yaml`, `values-production.yaml`, `values-dual-stack.yaml`, `values-single-node.yaml`,
  `values-s3.yaml`; beside them manifests for the operators of PostgreSQL and RabbitMQ.
- Values are checked strictly: an unknown or wrong one stops `helm install` with its name.

| value | type | default | meaning |
|---|---|---|---|""")
for line in walk(schema, defaults, ""):
    print(line)
