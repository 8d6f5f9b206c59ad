#!/usr/bin/env python3
"""What one dossier costs, and what that means for a commune, a province and the nation.

sizing.py measure --bin FOLDER [--count 400] [--concurrency 4] [--grow 100000] [--out docs/operations/sizing.json]
    Starts PostgreSQL (fsync on), RabbitMQ and Redis of its own and each service as a process with the chart's threads; plays the main
    story; counts CPU time, bytes and messages before and after; then the load runs that support the steps of the page.
sizing.py write
    Writes docs/operations/sizing.md from docs/operations/sizing.json: the arithmetic is sizing_page.py.

Nothing else must run on the machine meanwhile: CPU time is honest under load, latencies and rates are not."""

import argparse
import atexit
import json
import os
import pathlib
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "operations" / "sizing.json"
PAGE = ROOT / "docs" / "operations" / "sizing.md"
STORED = ["catalogue", "dossier", "notifications", "postal", "identity"]
SERVICES = [*STORED, "portal", "gateway"]
TICK = 1000 / os.sysconf("SC_CLK_TCK")


def say(text):
    print(f"sizing: {text}", file=sys.stderr, flush=True)


def sh(*arguments, check=True, **how):
    out = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False, **how)
    if check and out.returncode != 0:
        raise SystemExit(f"sizing: {' '.join(map(str, arguments))[:200]}: {out.stdout[-1500:]}{out.stderr[-1500:]}")
    return out.stdout


