"""Runs the programs as a pod does: by their environment alone."""

import contextlib
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

MOTCUA = os.environ.get("MOTCUA")
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


@contextlib.contextmanager
def gateway(cache, **more):
    """The gateway with that cache, which it asks for each request; gives the process and its port for requests."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    env = {"MOTCUA_PROCESS__SEALING__SECRET": SEALING, "MOTCUA_PROCESS__HTTP__BIND": f"127.0.0.1:{port}", "MOTCUA_PROCESS__CACHE__URL": cache, "NO_COLOR": "1", **more}
    with running(env, "gateway") as (process, _):
        yield process, port


def answered(port):
    """Asks for what nobody behind the gateway can give here: that it counts the request is enough."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/procedures", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def said(process, *words, seconds=60):
    """Waits until the process says a line with all these words, and gives all that it has said until then. It has an end, then."""
    patience = threading.Timer(seconds, process.kill)
    patience.start()
    text = ""
    for line in process.stderr:
        text += line
        if all(word in line for word in words):
            break
    patience.cancel()
    assert process.poll() is None, f"{words} did not come: {text}"
    assert SEALING not in text and "s3cret" not in text, text
    # It goes on talking, and must not stand still because nobody listens.
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return text


def psql(sql, database=None):
    """As the administrator of the test server."""
    program = shutil.which("psql") or max(glob.glob("/usr/lib/postgresql/*/bin/psql"), default=None)
    if not POSTGRES or not program:
        pytest.skip("MOTCUA_TEST_POSTGRES_URL is not set, or psql is missing")
    url = POSTGRES if database is None else f"{POSTGRES.rsplit('/', 1)[0]}/{database}"
    subprocess.run([program, url, "-XqtA", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, capture_output=True, text=True)
    return url
