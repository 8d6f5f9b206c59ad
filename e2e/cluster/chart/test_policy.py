"""Rules of ours over every rendered object, and a best-practice scanner with each exception explained."""

import json
import re
import subprocess
import sys

import pytest
import yaml
from render import SERVICES, SETS, STORED, containers, deployment, documents, key, merge, pods, rendered, values

# Checks of the scanner that are not for us, and why.
SKIPPED = {
    "CKV_K8S_14": "the image tag is not latest: the chart's appVersion, or a digest in production",
    "CKV_K8S_15": "IfNotPresent: tags are never overwritten, production gives a digest",
    "CKV_K8S_43": "a digest is the operator's to give; values-production.yaml does",
    "CKV_K8S_35": "secrets are files; the two stock servers of the evaluation take theirs from the environment",
    "CKV_K8S_8": "jobs end by themselves; services have liveness probes (rule below)",
    "CKV_K8S_9": "jobs are never called; services have readiness probes (rule below)",
    "CKV2_K8S_6": "network policies exist for every pod (rule below); the scanner joins them by other labels",
    "CKV_K8S_21": "the namespace is Helm's, not the document's",
    "CKV_K8S_40": "the two stock servers of the evaluation run as uid 999, which their images own",
}


def restricted(d, spec):
    """Pod Security "restricted", and a root that cannot be written."""
    who = key(d)
    s = spec["securityContext"]
    assert s["runAsNonRoot"] is True and s["runAsUser"] > 0 and s["seccompProfile"] == {"type": "RuntimeDefault"}, who
    for forbidden in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
        assert forbidden not in spec, who
    allowed = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"}
    for volume in spec.get("volumes", []):
        assert set(volume) - {"name"} <= allowed, f"{who}: {volume}"
    for c in containers(spec):
        cs = c["securityContext"]
        assert cs["allowPrivilegeEscalation"] is False and cs["capabilities"] == {"drop": ["ALL"]} and not cs.get("privileged"), who
        assert cs["readOnlyRootFilesystem"] is True, who
        assert not any("hostPort" in p for p in c.get("ports", [])), who


@pytest.mark.parametrize("name", SETS)
def test_pod_security_restricted(name):
    for d, _, spec in pods(name):
        restricted(d, spec)


@pytest.mark.parametrize("name", SETS)
def test_nobody_has_a_token(name):
    for d, _, spec in pods(name):
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False, key(d)
    for d in rendered(name):
        if d["kind"] == "ServiceAccount":
            assert d["automountServiceAccountToken"] is False, key(d)
        assert d["kind"] not in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), "the suite needs no rights in the cluster"


@pytest.mark.parametrize("name", SETS)
def test_everything_is_limited(name):
    for d, _, spec in pods(name):
        for c in containers(spec):
            for half in ("requests", "limits"):
                assert {"cpu", "memory"} <= c["resources"][half].keys(), f"{key(d)}: {c['name']}"
        if d["kind"] in ("Job", "CronJob"):
            job = d["spec"] if d["kind"] == "Job" else d["spec"]["jobTemplate"]["spec"]
            assert job["activeDeadlineSeconds"] and "backoffLimit" in job, key(d)
        for volume in spec.get("volumes", []):
            assert "emptyDir" not in volume or volume["emptyDir"].get("sizeLimit"), f"{key(d)}: {volume}"


