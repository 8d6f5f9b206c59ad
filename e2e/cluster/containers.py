"""What a kubelet would do with the rendered production set, as far as podman can: see images-test.sh."""

import atexit
import contextlib
import json
import os
import pathlib
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


def psql(text):
    sh("psql", os.environ["MOTCUA_TEST_POSTGRES_URL"], "-XqtA", "-v", "ON_ERROR_STOP=1", input=text)


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
rendered = {key(d): d for d in documents(given)}

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
files = WORK / "files"
files.mkdir()
os.chown(files, UID, UID)


def mounts(name, spec, container):
    """The volumes of a container as arguments of podman."""
    out = []
    volumes = {v["name"]: v for v in spec.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        volume, at = volumes[mount["name"]], mount["mountPath"]
        if "projected" in volume:
            folder = WORK / name / mount["name"]
            folder.mkdir(parents=True, exist_ok=True)
            for source in volume["projected"]["sources"]:
                for item in source["secret"]["items"]:
                    path = folder / item["path"]
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(texts[source["secret"]["name"], item["key"]])
                    os.chown(path, 0, UID)
                    path.chmod(0o440)
            out += ["-v", f"{folder}:{at}:ro"]
        elif "emptyDir" in volume:
            out += ["--mount", f"type=tmpfs,destination={at},tmpfs-mode=1777"]
        else:
            out += ["-v", f"{files}:{at}"]
    return out


def arguments(name, spec, container, label):
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
    out += mounts(label, spec, container) + ["--entrypoint", json.dumps(container["command"]), container["image"]]
    return out + container.get("args", [])


def once(kind, name, timeout=300, extra=()):
    """Runs the containers of a pod that ends, one after the other."""
    _, spec = pod(rendered[kind, name])
    said = ""
    for n, container in enumerate(containers(spec)):
        run = arguments(name, spec, container, f"{name}-{n}-{secrets.token_hex(2)}")
        out = podman("run", "--rm", *run, *extra, timeout=timeout, check=False)
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
# A container makes the bridge, and only then its address can be listened on.
podman("run", "-d", "--name", f"{RUN}-bridge", "--label", f"run={RUN}", "--network", RUN, "--entrypoint", '["/usr/local/bin/motcua","serve"]', "-e", "MOTCUA_DATA=/tmp/x", IMAGE)
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
podman("rm", "-f", "-t", "1", f"{RUN}-bridge")
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
for service in ("gateway", "portal", "catalogue"):
    podman("stop", "-t", "45", f"{RUN}-{service}")
    code = podman("inspect", "--format", "{{.State.ExitCode}}", f"{RUN}-{service}").stdout.strip()
    assert code == "0", f"{service} ended with {code}"
say(f"all of it took {time.monotonic() - began:.0f} s: passed")
