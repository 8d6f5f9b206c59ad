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
            # What only asks for a volume waits for it: ended by a clock it would stay failed in the way of every `helm --wait` after it.
            waits = "-backup-volume-" in d["metadata"]["name"]
            assert ("activeDeadlineSeconds" in job) != waits and "backoffLimit" in job, key(d)
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
    """A Job that runs before the release has its account and its way out before it: of the release nothing is there yet, or what is there
    has the addresses of before. Between the upgrades, its policy is there as an ordinary part of the release."""
    hooks = {key(d): a for d in rendered(name) if "pre-install" in (a := d["metadata"].get("annotations", {})).get("helm.sh/hook", "")}
    jobs = [d for d in rendered(name) if d["kind"] == "Job" and key(d) in hooks]
    assert bool(jobs) == (values(name).get("migrations", {}).get("mode") != "init")
    for d in jobs:
        labels = d["spec"]["template"]["metadata"]["labels"]
        policies = [p for p in rendered(name) if p["kind"] == "NetworkPolicy" and p["spec"]["podSelector"]["matchLabels"].items() <= labels.items()]
        assert all(any(rule["ports"][0]["port"] == 5432 for rule in p["spec"]["egress"]) for p in policies), key(d)
        before, always = ([p for p in policies if (key(p) in hooks) == hook] for hook in (True, False))
        assert len(before) == len(always) == 1 and before[0]["spec"] == always[0]["spec"], key(d)
        assert "annotations" not in always[0]["metadata"]
        for needed in [("ServiceAccount", d["spec"]["template"]["spec"]["serviceAccountName"]), *map(key, before)]:
            assert hooks[needed]["helm.sh/hook"] == hooks[key(d)]["helm.sh/hook"] == "pre-install,pre-upgrade", f"{key(d)}: {needed}"
            assert int(hooks[needed]["helm.sh/hook-weight"]) < int(hooks[key(d)]["helm.sh/hook-weight"]), f"{key(d)}: {needed}"
            # A hook that is there already, from an upgrade that failed, would stop the next one.
            assert "before-hook-creation" in hooks[needed]["helm.sh/hook-delete-policy"], f"{key(d)}: {needed}"
    if not jobs:
        assert not hooks
        assert not [d for d in rendered(name) if d["kind"] == "NetworkPolicy" and "migrate" in d["metadata"]["name"]], "it would select nobody"


@pytest.mark.parametrize("name", SETS)
def test_every_volume_has_a_pod_that_is_there_at_once(name):
    """With a storage class that waits for the first pod, a volume that only a CronJob mounts is not bound before its hour, and Helm waits."""
    claims = {d["metadata"]["name"] for d in rendered(name) if d["kind"] == "PersistentVolumeClaim"}
    once = [(d, spec) for d, _, spec in pods(name) if d["kind"] in ("Deployment", "StatefulSet", "Job") and "helm.sh/hook" not in d["metadata"].get("annotations", {})]
    assert claims <= {v["persistentVolumeClaim"]["claimName"] for _, spec in once for v in spec["volumes"] if "persistentVolumeClaim" in v}
    for d, spec in once:
        if "backup-volume" in d["metadata"]["name"]:
            (backup,) = (s for c, _, s in pods(name) if key(c) == ("CronJob", "motcua-backup"))
            # Where this pod goes, the backup can go: the same volumes, the same wish to be beside the files.
            assert (spec["volumes"], spec.get("affinity")) == (backup["volumes"], backup.get("affinity"))
    assert ("Job" in {d["kind"] for d, _ in once if "backup-volume" in d["metadata"]["name"]}) == ("motcua-backup" in claims)


def test_the_job_of_the_backup_volume_is_never_changed():
    """What the API server refuses: so another pod is another Job."""
    def job(more):
        (found,) = (d for d in documents(merge(merge(values("minimal"), {"backup": {"enabled": True}}), more)) if "backup-volume" in d["metadata"]["name"])
        return found

    jobs = [job(more) for more in ({}, {"commonLabels": {"team": "x"}}, {"backup": {"image": "postgres:18"}}, {"ca": {"secretName": "trust"}})]
    assert len({d["metadata"]["name"] for d in jobs}) == len(jobs) and job({}) == jobs[0]
    assert not [d for d in documents(merge(values("minimal"), {"backup": {"enabled": True, "existingClaim": "mine"}})) if "backup-volume" in d["metadata"]["name"]]


def test_an_upgrade_of_the_evaluation_finds_room_on_a_small_node():
    """Each service twice for a moment, and the demo's Job: with 700m for what a cluster runs itself, two cores; and 6 GB."""
    cpu, memory = 700, 1024
    for d, _, spec in pods("evaluation"):
        requests = [c["resources"]["requests"] for c in spec["containers"]]
        times = 2 if d["kind"] == "Deployment" else int(d["kind"] == "StatefulSet" or d["metadata"]["name"] == "motcua-demo-data")
        cpu += times * sum(int(r["cpu"].removesuffix("m")) for r in requests)
        memory += times * sum(int(r["memory"].removesuffix("Mi")) for r in requests)
    assert cpu <= 2000 and memory <= 5500, (cpu, memory)


@pytest.mark.parametrize("name", SETS)
def test_no_hook_waits_for_what_comes_after_it(name):
    """Before the release nothing of it may be mounted; after it, what it waits for must not wait for the hook."""
    ordinary = {key(d) for d in rendered(name) if "helm.sh/hook" not in d["metadata"].get("annotations", {})}
    for d, _, spec in pods(name):
        hook = d["metadata"].get("annotations", {}).get("helm.sh/hook", "")
        if "pre-" in hook:
            named = {("ServiceAccount", spec["serviceAccountName"])}
            named |= {("PersistentVolumeClaim", v["persistentVolumeClaim"]["claimName"]) for v in spec["volumes"] if "persistentVolumeClaim" in v}
            named |= {("ConfigMap", v["configMap"]["name"]) for v in spec["volumes"] if "configMap" in v}
            named |= {("Secret", s["secret"]["name"]) for v in spec["volumes"] for s in v.get("projected", {}).get("sources", [])}
            assert not named & ordinary, f"{key(d)}: {named & ordinary}"
        if hook:
            assert "before-hook-creation" in d["metadata"]["annotations"]["helm.sh/hook-delete-policy"], "the same upgrade again"


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
