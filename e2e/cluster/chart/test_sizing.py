"""Requests and limits come from what was measured: docs/operations/sizing.json, by the arithmetic of sizing_page.py."""

import copy
import json
import re
import sys

import pytest
from render import ROOT, SERVICES, deployment, key, rendered

sys.path.insert(0, str(ROOT / "e2e" / "cluster"))
import sizing_page as sizing  # noqa: E402

FIGURES = json.loads((ROOT / "docs" / "operations" / "sizing.json").read_text())
# For whom a value set is.
LEVEL = {"minimal": "a commune", "single-node": "a commune", "production": "a province"}
UNITS = {"": 1, "m": 0.001, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def quantity(text):
    """Cores or bytes."""
    number, unit = re.fullmatch(r"([0-9.]+)(m|Ki|Mi|Gi|)", str(text)).groups()
    return float(number) * UNITS[unit]


def scale(name, service):
    """Pods that are always there, pods at the most, and the part of the request at which there come more."""
    for d in rendered(name):
        if key(d) == ("HorizontalPodAutoscaler", f"motcua-{service}"):
            metric = next(m["resource"] for m in d["spec"]["metrics"] if m["resource"]["name"] == "cpu")
            return d["spec"]["minReplicas"], d["spec"]["maxReplicas"], metric["target"]["averageUtilization"] / 100
        if key(d) == ("ScaledObject", f"motcua-{service}"):
            cpu = next(t for t in d["spec"]["triggers"] if t["type"] == "cpu")
            return d["spec"]["minReplicaCount"], d["spec"]["maxReplicaCount"], int(cpu["metadata"]["value"]) / 100
    replicas = deployment(name, service)["spec"]["replicas"]
    return replicas, replicas, 1


def faults(level, service, resources, always, most, target):
    """What is too little or too much, in words."""
    requests, limits = ({k: quantity(v) for k, v in resources[part].items() if k != "ephemeral-storage"} for part in ("requests", "limits"))
    memory = FIGURES["memory"][service]
    cores = sizing.busy(FIGURES, level)[service] / sizing.USED
    cpu = sizing.cpu_request(FIGURES, level, service, most, target)
    bounds = {
        "requests.memory": (requests["memory"], memory * sizing.MEMORY_REQUEST, memory * sizing.MEMORY_REQUEST_MOST),
        "limits.memory": (limits["memory"], memory * sizing.MEMORY_LIMIT, max(memory * sizing.MEMORY_LIMIT_MOST, sizing.MEMORY_LIMIT_ANYWAY)),
        "requests.cpu": (requests["cpu"], cpu, cpu * sizing.CPU_REQUEST_MOST),
        "limits.cpu": (limits["cpu"], cores / always, sizing.CPU_LIMIT_MOST),
    }
    return [f"{service}: {what} is {is_:g}, not between {low:g} and {high:g}" for what, (is_, low, high) in bounds.items() if not low * 0.9999 <= is_ <= high * 1.0001]


def resources(name, service):
    return deployment(name, service)["spec"]["template"]["spec"]["containers"][0]["resources"]


@pytest.mark.parametrize("name", LEVEL)
def test_requests_and_limits_are_what_was_measured(name):
    found = [f for s in SERVICES for f in faults(LEVEL[name], s, resources(name, s), *scale(name, s))]
    assert not found, "\n".join(found)


def test_the_check_itself_sees_too_little_and_too_much():
    good = resources("production", "dossier")
    how = scale("production", "dossier")
    assert how == (3, 8, 0.7)
    for part, what, value in [
        ("requests", "memory", "192Mi"),
        ("requests", "memory", "2Gi"),
        ("limits", "memory", "320Mi"),
        ("limits", "memory", "4Gi"),
        ("requests", "cpu", "250m"),
        ("requests", "cpu", "3"),
        ("limits", "cpu", "1"),
        ("limits", "cpu", "4"),
    ]:
        bad = copy.deepcopy(good)
        bad[part][what] = value
        assert [f"{part}.{what}" in f for f in faults("a province", "dossier", bad, *how)] == [True], (part, what, value)


def test_pods_can_become_as_many_as_the_peak_needs():
    for service in SERVICES:
        cores = sizing.busy(FIGURES, "a province")[service] / sizing.USED
        _, most, _ = scale("production", service)
        assert most * quantity(resources("production", service)["limits"]["cpu"]) >= cores, service
