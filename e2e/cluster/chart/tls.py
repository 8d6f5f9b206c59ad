"""A CA of our own, certificates of it, and an end of TLS before a server that has none."""

import asyncio
import contextlib
import ssl
import subprocess
import threading


def certificate(folder, until="20990101", name="IP:127.0.0.1"):
    """Makes a CA and a certificate of it for that name, valid from 2020 until then (YYYYMMDD); gives the path of the CA's."""
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
subjectAltName = {name}
basicConstraints = CA:FALSE
"""
    )
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", 36500, "-subj", "/CN=ca")
    openssl("req", *key, "-keyout", folder / "server.key", "-out", folder / "server.csr", "-subj", "/CN=server")
    dates = ["-startdate", "20200101000000Z", "-enddate", f"{until}000000Z"]
    openssl("ca", "-batch", "-config", folder / "ca.cnf", "-cert", folder / "ca.pem", "-keyfile", folder / "ca.key", "-in", folder / "server.csr", "-out", folder / "server.pem", "-notext", *dates)
    return folder / "ca.pem"


async def pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


@contextlib.contextmanager
def tls_before(folder, server, listen=("127.0.0.1", 0), postgres=False):
    """Ends TLS with the certificate in the folder, and passes on what came in it to the server (host, port); gives the port.

    With `postgres` it says yes to that protocol's question for TLS first. Without a server there is nothing after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")

    async def enter(reader, writer):
        try:
            if postgres:
                await reader.readexactly(8)
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(context)
            behind = await asyncio.open_connection(*server) if server else None
        except (OSError, asyncio.IncompleteReadError):
            behind = None
        if behind is None:
            writer.close()
            return
        await asyncio.gather(pump(reader, behind[1]), pump(behind[0], writer))

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a client that does not like the certificate is no news
    door = loop.run_until_complete(asyncio.start_server(enter, *listen, ssl=None if postgres else context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield door.sockets[0].getsockname()[1]
    finally:
        door_closed = asyncio.run_coroutine_threadsafe(stop(door), loop)
        with contextlib.suppress(TimeoutError):
            door_closed.result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        if not thread.is_alive():
            loop.close()


async def stop(door):
    door.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
