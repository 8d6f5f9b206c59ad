"""The image's bill of materials and its recipe; the image itself is built by `make images` and run by `make images-test`."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from render import ROOT

CONTAINERFILE = (ROOT / "Containerfile").read_text()


def bill():
    out = subprocess.run([sys.executable, str(ROOT / "e2e" / "cluster" / "sbom.py")], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    return out.stdout


def test_the_bill_of_materials_is_what_the_lock_file_says():
    text = bill()
    assert text == bill(), "the same lock file gives the same text"
    made = json.loads(text)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", made["serialNumber"])
    lock = {(p["name"], p["version"]): p for p in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]}
    components = made["components"]
    refs = [c["bom-ref"] for c in components]
    assert len(refs) == len(set(refs)) > 100
    for c in components:
        locked = lock[c["name"], c["version"]]
        assert c["purl"] == f"pkg:cargo/{c['name']}@{c['version']}"
        assert c["licenses"], c["name"]
        if "checksum" in locked:
            assert c["hashes"] == [{"alg": "SHA-256", "content": locked["checksum"]}], c["name"]
    for d in made["dependencies"]:
        assert {d["ref"], *d["dependsOn"]} <= {*refs, "motcua"}, d["ref"]
    names = {c["name"] for c in components}
    assert {"tokio", "sqlx", "lapin", "dossier"} <= names, "what is linked in"
    assert not {"testkit", "e2e"} & names, "and not what only tests use"


def test_the_recipe():
    """The last stage begins with nothing, runs as nobody, and says what it is."""
    last = CONTAINERFILE[CONTAINERFILE.rindex("\nFROM ") :]
    assert last.startswith("\nFROM scratch\n") and "\nRUN " not in last
    assert re.search(r"^USER 65532:65532$", last, re.M)
    for label in ("title", "description", "licenses", "version", "revision", "base.name", "base.digest"):
        assert f"org.opencontainers.image.{label}=" in last
    first = CONTAINERFILE[: CONTAINERFILE.rindex("\nFROM ")]
    assert "--locked" in first and "--remap-path-prefix" in first and "export CARGO_INCREMENTAL=0 SOURCE_DATE_EPOCH" in first
    assert re.search(r"^ARG RUST=rust:\d+\.\d+-slim-\w+$", first, re.M), "a base that says its version"
    toolchain = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    assert f"ARG RUST=rust:{toolchain}" in first, "and the one that we test with"


@pytest.mark.parametrize("there", [True, False])
def test_a_clean_clone_builds_without_the_bill_of_materials(tmp_path, there):
    """dist/ is not in git: what the recipe takes from it may be missing."""
    steps = [line.strip().removesuffix("; \\") for line in CONTAINERFILE.splitlines() if "cp dist/motcua" in line]
    assert len(steps) == 1 and len(re.findall(r"cp dist/", CONTAINERFILE)) == 2, "and the programs, where there are some"
    assert "if [ -d dist/bin ]; then cp dist/bin/*" in CONTAINERFILE
    (tmp_path / "dist").mkdir()
    (tmp_path / "out").mkdir()
    if there:
        (tmp_path / "dist" / "motcua.cdx.json").write_text("{}")
    step = steps[0].replace("/out/usr/share/doc/motcua/", "out/")
    assert step != steps[0]
    out = subprocess.run(["sh", "-euc", f"{step}; echo and on"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (out.returncode, out.stdout) == (0, "and on\n"), out.stderr
    assert (tmp_path / "out" / "motcua.cdx.json").exists() == there


# Stands in for podman: knows the base once it was pulled, and writes down how it is told to build.
ENGINE = """#!/bin/sh
case "$1 $2" in
  "image inspect") [ -e "$0.pulled" ] || exit 125; echo sha256:%s ;;
  "pull "*) echo "$2" >"$0.pulled" ;;
  "build "*) printf '%%s\\n' "$@" >"$0.build" ;;
  "images "*) echo "sha256:0 0 0" ;;
  *) exit 1 ;;
esac
"""


@pytest.mark.parametrize("named", [None, "rust:1.95-slim-bookworm@sha256:" + "b" * 64])
def test_the_base_that_is_used_is_written_down(tmp_path, named):
    """By its digest in the labels and in the bill of materials, also when it was given by a tag: and the build uses that one."""
    engine = tmp_path / "podman"
    engine.write_text(ENGINE % ("a" * 64))
    engine.chmod(0o755)
    programs = re.search(r'^ARG PROGRAMS="(.*)"$', CONTAINERFILE, re.M)[1].split()
    (tmp_path / "bin").mkdir()
    for program in programs:
        shutil.copy("/bin/true", tmp_path / "bin" / program)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ENGINE": "podman", "PREBUILT": str(tmp_path / "bin"), "TAG": "localhost/motcua:base-test"}
    for name in ("RUST", "LOCAL_BASE", "TWICE"):
        env.pop(name, None)
    if named:
        env["RUST"] = named
    out = subprocess.run([str(ROOT / "e2e" / "cluster" / "images.sh")], env=env, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    base = named or "rust:1.95-slim-bookworm@sha256:" + "a" * 64
    assert (tmp_path / "podman.pulled").exists() == (named is None), "a digest need not be asked for"
    told = (tmp_path / "podman.build").read_text().splitlines()
    name, digest = base.split("@")
    # Not every engine takes a name with a tag and a digest.
    used = named or f"rust@{digest}"
    assert {f"RUST={used}", f"BASE_NAME={name}", f"BASE_DIGEST={digest}"} <= set(told)
    made = json.loads((ROOT / "dist" / "motcua.cdx.json").read_text())
    assert made["metadata"]["properties"] == [{"name": "motcua:base", "value": base}]
    assert "properties" not in json.loads(bill())["metadata"]


def test_hadolint_finds_nothing():
    out = subprocess.run([f"{sys.prefix}/bin/hadolint", "--no-color", str(ROOT / "Containerfile")], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
