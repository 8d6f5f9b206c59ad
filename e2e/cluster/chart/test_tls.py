"""TLS to the three servers, as the chart's `ca` asks for it: with the CA it goes, and what is wrong with a certificate is said."""

import contextlib
import os
import secrets
import socket
import ssl
import subprocess
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from programs import MOTCUA, POSTGRES, answered, environment, gateway, migrated, program, refuses, running, said
from tls import certificate, tls_before

pytestmark = pytest.mark.skipif(not MOTCUA, reason="the programs are not built")
AMQP = os.environ.get("MOTCUA_TEST_AMQP_URL", "")
REDIS = os.environ.get("MOTCUA_TEST_REDIS_URL", "")
# Wrong in each way that a certificate can be: how it is made, and what is said then.
WRONG = {
    "expired": ({"until": "20210101"}, "expired"),
    "for another": ({"name": "DNS:rabbit.example.vn"}, "not valid for name"),
    "of nobody that we know": (None, "UnknownIssuer"),
}


@pytest.fixture
def made(tmp_path):
    """Makes certificates, and gives the environment of who knows their CA, as the chart writes it."""

    def make(wrong=None):
        folder = tmp_path / "certificates"
        folder.mkdir()
        ca = certificate(folder, **(wrong or {}))
        (tmp_path / "ca").mkdir()
        (tmp_path / "ca" / "ca.crt").write_text(ca.read_text())
        return folder, {"SSL_CERT_DIR": str(tmp_path / "ca"), "PGSSLROOTCERT": str(tmp_path / "ca" / "ca.crt")}

    return make


def through(url, port, scheme):
    """The address of the same server by the port of its TLS."""
    at = urlsplit(url)
    return f"{scheme}://{at.netloc.rsplit('@', 1)[0]}@127.0.0.1:{port}{at.path}"


def server(url):
    if not url:
        pytest.skip("the address of the test server is not set")
    at = urlsplit(url)
    return at.hostname, at.port


@contextlib.contextmanager
def tls_of(what, folder, **how):
    with tls_before(folder, server(what), **how) as port:
        yield port


def known(name, trust):
    """Who knows the CA, or, for the certificate of nobody, who does not."""
    return {} if WRONG[name][0] is None else trust


# ---------------------------------------------------------------- RabbitMQ


def test_the_broker_by_tls(tmp_path, made):
    folder, trust = made()
    with tls_of(AMQP, folder) as port:
        env = migrated(tmp_path) | trust | {"MOTCUA_PROCESS__BUS__URL": through(AMQP, port, "amqps"), "MOTCUA_PROCESS__BUS__PREFIX": f"tls-{secrets.token_hex(4)}."}
        with running(env) as (process, _):
            said(process, "connected to RabbitMQ", "dossier")


def test_the_broker_by_its_own_tls(tmp_path):
    """RabbitMQ's own listener, where the test server has one."""
    url, ca = os.environ.get("MOTCUA_TEST_AMQPS_URL", ""), os.environ.get("MOTCUA_TEST_CA", "")
    if not url:
        pytest.xfail("the broker that was found has no TLS of its own")
    env = migrated(tmp_path) | {"SSL_CERT_FILE": ca, "MOTCUA_PROCESS__BUS__URL": url, "MOTCUA_PROCESS__BUS__PREFIX": f"tls-{secrets.token_hex(4)}."}
    with running(env) as (process, _):
        said(process, "connected to RabbitMQ", "dossier")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_certificate_of_the_broker(tmp_path, made, name):
    """No reason not to serve, but nothing is sent: not even the password."""
    how, word = WRONG[name]
    folder, trust = made(how)
    with tls_of(AMQP, folder) as port:
        env = migrated(tmp_path) | known(name, trust) | {"MOTCUA_PROCESS__BUS__URL": f"amqps://u:s3cret@127.0.0.1:{port}/%2f"}
        with running(env) as (process, _):
            text = said(process, "bus.url", word)
    assert "connected to RabbitMQ" not in text


def test_a_broker_that_has_no_tls_is_not_spoken_to_in_clear(tmp_path):
    """An amqps address is never a plain one, whatever listens there."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(60)
        env = migrated(tmp_path) | {"MOTCUA_PROCESS__BUS__URL": f"amqps://u:s3cret@127.0.0.1:{door.getsockname()[1]}/%2f"}
        with running(env):
            line, _ = door.accept()
            with line:
                first = line.recv(16)
    # A record of TLS with a handshake in it; AMQP in clear begins with its own name.
    assert first[:1] == b"\x16", first


def test_the_end_of_a_ca_is_told(tmp_path, made):
    """For MotcuaCertificateExpires: the file that `ca.secretName` puts there, and when the CA in it ends."""
    folder, trust = made()
    end = subprocess.run(["openssl", "x509", "-in", str(folder / "ca.pem"), "-noout", "-enddate"], check=True, capture_output=True, text=True)
    end = int(ssl.cert_time_to_seconds(end.stdout.strip().removeprefix("notAfter=")))
    wanted, text = f'motcua_ca_expires_timestamp_seconds{{service="dossier",kind="ca.crt"}} {end}\n', ""
    with running(migrated(tmp_path) | trust) as (_, admin):
        until = time.monotonic() + 30
        while wanted not in text and time.monotonic() < until:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=5) as answer:
                text = answer.read().decode()
            time.sleep(0.1)
    assert wanted in text, text


# ---------------------------------------------------------------- Redis


def keys(prefix):
    """Keys of the test server that begin so."""
    at = urlsplit(REDIS)
    with socket.create_connection((at.hostname, at.port), timeout=10) as line:
        if at.password:
            line.sendall(f"AUTH {at.username or 'default'} {at.password}\r\n".encode())
            assert line.recv(100).startswith(b"+OK")
        line.sendall(f"KEYS {prefix}*\r\n".encode())
        return int(line.recv(65536).split(b"\r\n")[0][1:])


def test_the_cache_by_tls(made):
    folder, trust = made()
    prefix = f"tls-{secrets.token_hex(4)}:"
    with tls_of(REDIS, folder) as port, gateway(through(REDIS, port, "rediss"), MOTCUA_PROCESS__CACHE__PREFIX=prefix, **trust) as (_, http):
        for _ in range(20):
            answered(http)
            if keys(prefix):
                break
        assert keys(prefix), "nothing has come into Redis"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_certificate_of_the_cache(made, name):
    how, word = WRONG[name]
    folder, trust = made(how)
    with tls_of(REDIS, folder) as port, gateway(f"rediss://default:s3cret@127.0.0.1:{port}/0", **known(name, trust)) as (process, http):
        assert answered(http) < 600, "it serves"
        said(process, "cache.url", word)


# ---------------------------------------------------------------- PostgreSQL


def test_the_database_by_tls(tmp_path, made, database):
    folder, trust = made()
    with tls_of(POSTGRES, folder, postgres=True) as port:
        env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=through(database, port, "postgres") + "?sslmode=verify-full", **trust)
        out = subprocess.run([program("dossier"), "migrate"], env=env, capture_output=True, text=True, check=False)
        assert out.returncode == 0, out.stderr
        with running(env) as (process, _):
            assert process.poll() is None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_certificate_of_the_database(tmp_path, made, name):
    how, word = WRONG[name]
    folder, trust = made(how)
    with tls_before(folder, None, postgres=True) as port:
        env = environment(tmp_path, MOTCUA_DOSSIER__DATABASE__URL=f"postgres://u:s3cret@127.0.0.1:{port}/x?sslmode=verify-full", **known(name, trust))
        refuses(env, "MOTCUA_DOSSIER__DATABASE__URL", word)
