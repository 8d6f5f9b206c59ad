"""docs/operations/install.md, "First steps": what `kubectl exec` starts in the pods of production, by their environment alone."""

import json
import subprocess

import pytest
from programs import MOTCUA, POSTGRES, SEALING, program
from render import deployment

pytestmark = [
    pytest.mark.skipif(not MOTCUA, reason="the programs are not built"),
    pytest.mark.skipif(not POSTGRES, reason="MOTCUA_TEST_POSTGRES_URL is not set"),
]

TEXTS = {"BUS__URL_FILE": "amqp://u:p@127.0.0.1:1/%2f", "CACHE__URL_FILE": "redis://127.0.0.1:1"}


def exec_in(tmp_path, service, database, *arguments, given=""):
    """As in that pod, with this database: what it printed. Nothing may be written beside it."""
    env = {e["name"]: e["value"] for e in deployment("production", service)["spec"]["template"]["spec"]["containers"][0]["env"]}
    for name in ("MOTCUA_PROCESS__TELEMETRY__OTLP_URL", "SSL_CERT_DIR", "PGSSLROOTCERT"):
        env.pop(name, None)
    for name in [k for k, v in env.items() if v.startswith("/run/secrets/")]:
        at = tmp_path / name
        at.write_text(next((text for end, text in TEXTS.items() if name.endswith(end)), database if "DATABASE__URL" in name else SEALING))
        env[name] = str(at)
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    out = subprocess.run([program("motcua"), *arguments], env=env, cwd=root, input=given, capture_output=True, text=True, timeout=90, check=False)
    assert not list(root.iterdir()), "its root is read-only"
    assert SEALING not in out.stderr + out.stdout
    return out


def test_the_first_administrator(tmp_path, database):
    step = ("create-admin", "--login", "quan.tri", "--name", "Nguyễn Thị Quản")
    made = exec_in(tmp_path, "identity", database, *step)
    assert made.returncode == 0, made.stderr
    password = made.stdout.strip()
    assert len(password.replace("-", "")) == 16 and password not in made.stderr
    again = exec_in(tmp_path, "identity", database, *step)
    assert again.returncode == 1 and "--reset" in again.stderr.strip().splitlines()[-1], again.stderr
    reset = exec_in(tmp_path, "identity", database, "create-admin", "--login", "quan.tri", "--reset")
    assert reset.returncode == 0 and reset.stdout.strip() != password, reset.stderr


def test_the_first_agencies(tmp_path, database):
    table = "code,name\nH05,Tỉnh Minh Họa\nH05.21,Xã Hoa Sen\n"
    done = exec_in(tmp_path, "catalogue", database, "import", "agencies", "/dev/stdin", "--json", given=table)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["created"] == 2, done.stdout
