"""What a kubelet would do with the rendered production set, as far as podman can: see images-test.sh."""

import atexit
import contextlib
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from urllib.parse import urlsplit

from render import SERVICES, STORED, containers, documents, key, merge, pod, values
from tls import certificate, tls_before

IMAGE = os.environ["IMAGE"]
# What the backup runs in: the clients of PostgreSQL and a shell.
BACKUP_IMAGE = os.environ["BACKUP_IMAGE"]
RUN = f"motcua-it-{secrets.token_hex(3)}"
WORK = pathlib.Path(tempfile.mkdtemp(prefix=f"{RUN}-"))
SERVERS = {"postgres": urlsplit(os.environ["MOTCUA_TEST_POSTGRES_URL"]), "rabbitmq": urlsplit(os.environ["MOTCUA_TEST_AMQP_URL"]), "redis": urlsplit(os.environ["MOTCUA_TEST_REDIS_URL"])}
UID = 65532


def say(text):
    print(f"images-test: {text}", flush=True)


def sh(*arguments, check=True, **how):
    out = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False, **how)
    if check and out.returncode != 0:
        raise SystemExit(f"images-test: {' '.join(map(str, arguments))[:300]}: {out.stdout[-2000:]}{out.stderr[-2000:]}")
    return out


def podman(*arguments, **how):
    return sh("podman", *arguments, **how)


def psql(text, database=None):
    url = os.environ["MOTCUA_TEST_POSTGRES_URL"]
    url = url if database is None else f"{url.rsplit('/', 1)[0]}/{database}"
    return sh("psql", url, "-XqtA", "-v", "ON_ERROR_STOP=1", input=text).stdout.strip()


def clean():
    for name in podman("ps", "-aq", "--filter", f"label=run={RUN}", check=False).stdout.split():
        podman("rm", "-f", "-t", "1", name, check=False)
    podman("network", "rm", "-f", RUN, check=False)
    for service in STORED:
        psql(f"drop database if exists {RUN.replace('-', '_')}_{service} with (force);\ndrop role if exists {RUN.replace('-', '_')}_{service};")
    shutil.rmtree(WORK, ignore_errors=True)


atexit.register(clean)
given = values("production")
merge(given, {"image": {"repository": IMAGE.rsplit(":", 1)[0], "tag": IMAGE.rsplit(":", 1)[1], "digest": ""}, "demo": True, "otlpUrl": ""})
merge(given, {"publicUrl": "http://motcua-gateway:8080", "bus": {"prefix": f"{RUN}."}, "cache": {"prefix": f"{RUN}:"}, "ingress": {"enabled": False}})
# No mail and SMS servers here; one person plays all the parts.
settings = {
    "notifications": {"email.transport": "files", "sms.transport": "files"},
    "gateway": {"requests_per_minute": 60000, "public_requests_per_minute": 60000},
    "dossier": {"tracking.numbers_per_hour": 60000},
}
merge(given, {"services": {service: {"settings": more} for service, more in settings.items()}})
merge(given, {"backup": {"image": BACKUP_IMAGE}})


def made(more):
    """The documents of the set with other values besides."""
    return {key(d): d for d in documents(merge(dict(given), more))}


rendered = made({})

podman("network", "create", RUN)
gateway = json.loads(podman("network", "inspect", RUN).stdout)[0]["subnets"][0]["gateway"]
texts = {("motcua-sealing", "secret"): secrets.token_hex(32)}
for service in STORED:
    role, password = f"{RUN.replace('-', '_')}_{service}", secrets.token_hex(12)
    psql(f"create role {role} login password '{password}';\ngrant {role} to current_user;\ncreate database {role} owner {role} encoding 'UTF8' template template0;")
    texts[f"motcua-{service}-app", "uri"] = f"postgres://{role}:{password}@postgres:5432/{role}?sslmode=verify-full"
amqp, redis = SERVERS["rabbitmq"], SERVERS["redis"]
texts["motcua-bus", "url"] = f"amqps://{amqp.username}:{amqp.password}@rabbitmq:5671{amqp.path}"
texts["motcua-cache", "url"] = f"rediss://{redis.username or ''}:{redis.password or ''}@redis:6379/0"
texts["motcua-mail", "smtp-url"], texts["motcua-mail", "sms-token"] = "smtp://u:p@mail:587", "token"
# The servers listen on the loopback of this machine and without TLS; containers come through the bridge, to an end of TLS there.
authority = WORK / "tls"
authority.mkdir()
texts["motcua-trust", "ca.crt"] = certificate(authority, name=",".join(f"DNS:{server}" for server in SERVERS)).read_text()
# What the claims stand for.
claims = {"motcua-files": WORK / "files", "motcua-backup": WORK / "backup"}
for folder in claims.values():
    folder.mkdir()
    os.chown(folder, UID, UID)
