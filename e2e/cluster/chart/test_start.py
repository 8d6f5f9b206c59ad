"""What a program says when it cannot start: one line that names what is wrong, exit code 1, and nothing half done."""

import contextlib
import glob
import os
import pathlib
import secrets
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

MOTCUA = os.environ.get("MOTCUA")
pytestmark = pytest.mark.skipif(not MOTCUA, reason="the programs are not built")
POSTGRES = os.environ.get("MOTCUA_TEST_POSTGRES_URL", "")
SEALING = "0123456789abcdef0123456789abcdef"


def program(name):
    return str(pathlib.Path(MOTCUA).with_name(name))


def environment(tmp_path, **more):
    env = {
        "MOTCUA_PROCESS__SEALING__SECRET": SEALING,
        "MOTCUA_PROCESS__HTTP__BIND": "127.0.0.1:0",
        "MOTCUA_PROCESS__HTTP__ADMIN_BIND": "127.0.0.1:0",
        "MOTCUA_DOSSIER__DATABASE__URL": f"sqlite://{tmp_path}/dossier.db?mode=rwc",
        "MOTCUA_DOSSIER__FILES__DIR": f"{tmp_path}/files",
        "NO_COLOR": "1",
    }
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


def refuses(env, *said, arguments=(), name="dossier"):
    out = subprocess.run([program(name), *arguments], env=env, capture_output=True, text=True, timeout=90, check=False)
    assert out.returncode == 1, f"{out.returncode}: {out.stderr}"
    last = out.stderr.strip().splitlines()[-1]
    assert last.startswith(f"{name}: "), out.stderr
    for word in said:
        assert word in last, f"{word!r} is not in {last!r}"
    assert SEALING not in out.stderr and "s3cret" not in out.stderr
    return last


def migrated(tmp_path):
    env = environment(tmp_path)
    out = subprocess.run([program("dossier"), "migrate"], env=env, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    return env


def test_a_typo_in_a_setting(tmp_path):
    refuses(environment(tmp_path, MOTCUA_DOSSIER__FILE__DIR="x"), "configuration of dossier", "`file`", "MOTCUA_DOSSIER__FILE")


def test_a_setting_of_a_wrong_type(tmp_path):
    refuses(environment(tmp_path, MOTCUA_DOSSIER__FILES__MAX_BYTES="big"), "MOTCUA_DOSSIER__FILES__MAX_BYTES", '"big"')


def test_no_sealing_secret(tmp_path):
    refuses(environment(tmp_path, MOTCUA_PROCESS__SEALING__SECRET=None), "sealing.secret", "32 characters")


def test_a_secret_file_that_is_not_there(tmp_path):
    env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=None, MOTCUA_DOSSIER__DATABASE__URL_FILE=f"{tmp_path}/none")
    refuses(env, "MOTCUA_DOSSIER__DATABASE__URL_FILE", "cannot read")


def test_an_unknown_command(tmp_path):
    refuses(environment(tmp_path), "migrte", arguments=["migrte"])


def test_a_schema_that_is_behind(tmp_path):
    refuses(environment(tmp_path), "behind", "dossier migrate")


def test_a_database_that_is_not_there(tmp_path):
    """The cause, not only that a pool waited in vain."""
    last = refuses(environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL="postgres://u:s3cret@127.0.0.1:1/x"), "MOTCUA_DOSSIER__DATABASE__URL", "refused")
    assert last.lower().count("refused") == 1, last


def test_wrong_credentials(tmp_path):
    if not POSTGRES:
        pytest.skip("MOTCUA_TEST_POSTGRES_URL is not set")
    scheme, rest = POSTGRES.split("://")
    user, server = rest.split("@")
    url = f"{scheme}://{user.split(':')[0]}:s3cret@{server}"
    refuses(environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=url), "MOTCUA_DOSSIER__DATABASE__URL", "password authentication failed")


def test_a_schema_of_a_newer_release(tmp_path):
    env = migrated(tmp_path)
    with sqlite3.connect(tmp_path / "dossier.db") as db:
        db.execute("insert into seaql_migrations (version, applied_at) values ('m20991231_000001_future', 0)")
    refuses(env, "newer", "m20991231_000001_future", "accept_newer_schema")
    refuses(env, "newer", arguments=["migrate"])
    env["MOTCUA_DOSSIER__DATABASE__ACCEPT_NEWER_SCHEMA"] = "true"
    assert subprocess.run([program("dossier"), "migrate"], env=env, check=False).returncode == 0
    with running(env) as (process, _):
        assert process.poll() is None


def test_a_folder_that_cannot_be_written(tmp_path):
    env = migrated(tmp_path)
    (tmp_path / "files").write_text("a file where a folder should be")
    refuses(env, "files")


