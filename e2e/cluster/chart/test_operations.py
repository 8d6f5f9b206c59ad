"""Alerts that fire when they should, a page for each, and documents made from the schema."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from render import CHART, ROOT, SECRETS, documents, merge

CLUSTER = ROOT / "e2e" / "cluster"
PAGES = ROOT / "docs" / "operations" / "runbooks"


def alerts(release="motcua", namespace="p", **more):
    """The rules as a release installs them."""
    given = merge({}, {**SECRETS, "publicUrl": "https://cong.example.vn", "monitoring": {"rules": True}})
    return next(d for d in documents(merge(given, more), release=release, namespace=namespace) if d["kind"] == "PrometheusRule")["spec"]


def rules(**how):
    return [r for g in alerts(**how)["groups"] for r in g["rules"]]


def promtool(*arguments):
    program = os.environ.get("PROMTOOL")
    if not program:
        pytest.skip("no promtool")
    out = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stdout + out.stderr


@pytest.mark.parametrize("tests", sorted(p.name for p in CLUSTER.glob("alerts*.test.yaml")))
def test_alerts_fire_when_they_should(tmp_path, tests):
    for name, how in {"alerts": {}, "alerts-trial": {"release": "trial"}, "alerts-q": {"namespace": "q"}}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(alerts(**how), allow_unicode=True))
    promtool("check", "rules", tmp_path / "alerts.yaml")
    shutil.copy(CLUSTER / tests, tmp_path)
    promtool("test", "rules", tmp_path / tests)


def test_alerts_look_at_one_release_only():
    """Every metric is asked for by the names of the release, and none is left unnamed."""
    for rule in rules(release="trial", namespace="q", monitoring={"job": ""}):
        assert "@" not in yaml.safe_dump(rule), rule
        assert rule["labels"]["release"] == "trial"
        for metric in re.findall(r"\b(?:motcua_[a-z_]+|up)\b(.{44})", rule["expr"] + " " * 44):
            assert metric.startswith('{namespace="q",job="trial-motcua-metrics"'), rule["expr"]
        for selector in re.findall(r"\b(?:kube|kubelet)_[a-z_]+(.{15})", rule["expr"]):
            assert selector.startswith('{namespace="q"'), rule["expr"]
    scraped = " ".join(r["expr"] for r in rules(monitoring={"job": "by-hand"}))
    assert 'up{namespace="p",job="by-hand"}' in scraped and "motcua-metrics" not in scraped


def test_the_job_is_the_name_of_the_service():
    """The Prometheus operator gives the name of the Service to what it scrapes."""
    for release in ("motcua", "trial"):
        made = documents(merge({}, {**SECRETS, "monitoring": {"serviceMonitor": True}}), release=release, namespace="p")
        monitor = next(d for d in made if d["kind"] == "ServiceMonitor")["spec"]
        assert "jobLabel" not in monitor
        wanted = monitor["selector"]["matchLabels"]
        (service,) = [d["metadata"]["name"] for d in made if d["kind"] == "Service" and wanted.items() <= d["metadata"]["labels"].items()]
        down = next(r["expr"] for r in rules(release=release) if r.get("alert") == "MotcuaServiceDown")
        assert f'up{{namespace="p",job="{service}"}}' in down


def test_somebody_must_know_the_certificate_of_a_door_with_tls():
    named = lambda **how: {r.get("alert") for r in rules(**how)}  # noqa: E731
    assert "MotcuaCertificateUnknown" in named()
    assert "MotcuaCertificateUnknown" not in named(publicUrl="http://127.0.0.1:8080")
    # Behind a Gateway, the certificate lies where the Gateway is.
    gateway = {"gatewayApi": {"enabled": True, "parentRefs": [{"name": "door", "namespace": "infra"}]}}
    for rule in rules(**gateway):
        if rule.get("alert", "").startswith("MotcuaCertificate"):
            assert 'exported_namespace=~"p|infra"' in rule["expr"]


def test_rules_count_filings_at_operations_of_the_gateway():
    """The gateway's label `route` is the operation of the public document."""
    public = json.loads((ROOT / "openapi" / "public.json").read_text())
    filings = {o["operationId"]: (path, method) for path, item in public["paths"].items() for method, o in item.items() if isinstance(o, dict)}
    asked = {name for r in rules() for m in re.findall(r'service="gateway",method="POST",route=~"([^"]+)"', r["expr"]) for name in m.split("|")}
    assert asked == {"fileDossier", "fileDossierGroup"}
    assert filings["fileDossier"] == ("/api/v1/dossiers", "post") and filings["fileDossierGroup"][1] == "post"


def test_every_alert_has_a_test_and_a_page():
    tested = "".join(p.read_text() for p in CLUSTER.glob("alerts*.test.yaml"))
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


@pytest.mark.parametrize("base", ["https://docs.example.vn/motcua/runbooks", "https://docs.example.vn/motcua/runbooks/"])
def test_the_page_of_an_alert_can_be_an_address(base):
    for rule in rules(monitoring={"runbookUrl": base}):
        if "alert" in rule:
            assert rule["annotations"]["runbook_url"] == f"https://docs.example.vn/motcua/runbooks/{rule['alert']}.md"


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
    out = subprocess.run([sys.executable, str(CLUSTER / "values_readme.py")], capture_output=True, text=True, check=True)
    assert (CHART / "README.md").read_text() == out.stdout, "run: make chart-readme"


def test_the_sizing_page_is_what_the_figures_say():
    sys.path.insert(0, str(CLUSTER))
    import sizing_page

    file = ROOT / "docs" / "operations" / "sizing.json"
    figures = json.loads(file.read_text()) if file.exists() else None
    assert (ROOT / "docs" / "operations" / "sizing.md").read_text() == sizing_page.page(figures), "run: e2e/cluster/sizing.py write"