@pytest.mark.parametrize("name", SETS)
def test_services_can_be_watched_and_moved(name):
    for service in SERVICES:
        c = deployment(name, service)["spec"]["template"]["spec"]["containers"][0]
        assert c["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "admin"}
        assert c["readinessProbe"]["httpGet"]["path"] == c["startupProbe"]["httpGet"]["path"] == "/readyz"
        assert c["startupProbe"]["periodSeconds"] * c["startupProbe"]["failureThreshold"] >= 60
        assert deployment(name, service)["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("name", SETS)
def test_a_volume_of_one_node_is_mounted_there(name):
    """A new pod beside the old one needs the same volume: ReadWriteOnce is one node, and both are ready there at once."""
    claims = {d["metadata"]["name"]: d["spec"]["accessModes"] for d in rendered(name) if d["kind"] == "PersistentVolumeClaim"}
    dossier = deployment(name, "dossier")["spec"]["template"]
    for service in SERVICES:
        spec = deployment(name, service)["spec"]["template"]["spec"]
        one = any(claims.get(v.get("persistentVolumeClaim", {}).get("claimName")) == ["ReadWriteOnce"] for v in spec["volumes"])
        assert one == (service == "dossier" and name in ("evaluation", "single-node")), service
        if not one:
            assert "affinity" not in spec, service
            continue
        (term,) = spec["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        # Itself among them: else the first pod would wait for one that never comes.
        assert term["labelSelector"]["matchLabels"] == deployment(name, service)["spec"]["selector"]["matchLabels"]
        assert term["labelSelector"]["matchLabels"].items() <= dossier["metadata"]["labels"].items()
    for d, _, spec in pods(name):
        if d["kind"] == "CronJob" and any(v["name"] == "files" for v in spec["volumes"]):
            wanted = claims["motcua-files"] == ["ReadWriteOnce"]
            assert wanted == ("affinity" in spec), key(d)
            if wanted:
                (term,) = spec["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
                assert term["podAffinityTerm"]["labelSelector"]["matchLabels"].items() <= dossier["metadata"]["labels"].items()


@pytest.mark.parametrize("name", SETS)
def test_a_service_sees_its_own_secrets_only(name):
    """A pod of one service never mounts the database address of another."""
    for service in SERVICES:
        spec = deployment(name, service)["spec"]["template"]["spec"]
        files = {i["path"]: (s["secret"]["name"], i["key"]) for v in spec["volumes"] for s in v.get("projected", {}).get("sources", []) for i in s["secret"]["items"]}
        assert ("database" in files) == ("bus" in files) == (service in STORED)
        if service in STORED:
            secret, at = files["database"]
            assert service in (at,) or service in secret, f"{service}: {secret}/{at}"
        text = json.dumps(spec)
        for other in STORED:
            assert other == service or f"MOTCUA_{other.upper()}__DATABASE" not in text


@pytest.mark.parametrize("name", SETS)
def test_cas_of_ones_own_are_known_to_whoever_opens_a_line(name):
    """Each container that has the address of a server knows the CAs that values name, by the variables that its clients read."""
    wanted = bool(values(name).get("ca"))
    assert wanted or "SSL_CERT_DIR" not in json.dumps([s for _, _, s in pods(name)])
    for d, _, spec in pods(name) if wanted else []:
        volumes = {v["name"]: v for v in spec["volumes"]}
        for c in containers(spec):
            env = {e["name"]: e.get("value") for e in c.get("env", [])}
            files = set()
            for mount in c["volumeMounts"]:
                volume = volumes[mount["name"]]
                sources = [s["secret"] for s in volume.get("projected", {}).get("sources", [])] + ([volume["secret"]] if "secret" in volume else [])
                files |= {(f"{mount['mountPath']}/{i['path']}", s.get("name") or s["secretName"]) for s in sources for i in s["items"]}
            database = any(path.endswith("/database") for path, _ in files)
            if c["image"].startswith("example/motcua"):
                assert (f"{env['SSL_CERT_DIR']}/ca.crt", values(name)["ca"]["secretName"]) in files, f"{key(d)}: {c['name']}"
                # All files of that folder are read as certificates.
                assert [path for path, _ in files if path.startswith(f"{env['SSL_CERT_DIR']}/")] == [f"{env['SSL_CERT_DIR']}/ca.crt"]
            assert not database or env["PGSSLROOTCERT"] in {path for path, _ in files}, f"{key(d)}: {c['name']}"


@pytest.mark.parametrize("name", SETS)
def test_a_missing_secret_is_said_by_the_program(name):
    """The kubelet lets a pod of ours begin without a Secret: then its log has a line, and not only the pod's events."""
    for d, _, spec in pods(name):
        for volume in spec.get("volumes", []):
            for source in volume.get("projected", {}).get("sources", []):
                assert source["secret"]["optional"] is True, f"{key(d)}: {volume['name']}"


@pytest.mark.parametrize("name", SETS)
def test_no_secret_stands_in_clear(name):
    for d in rendered(name):
        if d["kind"] == "Secret":
            continue
        for word in ("amqp://", "amqps://", "redis://", "rediss://", "postgres://"):
            assert word not in json.dumps(d), f"{key(d)} holds an address with a password"


def test_policies_draw_the_edges_of_the_architecture():
    """Evaluated, not read: which pod may open which port of which pod."""
    name = "evaluation"
    labels = {d["metadata"]["name"].removeprefix("motcua-"): m["labels"] for d, m, _ in pods(name)}
    ports = {d["metadata"]["name"].removeprefix("motcua-"): {p["name"]: p["containerPort"] for c in s["containers"] for p in c.get("ports", [])} for d, _, s in pods(name)}
    policies = [d["spec"] for d in rendered(name) if d["kind"] == "NetworkPolicy"]

    def selects(peer, who):
        return all(labels[who].get(k) == v for k, v in peer["podSelector"]["matchLabels"].items())

    def opens(rule, side, other, target, port):
        number = {port, next((n for n, p in ports[target].items() if p == port), None)}
        return (not rule.get("ports") or any(p["port"] in number for p in rule["ports"])) and (
            not rule.get(side) or any(selects(p, other) for p in rule[side] if "podSelector" in p)
        )

    def may(source, target, port):
        out = [p for p in policies if selects(p, source)]
        into = [p for p in policies if selects(p, target)]
        assert out and into, f"{source} or {target} has no policy"
        return any(opens(r, "to", target, target, port) for p in out for r in p.get("egress", [])) and any(
            opens(r, "from", source, target, port) for p in into for r in p.get("ingress", [])
        )

    for source in SERVICES:
        wanted = {"gateway": set(SERVICES) - {"gateway"}, "portal": {"gateway", "identity"}}.get(source, {"identity"})
        assert {t for t in SERVICES if may(source, t, 8080)} == wanted | ({"gateway"} if source == "gateway" and False else set()), source
        assert may(source, "postgres", 5432) == may(source, "rabbitmq", 5672) == (source in STORED), source
        assert may(source, "redis", 6379) == (source in {"catalogue", "dossier", "identity", "portal", "gateway"}), source
        assert not any(may(source, t, 9080) for t in SERVICES), f"{source} reaches an admin port"
    for job in ("demo-data", "rotate-key"):
        assert may(job, "postgres", 5432) and not any(may(job, t, 8080) for t in SERVICES)
    assert {t for t in SERVICES if may("story", t, 8080)} == {"gateway"}


def test_identity_alone_reaches_national_providers_and_only_where_it_has_some():
    providers = '[{id="vneid",issuer="https://vneid.example.vn:8443"}]'
    own = {"network": {"providers": {"ports": [8443], "to": []}}}

    def reach(more):
        given = merge(merge(values("minimal"), own), more)
        policies = {d["metadata"]["name"]: d["spec"] for d in documents(given) if d["kind"] == "NetworkPolicy"}
        return {n for n, p in policies.items() for r in p.get("egress", []) if any(q["port"] == 8443 for q in r.get("ports", []))}

    assert reach({}) == set()
    assert reach({"services": {"identity": {"settings": {"providers": providers}}}}) == {"motcua-identity"}


@pytest.mark.parametrize("name", SETS)
def test_a_hook_finds_what_it_needs(name):
    """A Job that runs before the release has its account and its way out before it: of the release nothing is there yet."""
    hooks = {key(d): a for d in rendered(name) if "pre-install" in (a := d["metadata"].get("annotations", {})).get("helm.sh/hook", "")}
    jobs = [d for d in rendered(name) if d["kind"] == "Job" and key(d) in hooks]
    assert bool(jobs) == (values(name).get("migrations", {}).get("mode") != "init")
    for d in jobs:
        labels = d["spec"]["template"]["metadata"]["labels"]
        policies = [p for p in rendered(name) if p["kind"] == "NetworkPolicy" and p["spec"]["podSelector"]["matchLabels"].items() <= labels.items()]
        assert policies and any(rule["ports"][0]["port"] == 5432 for p in policies for rule in p["spec"]["egress"]), key(d)
        for needed in [("ServiceAccount", d["spec"]["template"]["spec"]["serviceAccountName"]), *map(key, policies)]:
            assert hooks[needed]["helm.sh/hook"] == hooks[key(d)]["helm.sh/hook"], f"{key(d)}: {needed}"
            assert int(hooks[needed]["helm.sh/hook-weight"]) < int(hooks[key(d)]["helm.sh/hook-weight"]), f"{key(d)}: {needed}"
    if not jobs:
        assert not hooks


def test_sealing_again_holds_up_no_upgrade():
    """No hook, which Helm would wait for; and no Job that is to be changed, which the API server refuses."""
    def job(more):
        (found,) = (d for d in documents(merge(values("sealing"), more)) if d["kind"] == "Job" and d["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "seal-again")
        return found

    jobs = [job(more) for more in ({}, {"image": {"tag": "next"}}, {"sealing": {"dataKeys": "d1.0123abcd.AAAA_-"}}, {"commonLabels": {"team": "x"}})]
    for d in jobs:
        assert "annotations" not in d["metadata"] and d["spec"]["ttlSecondsAfterFinished"] > 86400
        assert re.fullmatch(r"motcua-seal-again-1-[0-9a-f]{6}", d["metadata"]["name"]), "by the number of the release"
    by_name = {}
    for d in jobs:
        assert by_name.setdefault(d["metadata"]["name"], d["spec"]) == d["spec"], "another pod has another name"
    assert job({}) == jobs[0]
    assert len(by_name) == len(jobs)


def test_production_lets_nobody_in_but_the_ingress():
    for d in rendered("production"):
        if d["kind"] == "NetworkPolicy":
            for rule in d["spec"].get("ingress", []):
                assert rule.get("from"), f"{key(d)}: {rule}"


@pytest.mark.parametrize("name", ["evaluation", "production"])
def test_best_practice_scanner(name, tmp_path):
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(d for d in rendered(name)))
    out = subprocess.run(
        [sys.executable, "-m", "checkov.main", "-f", str(file), "--framework", "kubernetes", "--compact", "--quiet", "--skip-download", "-o", "json", "--skip-check", ",".join(SKIPPED)],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(out.stdout)
    assert report["summary"]["passed"] > 200, out.stdout[:500]
    failed = {(c["check_id"], c["check_name"], c["resource"]) for c in report["results"]["failed_checks"]}
    assert not failed, "\n".join(map(str, sorted(failed)))