class World:
    """Servers and services of our own."""

    def __init__(self, binaries):
        self.bin = pathlib.Path(binaries).resolve()
        self.dir = ROOT / ".local" / "sizing"
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.own = [str(ROOT / "e2e" / "servers" / "own.sh"), str(self.dir / "servers")]
        self.processes = {}
        atexit.register(self.end)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        sh(*self.own, "start", "postgres", "amqp", "redis")
        self.postgres, self.amqp, self.redis = (sh(*self.own, "url", c).strip() for c in ("postgres", "amqp", "redis"))

    def psql(self, sql, database="postgres"):
        return sh("psql", self.postgres.rsplit("/", 1)[0] + f"/{database}", "-XqtA", "-v", "ON_ERROR_STOP=1", input=sql)

    def start(self):
        ports = free_ports(2 * len(SERVICES))
        self.http, self.admin = dict(zip(SERVICES, ports)), dict(zip(SERVICES, ports[len(SERVICES) :]))
        self.url = f"http://127.0.0.1:{self.http['gateway']}"
        env = {
            "PATH": os.environ["PATH"],
            "NO_COLOR": "1",
            "MOTCUA_DATA": str(self.dir / "data"),
            "MOTCUA_PROCESS__SEALING__SECRET": secrets.token_hex(32),
            "MOTCUA_PROCESS__TOKENS__ISSUER": self.url,
            "MOTCUA_PROCESS__BUS__URL": self.amqp,
            "MOTCUA_PROCESS__CACHE__URL": self.redis,
            "MOTCUA_PROCESS__HTTP__WORKERS": "2",
            "MOTCUA_PROCESS__TELEMETRY__FORMAT": "json",
            "MOTCUA_PROCESS__TELEMETRY__LOG": "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn,lapin=warn,actix_server=warn",
            "MOTCUA_GATEWAY__REQUESTS_PER_MINUTE": "600000",
            "MOTCUA_GATEWAY__PUBLIC_REQUESTS_PER_MINUTE": "600000",
            "MOTCUA_DOSSIER__FILES__DIR": str(self.dir / "files"),
            "MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY": str(self.dir / "email"),
            "MOTCUA_NOTIFICATIONS__SMS__DIRECTORY": str(self.dir / "sms"),
        }
        for name in SERVICES:
            env[f"MOTCUA_PROCESS__DIRECTORY__{name.upper()}"] = f"http://127.0.0.1:{self.http[name]}"
        for name in STORED:
            password = secrets.token_hex(12)
            self.psql(f"create role motcua_{name} login password '{password}';")
            self.psql(f"create database motcua_{name} owner motcua_{name} encoding 'UTF8' template template0;")
            server = self.postgres.split("@")[1].split("/")[0]
            env[f"MOTCUA_{name.upper()}__DATABASE__URL"] = f"postgres://motcua_{name}:{password}@{server}/motcua_{name}"
        self.env = env
        for name in STORED:
            sh(self.bin / name, "migrate", env=env)
        sh(self.bin / "motcua", "migrate", "--demo", env=env)
        for name in SERVICES:
            own = {"MOTCUA_PROCESS__HTTP__BIND": f"127.0.0.1:{self.http[name]}", "MOTCUA_PROCESS__HTTP__ADMIN_BIND": f"127.0.0.1:{self.admin[name]}"}
            log = (self.dir / f"{name}.log").open("w")
            self.processes[name] = subprocess.Popen([self.bin / name], env=env | own, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir)
        for name in SERVICES:
            until = time.monotonic() + 60
            while not self.ready(name):
                if self.processes[name].poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"sizing: {name} is not ready: {(self.dir / f'{name}.log').read_text()[-1500:]}")
                time.sleep(0.1)

    def ready(self, name):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin[name]}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def end(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
        sh(*self.own, "forget", check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def play(self, count, concurrency):
        out = sh(self.bin / "motcua", "demo", "--gateway", self.url, "--count", count, "--concurrency", concurrency, "--json", env=self.env)
        report = json.loads(out.strip().splitlines()[-1])
        if report["failures"]:
            raise SystemExit(f"sizing: the story failed: {report['failures'][:3]}")
        return report

    def settle(self):
        ask = "select (select count(*) from outbox where sent_at is null) + (select count(*) from task where state in ('ready', 'leased') and run_at < now() + interval '1 minute')"
        for _ in range(1200):
            if sum(int(self.psql(ask, f"motcua_{name}")) for name in STORED) == 0:
                return
            time.sleep(0.25)
        raise SystemExit("sizing: events and tasks still wait after five minutes")

    # ------------------------------------------------------------ counting

    def cpu(self):
        """CPU time since each began, milliseconds."""
        out = {name: used(p.pid) for name, p in self.processes.items()}
        server, *children = (int(p) for p in sh(*self.own, "pids", "postgres").split())
        out["postgres: server"] = used(server, with_gone=True)
        for child in children:
            try:
                words = pathlib.Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ").split()
                # "postgres: <role> <database> <from> <what>"
                base = next((w.removeprefix("motcua_") for w in words[1:3] if w.startswith("motcua_")), "server")
                key = f"postgres: {base}"
                out[key] = out.get(key, 0) + used(child)
            except FileNotFoundError:
                pass
        out["rabbitmq"] = used(int(sh(*self.own, "pids", "amqp").split()[0]), with_gone=True)
        out["redis"] = used(int(sh(*self.own, "pids", "redis").split()[0]))
        return out

    def tables(self):
        """Bytes of each table with its indexes, by service."""
        out = {}
        for name in STORED:
            self.psql("vacuum", f"motcua_{name}")
            rows = self.psql("select relname, pg_total_relation_size(oid) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace", f"motcua_{name}")
            out[name] = {t: int(n) for t, n in (r.split("|") for r in rows.split())}
        return out

    def state(self):
        files = [p for p in (self.dir / "files").rglob("*") if p.is_file()]
        requests = {}
        for name in SERVICES:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin[name]}/metrics", timeout=5) as answer:
                for line in answer.read().decode().split("\n"):
                    if line.startswith("motcua_http_requests_total{"):
                        way = "reads" if 'method="GET"' in line else "writes"
                        requests.setdefault(name, {"reads": 0, "writes": 0})[way] += int(float(line.rsplit(" ", 1)[1]))
        return {
            "tables": self.tables(),
            "wal": int(self.psql("select pg_current_wal_lsn() - '0/0'::pg_lsn").split(".")[0]),
            "published": sum(int(self.psql("select count(*) from outbox", f"motcua_{n}")) for n in STORED),
            "consumed": sum(int(self.psql("select count(*) from task where kind like '%.v%'", f"motcua_{n}")) for n in STORED),
            "files": len(files),
            "fileBytes": sum(p.stat().st_size for p in files),
            "requests": requests,
            "logBytes": sum((self.dir / f"{n}.log").stat().st_size for n in SERVICES),
            "redisBytes": redis_memory(self.redis),
        }

    def memory(self):
        """The most memory that each has had, bytes."""
        out = {}
        for name, process in self.processes.items():
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            out[name] = int(next(l for l in status.split("\n") if l.startswith("VmHWM")).split()[1]) * 1024
        return out


def used(pid, with_gone=False):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11 : 15 if with_gone else 13])) * TICK


def free_ports(n):
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [d.getsockname()[1] for d in doors]
    for d in doors:
        d.close()
    return ports


def redis_memory(url):
    rest = url.split("://")[1]
    password, server = rest.split("@")[0].split(":", 1)[1], rest.split("@")[1].split("/")[0]
    host, port = server.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(f"AUTH {password}\r\nINFO memory\r\nQUIT\r\n".encode())
        text = b""
        while data := line.recv(65536):
            text += data
    return int(next(l for l in text.decode().split("\r\n") if l.startswith("used_memory:")).split(":")[1])


