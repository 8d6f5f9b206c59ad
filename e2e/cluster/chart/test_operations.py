"""Alerts that fire when they should, a page for each, and documents made from the schema."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from render import CHART, ROOT

ALERTS = CHART / "files" / "alerts.yaml"
PAGES = ROOT / "docs" / "operations" / "runbooks"


def rules():
    return [r for g in yaml.safe_load(ALERTS.read_text())["groups"] for r in g["rules"]]


def test_alerts_fire_when_they_should():
    promtool = os.environ.get("PROMTOOL")
    if not promtool:
        pytest.skip("no promtool")
    for arguments in (["check", "rules", str(ALERTS)], ["test", "rules", str(ROOT / "e2e" / "cluster" / "alerts.test.yaml")]):
        out = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
        assert out.returncode == 0, out.stdout + out.stderr


def test_every_alert_has_a_test_and_a_page():
    tested = (ROOT / "e2e" / "cluster" / "alerts.test.yaml").read_text()
    pages = {p.stem for p in PAGES.glob("*.md")} - {"README"}
    alerts = {r["alert"]: r for r in rules() if "alert" in r}
    assert pages == set(alerts), f"without a page: {set(alerts) - pages}; without an alert: {pages - set(alerts)}"
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook_url"] == f"docs/operations/runbooks/{name}.md"
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert len(re.findall(rf"alertname: {name}\n", tested)) >= 2, f"{name}: a test that it fires, and one that it does not"
        page = (PAGES / f"{name}.md").read_text()
        for heading in ("## What it means", "## Look", "## Do"):
            assert heading in page, f"{name}.md has no {heading}"


def metrics_in_code():
    """Names as the programs export them: the registry's prefix, and _total for counters."""
    names = set()
    for file in [*ROOT.glob("libs/*/src/**/*.rs"), *ROOT.glob("services/*/src/**/*.rs")]:
        text = file.read_text()
        names |= {f"motcua_{n}" for n in re.findall(r"\.gauges\(\s*\"([a-z_]+)\"", text)}
        names |= {f"motcua_{n}_total" for n in re.findall(r"\.counters\(\s*\"([a-z_]+)\"", text)}
    return names | {"motcua_http_requests_total", "motcua_http_request_seconds_bucket", "motcua_http_request_seconds_count"}


def test_rules_and_dashboards_use_metrics_that_exist():
    known = metrics_in_code()
    texts = [r["expr"] for r in rules()]
    for file in (CHART / "files" / "dashboards").glob("*.json"):
        dashboard = json.loads(file.read_text())
        targets = [t["expr"] for p in dashboard["panels"] for t in p["targets"]]
        assert targets and len({p["id"] for p in dashboard["panels"]}) == len(dashboard["panels"])
        texts += targets
    texts.append((CHART / "templates" / "services.yaml").read_text())
    used = {m for t in texts for m in re.findall(r"\bmotcua_[a-z_]+", t)}
    assert used and used <= known, f"nobody exports {used - known}"


def test_the_readme_is_what_the_schema_says():
    out = subprocess.run([sys.executable, str(ROOT / "e2e" / "cluster" / "values_readme.py")], capture_output=True, text=True, check=True)
    assert (CHART / "README.md").read_text() == out.stdout, "run: make chart-readme"


def test_the_sizing_page_is_what_the_figures_say():
    sys.path.insert(0, str(ROOT / "e2e" / "cluster"))
    import sizing_page

    file = ROOT / "docs" / "operations" / "sizing.json"
    figures = json.loads(file.read_text()) if file.exists() else None
    assert (ROOT / "docs" / "operations" / "sizing.md").read_text() == sizing_page.page(figures), "run: e2e/cluster/sizing.py write"