files, backups = claims["motcua-files"], claims["motcua-backup"]


def mounts(name, spec, container, of):
    """The volumes of a container as arguments of podman."""
    out = []
    volumes = {v["name"]: v for v in spec.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        volume, at = volumes[mount["name"]], mount["mountPath"]
        folder = WORK / name / mount["name"]
        if "projected" in volume or "secret" in volume:
            folder.mkdir(parents=True, exist_ok=True)
            sources = [s["secret"] for s in volume["projected"]["sources"]] if "projected" in volume else [volume["secret"]]
            for source in sources:
                for item in source["items"]:
                    path = folder / item["path"]
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(texts[source.get("name") or source["secretName"], item["key"]])
                    os.chown(path, 0, UID)
                    path.chmod(0o440)
            out += ["-v", f"{folder}:{at}:ro"]
        elif "configMap" in volume:
            folder.mkdir(parents=True, exist_ok=True)
            for file, text in of["ConfigMap", volume["configMap"]["name"]]["data"].items():
                (folder / file).write_text(text)
                (folder / file).chmod(volume["configMap"]["defaultMode"])
            out += ["-v", f"{folder}:{at}:ro"]
        elif "emptyDir" in volume:
            out += ["--mount", f"type=tmpfs,destination={at},tmpfs-mode=1777"]
        else:
            claim = volume["persistentVolumeClaim"]
            only_read = claim.get("readOnly") or mount.get("readOnly")
            out += ["-v", f"{claims[claim['claimName']]}:{at}{':ro' if only_read else ''}"]
    return out


def arguments(name, spec, container, label, of=None):
    """A container of a rendered pod as arguments of `podman run`."""
    s = container["securityContext"]
    assert s["readOnlyRootFilesystem"] and s["capabilities"]["drop"] == ["ALL"] and not s["allowPrivilegeEscalation"]
    user = spec["securityContext"]
    limits = container["resources"]["limits"]
    out = ["--name", f"{RUN}-{label}", "--label", f"run={RUN}", "--network", RUN, "--network-alias", name, "--read-only", "--read-only-tmpfs=false"]
    out += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{user['runAsUser']}:{user['runAsGroup']}"]
    out += ["--memory", limits["memory"].replace("Mi", "m").replace("Gi", "g")]
    out += [a for server in SERVERS for a in ("--add-host", f"{server}:{gateway}")]
    out += [a for e in container.get("env", []) for a in ("-e", f"{e['name']}={e['value']}")]
    out += mounts(label, spec, container, of or rendered) + ["--entrypoint", json.dumps(container["command"]), container["image"]]
    return out + container.get("args", [])


def once(kind, name, timeout=300, extra=(), of=None, refused=None):
    """Runs the containers of a pod that ends, one after the other. With `refused` it must fail and say so."""
    _, spec = pod((of or rendered)[kind, name])
    said = ""
    for n, container in enumerate(containers(spec)):
        run = arguments(name, spec, container, f"{name}-{n}-{secrets.token_hex(2)}", of)
        out = podman("run", "--rm", *run, *extra, timeout=timeout, check=False)
        if refused:
            assert out.returncode == 1 and refused in out.stderr, f"{name}: {out.returncode}: {out.stdout[-1500:]}{out.stderr[-1500:]}"
            return out.stderr
        if out.returncode != 0:
            raise SystemExit(f"images-test: {name}/{container['name']} failed: {out.stdout[-1500:]}{out.stderr[-1500:]}")
        said += out.stdout
    return said


def start(service, label=None):
    _, spec = pod(rendered["Deployment", f"motcua-{service}"])
    podman("run", "-d", *arguments(f"motcua-{service}", spec, spec["containers"][0], label or service))
    return spec["terminationGracePeriodSeconds"]


def address(label):
    networks = json.loads(podman("inspect", f"{RUN}-{label}").stdout)[0]["NetworkSettings"]["Networks"]
    return networks[RUN]["IPAddress"]


def ready(label, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = podman("inspect", "--format", "{{.State.Running}}", f"{RUN}-{label}").stdout.strip()
        if state != "true":
            raise SystemExit(f"images-test: {label} ended: {podman('logs', f'{RUN}-{label}').stderr[-1500:]}")
        try:
            with urllib.request.urlopen(f"http://{address(label)}:9080/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"images-test: {label} is not ready: {podman('logs', f'{RUN}-{label}').stderr[-1500:]}")


def story(count=1, concurrency=1):
    out = once("Pod", "motcua-story", extra=["--count", count, "--concurrency", concurrency, "--json"])
    report = json.loads(out.strip().splitlines()[-1])
    say(f"story: {json.dumps({k: v for k, v in report.items() if not isinstance(v, (dict, list))})}")
    return report


began = time.monotonic()


def hold_bridge():
    """A container makes the bridge, and only then its address can be listened on; with the last one it goes."""
    podman("run", "-d", "--name", f"{RUN}-bridge", "--label", f"run={RUN}", "--network", RUN, "--entrypoint", '["/usr/local/bin/motcua","serve"]', "-e", "MOTCUA_DATA=/tmp/x", IMAGE)


def let_bridge_go():
    podman("rm", "-f", "-t", "1", f"{RUN}-bridge")


hold_bridge()
doors = contextlib.ExitStack()
atexit.register(doors.close)
for server, port in {"postgres": 5432, "rabbitmq": 5671, "redis": 6379}.items():
    doors.enter_context(tls_before(authority, (SERVERS[server].hostname, SERVERS[server].port), (gateway, port), server == "postgres"))

once("Job", "motcua-migrate")
once("Job", "motcua-migrate")
say("migrated, and again")
for service in SERVICES:
    start(service)
for service in SERVICES:
    ready(service)
let_bridge_go()
say(f"all services are ready after {time.monotonic() - began:.0f} s")
once("Job", "motcua-demo-data")
story()

shell = podman("run", "--rm", "--label", f"run={RUN}", "--entrypoint", '["/bin/sh"]', IMAGE, check=False)
assert shell.returncode != 0, "the image has a shell"
for service in SERVICES:
    written = podman("diff", f"{RUN}-{service}").stdout.split("\n")
    assert not [w for w in written if w.startswith(("A /usr", "C /usr/local", "A /etc/motcua"))], f"{service} wrote into its root: {written}"

# Killed without warning: comes back under the same name, and nothing is missing.
for service in ("dossier", "notifications"):
    podman("kill", "--signal", "KILL", f"{RUN}-{service}")
    podman("start", f"{RUN}-{service}")
    ready(service)
story(2, 2)
say("killed services came back")

# An upgrade under load: a new pod is ready, the old one leaves the endpoints, gets its signal, drains and ends by itself with code 0.
load = {}
player = threading.Thread(target=lambda: load.update(story(12, 3)))
player.start()
for service in ("postal", "dossier", "identity"):
    grace = start(service, f"{service}-new")
    ready(f"{service}-new")
    told = time.monotonic()
    podman("stop", "-t", grace, f"{RUN}-{service}")
    code = podman("inspect", "--format", "{{.State.ExitCode}}", f"{RUN}-{service}").stdout.strip()
    took = time.monotonic() - told
    assert code == "0", f"{service} ended with {code}: {podman('logs', f'{RUN}-{service}').stderr[-800:]}"
    say(f"{service}: SIGTERM, drained and ended with 0 after {took:.1f} s")
player.join()
assert load, "the story under load did not end"

once("CronJob", "motcua-rotate-key")
story()
say("keys rotated; nobody had to know")


# ---------------------------------------------------------------- backup, loss, restore: docs/operations/restore.md


def at_rest(**values):
    """`motcua verify` as the Pod of `helm test` without demo data; it waits for what is on its way, and must find nothing."""
    once("Pod", "motcua-story", of=made({"demo": False, **values}), extra=["--wait", 120])


def database(service):
    return f"{RUN.replace('-', '_')}_{service}"


def stored_files():
    return {p.relative_to(files): p.read_bytes() for p in files.rglob("*") if p.is_file() and p.relative_to(files).parts[0] != "incoming"}


def held():
    """What must be there again: rows of people and the files."""
    tables = {"dossier": "dossier", "notifications": "notice", "postal": "shipment", "identity": "account", "catalogue": "procedure"}
    return {f"{s}.{table}": int(psql(f"select count(*) from {table}", database(s))) for s, table in tables.items()} | {"files": len(stored_files())}


at_rest()
before, kept = held(), stored_files()
assert all(before.values()), f"something is empty, and would prove nothing: {before}"
(first_consumer,) = (name for kind, name in rendered if kind == "Job" and name.startswith("motcua-backup-volume-"))
once("Job", first_consumer)
assert not list(backups.iterdir()), "the first pod on the volume leaves nothing behind"

said = once("CronJob", "motcua-backup")
(folder,) = (p for p in backups.iterdir() if p.name != "objects")
assert re.fullmatch(r"20\d{6}T\d{6}Z", folder.name), f"not complete: {folder.name}"
assert said.strip().splitlines()[-1] == f"backup: /backup/{folder.name} is complete", said
assert {p.name for p in folder.iterdir()} == {*(f"{s}.dump" for s in STORED), "objects.list", "started", "SHA256SUMS"}
sums = dict(reversed(line.split(maxsplit=1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
assert {name.removeprefix("./") for name in sums} == {p.name for p in folder.iterdir()} - {"SHA256SUMS"}
for name, wanted in sums.items():
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == wanted, f"{name} is not what its sum says"
copied = {p.relative_to(backups / "objects"): p.read_bytes() for p in (backups / "objects").rglob("*") if p.is_file()}
assert copied == kept, f"{len(copied)} objects in the backup, {len(kept)} in the store"
assert all(hashlib.sha256(content).hexdigest() == path.name for path, content in copied.items())
for service in STORED:
    assert re.search(rf"^backup: {service}: [1-9]\d* tables, [1-9]\d* bytes$", said, re.M), said
assert {p.stat().st_uid for p in [folder, *folder.iterdir()]} == {UID} and not {p.stat().st_mode & 0o077 for p in folder.iterdir()} - {0}, "for nobody else's eyes"
time.sleep(1.1)  # its name is its second
assert ", 0 new" in once("CronJob", "motcua-backup"), "objects never change, and are not copied again"
assert len([p for p in backups.iterdir() if p.name != "objects"]) == 2
say(f"backed up twice, and each is whole: {before}")

restore = made({"backup": {"restore": folder.name}})
once("Job", "motcua-restore", of=restore, refused="is not empty")
for service in ("gateway", "portal", "catalogue"):
    podman("stop", "-t", "45", f"{RUN}-{service}")
    code = podman("inspect", "--format", "{{.State.ExitCode}}", f"{RUN}-{service}").stdout.strip()
    assert code == "0", f"{service} ended with {code}"
hold_bridge()
for service in ("postal-new", "dossier-new", "identity-new", "notifications"):
    podman("stop", "-t", "45", f"{RUN}-{service}")

for service in STORED:
    psql(f"drop database {database(service)} with (force);")
    psql(f"create database {database(service)} owner {database(service)} encoding 'UTF8' template template0;")
for path in list(files.iterdir()):
    shutil.rmtree(path)
damaged = shutil.copytree(folder, backups / "20000101T000000Z")
with (damaged / "postal.dump").open("ab") as dump:
    dump.write(b"x")
for path in (damaged, *damaged.iterdir()):
    os.chown(path, UID, UID)
once("Job", "motcua-restore", of=made({"backup": {"restore": damaged.name}}), refused="is damaged")
assert not list(files.iterdir()) and psql("select count(*) from pg_tables where schemaname = 'public'", database("dossier")) == "0", "and nothing is written"
said = once("Job", "motcua-restore", of=restore)
assert said.strip().splitlines()[-1] == "restore: now start the services, then run: motcua verify", said
assert held() == before and stored_files() == kept, f"before: {before}; after: {held()}"
assert {p.stat().st_uid for p in files.rglob("*")} == {UID}, "the dossier service may write there"
once("Job", "motcua-migrate")
for service in SERVICES:
    start(service, f"{service}-back")
for service in SERVICES:
    ready(f"{service}-back")
let_bridge_go()
at_rest()
assert held() == before, f"nothing twice from what is sent again; before: {before}; after: {held()}"
story()
at_rest()
say("everything was lost, and is restored; the story goes on")

# ---------------------------------------------------------------- another sealing secret: docs/operations/upgrade.md

hold_bridge()
for service in SERVICES:
    podman("stop", "-t", "45", f"{RUN}-{service}-back")
texts["motcua-sealing-before", "secret"] = texts["motcua-sealing", "secret"]
texts["motcua-sealing", "secret"] = secrets.token_hex(32)
both = made({"sealing": {"older": {"secretName": "motcua-sealing-before"}}})
(again,) = (name for kind, name in both if kind == "Job" and name.startswith("motcua-seal-again-"))
first, second = (json.loads(once("Job", again, of=both)) for _ in range(2))
assert first.keys() == second.keys() and sum(first.values()) > 0, first
assert not any(second.values()), f"something is left: {second}"
# The older secret is gone now: what people see is still there.
for service in SERVICES:
    start(service, f"{service}-resealed")
for service in SERVICES:
    ready(f"{service}-resealed")
let_bridge_go()
story()
# Events that were sent are kept for a day as they were sealed: until then `verify` needs the older secret (docs/operations/upgrade.md).
at_rest(sealing={"older": {"secretName": "motcua-sealing-before"}})
say(f"{sum(first.values())} texts were sealed again with another secret; the services need the old one no more")
say(f"all of it took {time.monotonic() - began:.0f} s: passed")