def minus(a, b):
    return {k: minus(v, b.get(k, {})) if isinstance(v, dict) else v - b.get(k, 0) for k, v in a.items()}


def over(a, n):
    return {k: over(v, n) if isinstance(v, dict) else round(v / n, 3) for k, v in a.items()}


# ---------------------------------------------------------------- load runs


def cost(world, count, concurrency):
    """What one dossier costs, idle time taken off; rate and latencies at this many people at once."""
    world.settle()
    before = world.state()
    idle_from, began = world.cpu(), time.monotonic()
    time.sleep(20)
    idle = over(minus(world.cpu(), idle_from), time.monotonic() - began)
    from_cpu, began = world.cpu(), time.monotonic()
    report = world.play(count, concurrency)
    played = time.monotonic() - began
    world.settle()
    took = time.monotonic() - began
    spent = minus(world.cpu(), from_cpu)
    grown = minus(world.state(), before)
    return {
        "count": count,
        "concurrency": concurrency,
        "dossiersPerSecond": round(count / played, 2),
        "idleCpuMsPerSecond": idle,
        "cpuMs": {k: round(max(0.0, v - idle.get(k, 0) * took) / count, 2) for k, v in spent.items()},
        "grown": over(grown, count),
        "notices": round(report["notifications"] / count, 2),
        "latencies": report["latencies"],
    }


def reads(world, count):
    """CPU time of a list of an officer and of one dossier, over one connection each."""
    import http.client

    token = sh(world.bin / "motcua", "token", "officer", env=world.env).strip()
    line = http.client.HTTPConnection("127.0.0.1", world.http["gateway"], timeout=30)

    def get(path):
        line.request("GET", path, headers={"authorization": f"Bearer {token}"})
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"sizing: GET {path}: {answer.status} {body[:300]}")
        return json.loads(body)

    first = get("/api/v1/dossiers?limit=20")
    out = {}
    for name, path in {"list": "/api/v1/dossiers?limit=20", "one": f"/api/v1/dossiers/{first['items'][0]['id']}"}.items():
        world.settle()
        from_cpu, began = world.cpu(), time.monotonic()
        for _ in range(count):
            get(path)
        took = time.monotonic() - began
        spent = minus(world.cpu(), from_cpu)
        out[name] = {"ms": round(took * 1000 / count, 2), "cpuMs": {k: round(v / count, 2) for k, v in spent.items() if v / count >= 0.01}}
    return out


def relay(world, count):
    """Events sent again: outbox, relay, exchange, queues, inboxes, which know them; messages a second."""
    world.settle()
    had = int(world.psql("select count(*) from outbox", "motcua_dossier"))
    n = min(count, had)
    began = time.monotonic()
    world.psql(f"update outbox set sent_at = null, next_attempt_at = now() where seq in (select seq from outbox order by seq desc limit {n})", "motcua_dossier")
    while int(world.psql("select count(*) from outbox where sent_at is null", "motcua_dossier")):
        time.sleep(0.05)
    return {"messages": n, "perSecond": round(n / (time.monotonic() - began))}


GROWS = ["dossier", "dossier_journal", "dossier_file", "file", "outbox", "task", "access_log", "idempotency"]
# Ids that become others, besides those in a key; what they refer to elsewhere (procedures, agencies, officers) stays.
OTHER_IDS = {"id", "dossier_id", "file_id", "owner"}


