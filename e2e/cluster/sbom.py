#!/usr/bin/env python3
"""Prints the bill of materials (CycloneDX 1.6) of the programs, from Cargo.lock by way of `cargo metadata`: what is linked into them,
with licence and checksum; no development dependencies. The same lock file gives the same text. BASE, if it is set: the image that they
were compiled in, and whose C library and certificates are in ours, with its digest."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = "x86_64-unknown-linux-gnu"

text = subprocess.run(
    ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout
metadata = json.loads(text)
packages = {p["id"]: p for p in metadata["packages"]}
nodes = {n["id"]: n for n in metadata["resolve"]["nodes"]}
lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
checksums = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}


def linked(node):
    return [d["pkg"] for d in node["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]


# The programs of the image, not those that only test.
programs = set(re.search(r'^ARG PROGRAMS="(.*)"$', (ROOT / "Containerfile").read_text(), re.M).group(1).split())
members = [i for i in metadata["workspace_members"] if any("bin" in t["kind"] and t["name"] in programs for t in packages[i]["targets"])]
seen, queue = set(), list(members)
while queue:
    one = queue.pop()
    if one not in seen:
        seen.add(one)
        queue += linked(nodes[one])


def purl(p):
    return f"pkg:cargo/{p['name']}@{p['version']}"


def component(p):
    out = {"type": "library", "bom-ref": purl(p), "name": p["name"], "version": p["version"], "purl": purl(p)}
    if p.get("license"):
        # Some crates still separate alternatives with a slash.
        out["licenses"] = [{"expression": p["license"].replace("/", " OR ")}]
    if checksums.get((p["name"], p["version"])):
        out["hashes"] = [{"alg": "SHA-256", "content": checksums[p["name"], p["version"]]}]
    return out


version = packages[members[0]]["version"]
body = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "application", "bom-ref": "motcua", "name": "motcua", "version": version, "licenses": [{"expression": "Apache-2.0"}]}},
    "components": [component(packages[i]) for i in sorted(seen, key=lambda i: (packages[i]["name"], packages[i]["version"]))],
    "dependencies": [{"ref": "motcua", "dependsOn": sorted(purl(packages[i]) for i in members)}]
    + [{"ref": purl(packages[i]), "dependsOn": sorted({purl(packages[d]) for d in linked(nodes[i])})} for i in sorted(seen, key=lambda i: purl(packages[i]))],
}
if os.environ.get("BASE"):
    body["metadata"]["properties"] = [{"name": "motcua:base", "value": os.environ["BASE"]}]
body["serialNumber"] = "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True)))
json.dump(body, sys.stdout, indent=1)
print()
