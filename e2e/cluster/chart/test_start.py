"""What a program says when it cannot start: one line that names what is wrong, exit code 1, and nothing half done."""

import os
import pathlib
import signal
import sqlite3
import subprocess
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
        import socket

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
    import socket

    env = migrated(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as one:
        env["MOTCUA_PROCESS__HTTP__BIND"] = "127.0.0.1:%d" % one.getsockname()[1]
        refuses(env, "cannot listen on")