def grow(world, wanted):
    """The dossier service's tables as they are after many more dossiers: rows of those played, again and again under other ids."""
    database = "motcua_dossier"
    have = int(world.psql("select count(*) from dossier", database))
    names = world.psql("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace", database).split()
    growing = [n for n in names if n in GROWS]
    per_round = max(1, have)
    rounds = -(-wanted // per_round)
    began = time.monotonic()
    for table in growing:
        columns = [r.split("|") for r in world.psql(f"select column_name, data_type, coalesce(is_identity, 'NO'), coalesce(column_default, '') from information_schema.columns where table_name = '{table}' order by ordinal_position", database).split("\n") if r]
        keys = set(world.psql(f"select distinct attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey) where indisunique and indrelid = '{table}'::regclass", database).split())
        into, what = [], []
        for column, kind, identity, default in columns:
            if identity == "YES" or default.startswith("nextval"):
                continue
            into.append(f'"{column}"')
            if kind == "uuid" and (column in keys or column in OTHER_IDS):
                # The same id everywhere, so that what belongs together stays together.
                what.append(f"md5(o.\"{column}\"::text || k::text)::uuid")
            elif kind in ("text", "character varying") and column in keys:
                what.append(f"o.\"{column}\" || '~' || k::text")
            else:
                what.append(f'o."{column}"')
        world.psql(
            f"""set session_replication_role = replica; set synchronous_commit = off;
            create temp table o as select * from "{table}";
            do $$ begin for k in 1..{rounds} loop
              insert into "{table}" ({", ".join(into)}) select {", ".join(what)} from o;
            end loop; end $$;""",
            database,
        )
    world.psql("vacuum analyze", database)
    size = int(world.psql("select pg_database_size(current_database())", database))
    return {"dossiers": int(world.psql("select count(*) from dossier", database)), "databaseBytes": size, "seconds": round(time.monotonic() - began), "tables": growing}


def partitions(world, rows):
    """A year of a journal with and without partitions by month: taking a month away, finding one dossier's entries."""
    world.psql("create database partition_trial")
    run = lambda sql: world.psql(sql, "partition_trial")  # noqa: E731
    columns = "(id uuid not null, dossier_id uuid not null, at timestamptz not null, entry text not null)"
    run(f"create table plain {columns}; create index on plain (dossier_id, at); create index on plain (at);")
    run(f"create table parted {columns} partition by range (at); create index on parted (dossier_id, at);")
    for month in range(1, 13):
        to = f"2027-{month + 1:02}-01" if month < 12 else "2028-01-01"
        run(f"create table parted_{month:02} partition of parted for values from ('2027-{month:02}-01') to ('{to}')")
    out = {"rowsPerMonth": rows}
    source = f"select gen_random_uuid(), md5((n / 8)::text)::uuid, timestamptz '2027-01-01' + n * (interval '365 days' / {rows * 12}), repeat('x', 300) from generate_series(0, {rows * 12 - 1}) n"
    for table in ("plain", "parted"):
        out[table] = {"insertSeconds": timed(lambda: run(f"insert into {table} {source}"))}
        run(f"vacuum analyze {table}")
    wal = lambda: int(run("select pg_current_wal_lsn() - '0/0'::pg_lsn").split(".")[0])  # noqa: E731
    for table, sql in {
        "plain": "do $$ declare n int; begin loop delete from plain where ctid in (select ctid from plain where at < '2027-02-01' limit 1000); get diagnostics n = row_count; exit when n = 0; end loop; end $$",
        "parted": "drop table parted_01",
    }.items():
        from_wal = wal()
        out[table]["dropMonthSeconds"] = timed(lambda: run(sql))
        out[table]["dropMonthWalBytes"] = wal() - from_wal
        probe = "do $$ begin for i in 1..2000 loop perform count(*) from {t} where dossier_id = md5((i * 37)::text)::uuid; end loop; end $$"
        out[table]["findMs"] = round(timed(lambda: run(probe.format(t=table))) * 1000 / 2000, 3)
    world.psql("drop database partition_trial with (force)")
    return out


def timed(work):
    began = time.monotonic()
    work()
    return round(time.monotonic() - began, 2)


def measure(options):
    world = World(options.bin)
    world.start()
    say("warming up")
    world.play(max(8, options.concurrency * 2), options.concurrency)
    say(f"{options.count} dossiers")
    figures = {
        "machine": {"cpus": os.cpu_count(), "kernel": platform.release(), "postgres": world.psql("show server_version").strip(), "binaries": world.bin.name},
        "cost": cost(world, options.count, options.concurrency),
    }
    figures["memory"] = world.memory()
    say("reads")
    figures["reads"] = reads(world, options.reads)
    say("relay")
    figures["relay"] = relay(world, options.messages)
    say(f"growing to {options.grow} dossiers")
    figures["grown"] = grow(world, options.grow)
    say("the same again on full tables")
    world.settle()
    again = cost(world, max(20, options.count // 2), options.concurrency)
    figures["grown"]["cost"] = {k: again[k] for k in ("count", "dossiersPerSecond", "cpuMs", "latencies")}
    figures["grown"]["reads"] = reads(world, options.reads)
    say("partitions")
    figures["partitions"] = partitions(world, options.rows)
    pathlib.Path(options.out).write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    say(f"{options.out} is written; next: sizing.py write")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    m = commands.add_parser("measure")
    m.add_argument("--bin", required=True)
    m.add_argument("--out", default=str(FIGURES))
    for name, default in {"count": 400, "concurrency": 4, "grow": 100_000, "reads": 1000, "messages": 20_000, "rows": 200_000}.items():
        m.add_argument(f"--{name}", type=int, default=default)
    commands.add_parser("write")
    options = parser.parse_args()
    if options.command == "measure":
        measure(options)
    else:
        from sizing_page import page

        PAGE.write_text(page(json.loads(FIGURES.read_text()) if FIGURES.exists() else None))


main()
