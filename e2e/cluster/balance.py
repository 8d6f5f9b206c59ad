#!/usr/bin/env python3
"""What a Service does in a cluster: leads each new connection to the pod that is in it at that moment, and cuts none.

balance.py FOLDER: FOLDER/doors has a line "PORT NAME" for each service, FOLDER/behind/NAME the port that is behind it now.
What could not be led anywhere is a line in FOLDER/refused."""

import asyncio
import pathlib
import sys

FOLDER = pathlib.Path(sys.argv[1])


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


def door(name):
    async def enter(reader, writer):
        try:
            port = int((FOLDER / "behind" / name).read_text())
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, ValueError) as error:
            with (FOLDER / "refused").open("a") as file:
                file.write(f"{name}: {error}\n")
            writer.close()
            return
        await asyncio.gather(pump(reader, to_writer), pump(to_reader, writer))
        to_writer.close()
        writer.close()

    return enter


async def main():
    lines = (FOLDER / "doors").read_text().split("\n")
    for port, name in (line.split() for line in lines if line):
        await asyncio.start_server(door(name), "127.0.0.1", int(port))
    await asyncio.Event().wait()


asyncio.run(main())