class running:
    """A service that runs, with its admin port; ends it with SIGTERM and looks at its code."""

    def __init__(self, env, name="dossier"):
        self.name, self.env = name, dict(env)

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as one:
            self.port = one.getsockname()[1]
        self.env["MOTCUA_PROCESS__HTTP__ADMIN_BIND"] = f"127.0.0.1:{self.port}"
        self.process = subprocess.Popen([program(self.name)], env=self.env, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, self.process.stderr.read()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return self.process, self.port
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.process.kill()
        raise AssertionError("not ready: " + self.process.stderr.read())

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(40)
        finally:
            self.process.kill()
        assert code == 0, f"SIGTERM ended it with {code}"


def test_no_broker_and_no_cache_at_start(tmp_path):
    """They may come later: the service serves, and events wait in the outbox."""
    env = migrated(tmp_path)
    env |= {"MOTCUA_PROCESS__BUS__URL": "amqp://u:p@127.0.0.1:1/%2f", "MOTCUA_PROCESS__CACHE__URL": "redis://127.0.0.1:1"}
    with running(env) as (_, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5) as answer:
            assert answer.status == 200


def test_a_port_that_is_taken(tmp_path):
    env = migrated(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as one:
        env["MOTCUA_PROCESS__HTTP__BIND"] = "127.0.0.1:%d" % one.getsockname()[1]
        refuses(env, "cannot listen on")


# ---------------------------------------------------------------- clocks


def psql(sql, database=None):
    """As the administrator of the test server."""
    program = shutil.which("psql") or max(glob.glob("/usr/lib/postgresql/*/bin/psql"), default=None)
    if not POSTGRES or not program:
        pytest.skip("MOTCUA_TEST_POSTGRES_URL is not set, or psql is missing")
    url = POSTGRES if database is None else f"{POSTGRES.rsplit('/', 1)[0]}/{database}"
    subprocess.run([program, url, "-XqtA", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, capture_output=True, text=True)
    return url


@pytest.fixture
def database():
    """The address of an empty database, which goes again."""
    name = f"motcua_start_{secrets.token_hex(4)}"
    psql(f"create database {name}")
    yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    psql(f"drop database {name} with (force)")


@pytest.mark.parametrize(("off", "said"), [("+300s", "ahead of"), ("-300s", "behind")])
def test_a_clock_that_is_wrong(tmp_path, database, off, said):
    """Leases and tokens are instants: with a clock five minutes off it does not begin."""
    library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
    if not library:
        pytest.skip("libfaketime is not installed")
    env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=database)
    assert subprocess.run([program("dossier"), "migrate"], env=env, check=False).returncode == 0
    wrong = env | {"LD_PRELOAD": library, "FAKETIME": off, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    refuses(wrong, "the clock here is", f"s {said} the database's", "NTP", "database.max_clock_skew_seconds")
    with running(env) as (process, _):
        assert process.poll() is None, "with the right time it starts"


# ---------------------------------------------------------------- certificates


def certificate(folder, until):
    """A certificate of a CA of its own for 127.0.0.1, valid from 2020 until then (YYYYMMDD)."""
    (folder / "ca.cnf").write_text(
        f"""[ca]
default_ca = d
[d]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = p
x509_extensions = x
[p]
commonName = supplied
[x]
subjectAltName = IP:127.0.0.1
basicConstraints = CA:FALSE
"""
    )
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", 36500, "-subj", "/CN=ca")
    openssl("req", *key, "-keyout", folder / "server.key", "-out", folder / "server.csr", "-subj", "/CN=db")
    dates = ["-startdate", "20200101000000Z", "-enddate", f"{until}000000Z"]
    openssl("ca", "-batch", "-config", folder / "ca.cnf", "-cert", folder / "ca.pem", "-keyfile", folder / "ca.key", "-in", folder / "server.csr", "-out", folder / "server.pem", "-notext", *dates)
    return folder / "ca.pem"


@contextlib.contextmanager
def tls_server(folder):
    """Says yes to the question for TLS as PostgreSQL does, shows its certificate, and has nothing more to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    door = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), line:
                line.recv(8)
                line.sendall(b"S")
                with context.wrap_socket(line, server_side=True):
                    pass

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield door.getsockname()[1]
    finally:
        door.close()


@pytest.mark.parametrize(("until", "expired"), [("20210101", True), ("20990101", False)])
def test_a_certificate_of_the_database_that_has_expired(tmp_path, until, expired):
    ca = certificate(tmp_path, until)
    with tls_server(tmp_path) as port:
        url = f"postgres://u:s3cret@127.0.0.1:{port}/x?sslmode=verify-full&sslrootcert={ca}"
        last = refuses(environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=url), "MOTCUA_DOSSIER__DATABASE__URL")
    assert ("expired" in last.lower()) == expired, last


# ---------------------------------------------------------------- disks


@contextlib.contextmanager
def full_disk(at):
    """A file system with no byte left."""
    at.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(at)], capture_output=True, check=False).returncode != 0:
        pytest.xfail("this machine lets nobody mount a file system")
    try:
        with contextlib.suppress(OSError), (at / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


def test_a_full_disk_below_the_database(tmp_path):
    with full_disk(tmp_path / "full") as full:
        env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=f"sqlite://{full}/dossier.db?mode=rwc")
        refuses(env, "full", arguments=["migrate"])


def test_a_full_disk_below_the_files(tmp_path):
    env = migrated(tmp_path)
    with full_disk(tmp_path / "full") as full:
        refuses(env | {"MOTCUA_DOSSIER__FILES__DIR": f"{full}/filler/files"}, "files")
        refuses(env | {"MOTCUA_DOSSIER__FILES__DIR": f"{full}/files"}, "files", "No space left")


# ---------------------------------------------------------------- what may come later, but not with a wrong password


def test_wrong_credentials_of_the_broker_are_named(tmp_path):
    """No reason not to serve, but the log says which setting it is and what the broker said, and never the password."""
    url = os.environ.get("MOTCUA_TEST_AMQP_URL", "")
    if "@" not in url:
        pytest.skip("MOTCUA_TEST_AMQP_URL is not set")
    scheme, rest = url.split("://")
    wrong = f"{scheme}://{rest.split(':')[0]}:s3cret@{rest.rsplit('@', 1)[1]}"
    env = migrated(tmp_path) | {"MOTCUA_PROCESS__BUS__URL": wrong}
    with running(env) as (process, _):
        # Its end is the end of what it says.
        patience = threading.Timer(60, process.kill)
        patience.start()
        said = ""
        for line in process.stderr:
            said += line
            if "bus.url" in line:
                break
        patience.cancel()
    assert "bus.url" in said and "ACCESS" in said.upper(), said
    assert "s3cret" not in said
