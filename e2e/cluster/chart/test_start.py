"""What a program says when it cannot start: one line that names what is wrong, exit code 1, and nothing half done."""

import contextlib
import glob
import os
import pathlib
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

import pytest
from programs import MOTCUA, POSTGRES, SEALING, answered, environment, gateway, migrated, program, psql, refuses, running, said
from render import SERVICES, deployment

pytestmark = pytest.mark.skipif(not MOTCUA, reason="the programs are not built")


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


def test_a_clock_that_is_wrong_in_front(tmp_path):
    """Gateway and portal have no database: they ask Redis."""
    library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
    redis = os.environ.get("MOTCUA_TEST_REDIS_URL", "")
    if not library or not redis:
        pytest.skip("libfaketime is not installed, or MOTCUA_TEST_REDIS_URL is not set")
    wrong = {"LD_PRELOAD": library, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "MOTCUA_PROCESS__CACHE__URL": redis}
    for name in ("gateway", "portal"):
        for off, words in (("+300s", "ahead of that of Redis"), ("-300s", "behind that of Redis")):
            env = environment(tmp_path, FAKETIME=off, **wrong)
            refuses(env, "the clock here is", words, "NTP", "cache.max_clock_skew_seconds", name=name)
    with gateway(redis) as (_, _):
        pass  # with the right time it starts
    with running(environment(tmp_path, MOTCUA_PROCESS__CACHE__URL=redis), "gateway") as (_, admin):
        patience = time.monotonic() + 30
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=5) as answer:
                found = re.search(r'^motcua_clock_off_seconds\{service="gateway",kind=""\} (-?\d+)$', answer.read().decode(), re.M)
            if found:
                break
            assert time.monotonic() < patience, "no metric"
            time.sleep(0.2)
        assert abs(int(found[1])) <= 2


# ---------------------------------------------------------------- Secrets that are not there


def files_of(name, service):
    """The environment of a pod of that value set, and which of its variables name a file of a Secret."""
    env = {e["name"]: e["value"] for e in deployment(name, service)["spec"]["template"]["spec"]["containers"][0]["env"]}
    return env, sorted(k for k, v in env.items() if v.startswith("/run/secrets/"))


@pytest.mark.parametrize("service", SERVICES)
def test_each_secret_that_is_missing_is_named(tmp_path, service):
    """As the kubelet mounts optional Secrets: the file is not there. None of them may be passed over."""
    seen = set()
    for name in ("production", "s3", "sealing"):
        env, named = files_of(name, service)
        env.pop("MOTCUA_PROCESS__TELEMETRY__OTLP_URL", None)
        (tmp_path / name).mkdir()
        for variable in named:
            at = tmp_path / name / variable
            if variable == "SSL_CERT_DIR":
                at.mkdir()
            else:
                at.write_text(SEALING)
            env[variable] = str(at)
        for variable in named:
            if variable == "PGSSLROOTCERT":
                continue  # a file of the folder that SSL_CERT_DIR names
            seen.add(variable)
            at = tmp_path / name / variable
            gone = at.rename(tmp_path / "gone")
            refuses(env, f"{variable}: cannot read the f", str(at), "Secret", name=service)
            if at.suffix == "" and variable.endswith("_FILE"):
                at.write_text("\n")
                refuses(env, f"{variable}: the file it names", "is empty", name=service)
                at.unlink()
            gone.rename(at)
    assert {"MOTCUA_PROCESS__SEALING__SECRET_FILE", "MOTCUA_PROCESS__SEALING__OLDER_FILE", "SSL_CERT_DIR"} <= seen
    assert len(seen) >= 4, seen


# ---------------------------------------------------------------- disks


@contextlib.contextmanager
def disk(at, options):
    """A file system of its own."""
    at.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(at)], capture_output=True, check=False).returncode != 0:
        pytest.xfail("this machine lets nobody mount a file system")
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


def fill(at):
    """Leaves no byte of it."""
    with contextlib.suppress(OSError), (at / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@contextlib.contextmanager
def full_disk(at):
    with disk(at, "size=64k"):
        fill(at)
        yield at


def test_a_full_disk_below_the_database(tmp_path):
    with full_disk(tmp_path / "full") as full:
        env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=f"sqlite://{full}/dossier.db?mode=rwc")
        refuses(env, "full", arguments=["migrate"])


def test_a_full_disk_below_postgresql(tmp_path):
    """A database on a disk of its own, which has room for it and for nothing more."""
    name = f"motcua_full_{secrets.token_hex(4)}"
    if not POSTGRES:
        pytest.skip("MOTCUA_TEST_POSTGRES_URL is not set")
    if "127.0.0.1" not in POSTGRES or subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode != 0:
        pytest.xfail("the server is not on this machine, or not the user postgres")
    # The folders of a test are its own user's; the server must get through.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="motcua-full-"))
    folder.chmod(0o755)
    try:
        with disk(folder / "disk", "size=48m,mode=700") as at:
            shutil.chown(at, "postgres")
            psql(f"create tablespace {name} location '{at}'")
            try:
                psql(f"create database {name} tablespace {name}")
                # The first one in writes what the server looks up there; later ones get in without.
                psql("select 1", name)
                fill(at)
                env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=f"{POSTGRES.rsplit('/', 1)[0]}/{name}")
                refuses(env, "No space left on device", arguments=["migrate"])
                (at / "filler").unlink()
                assert subprocess.run([program("dossier"), "migrate"], env=env, check=False).returncode == 0, "with room it goes, from the start"
            finally:
                psql(f"drop database if exists {name} with (force)")
                psql(f"drop tablespace {name}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
        said(process, "bus.url", "ACCESS")


def test_wrong_credentials_of_the_cache_are_named(tmp_path):
    url = os.environ.get("MOTCUA_TEST_REDIS_URL", "")
    if "@" not in url:
        pytest.skip("MOTCUA_TEST_REDIS_URL is not set, or wants no password")
    with gateway(f"redis://default:s3cret@{url.rsplit('@', 1)[1]}") as (process, port):
        answered(port)
        said(process, "cache.url", "authentication failed")
