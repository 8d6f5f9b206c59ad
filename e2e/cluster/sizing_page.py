"""The arithmetic of docs/operations/sizing.md: figures of one dossier in, a page out. Nothing here is measured."""

import math

STORED = ["catalogue", "dossier", "notifications", "postal", "identity"]
SERVICES = [*STORED, "portal", "gateway"]
# Rows that go after some days (docs/operations/messages.md), by table: days.
KEPT_DAYS = {"outbox": 7, "task": 14, "idempotency": 7, "idempotent_answer": 7}
# What is assumed, and may be replaced by what one knows.
WORKING_DAYS = 250
PEAK_DAY = 0.10
PEAK_HOUR = 0.20
USED = 0.6
FILES, FILE_BYTES = 3, 500_000
LISTS_PER_DOSSIER = 20
LEVELS = {"a commune": 12_000, "a province": 4_000_000, "the nation": 40_000_000}
# Requests and limits of a pod, as multiples of what was measured: at least, and at most.
MEMORY_REQUEST, MEMORY_REQUEST_MOST = 1.25, 3.75
MEMORY_LIMIT, MEMORY_LIMIT_MOST = 2, 8
# Files of 20 MB pass through several pods at once, which the story does not send: up to here a limit is not too high, bytes.
MEMORY_LIMIT_ANYWAY = 512 << 20
# Cores: what a pod needs to start in its time; how far above the need a request may be; the most that a pod can use well.
CPU_REQUEST, CPU_REQUEST_MOST, CPU_LIMIT_MOST = 0.05, 5, 2


def amount(n):
    return f"{n:,.0f}" if n >= 10 else f"{n:.1f}" if n >= 1 else f"{n:.2f}"


def size(n):
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if n < 1000 or unit == "TB":
            return f"{n:.0f} {unit}" if n >= 10 or unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    raise AssertionError


def table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def cpu_ms(f):
    """CPU time of a dossier with the lists around it, ms, by process."""
    cpu, lists = f["cost"]["cpuMs"], f["reads"]["list"]["cpuMs"]
    return {k: v + lists.get(k, 0) * LISTS_PER_DOSSIER for k, v in cpu.items()}


def busy(f, level):
    """Cores at work in the peak hour, by service."""
    second = LEVELS[level] * PEAK_DAY * PEAK_HOUR / 3600
    return {s: second * cpu_ms(f)[s] / 1000 for s in SERVICES}


def cpu_request(f, level, service, pods, target):
    """Cores that each of so many pods must set aside, if they are used to `target` of it in the peak hour."""
    return max(CPU_REQUEST, busy(f, level)[service] / pods / target)


NONE = """# Sizing

<!-- Made by e2e/cluster/sizing.py from sizing.json. Do not edit; the words are in sizing_page.py. -->

Nothing has been measured yet: `make sizing`, alone on the machine, writes this page from what one dossier costs there.
"""


def page(f):
    if f is None:
        return NONE
    c = f["cost"]
    cpu, grown = c["cpuMs"], c["grown"]
    tables = grown["tables"]
    kept = {s: sum(n for t, n in tables[s].items() if t not in KEPT_DAYS) for s in STORED}
    passing = {s: {t: n for t, n in tables[s].items() if t in KEPT_DAYS} for s in STORED}
    with_lists = cpu_ms(f)
    postgres = sum(v for k, v in with_lists.items() if k.startswith("postgres"))
    requests = {s: sum(r.values()) for s, r in grown["requests"].items()}
    all_requests = sum(requests.values())
    m = f["machine"]

    per_service = [
        [
            s,
            amount(cpu[s]),
            amount(with_lists[s]),
            amount(cpu.get(f"postgres: {s}", 0)) if s in STORED else "",
            size(kept[s]) if s in STORED else "",
            size(sum(passing[s].values())) if s in STORED else "",
            amount(requests.get(s, 0)),
            size(f["memory"][s]),
            amount(c["idleCpuMsPerSecond"].get(s, 0)),
        ]
        for s in SERVICES
    ]

    def level(per_year):
        day = per_year / WORKING_DAYS
        peak = per_year * PEAK_DAY
        second = peak * PEAK_HOUR / 3600
        cores = {s: second * with_lists[s] / 1000 / USED for s in SERVICES}
        return {
            "dossiers a year": f"{per_year:,}",
            "peak day": amount(peak),
            "peak hour, dossiers a second": amount(second),
            "requests a second through the gateway": amount(second * (requests["gateway"] + LISTS_PER_DOSSIER)),
            **{f"cores, {s}": amount(n) for s, n in cores.items()},
            "cores, all services": amount(sum(cores.values())),
            "cores, PostgreSQL": amount(second * postgres / 1000 / USED),
            "cores, RabbitMQ": amount(second * cpu["rabbitmq"] / 1000 / USED),
            "cores, Redis": amount(second * cpu["redis"] / 1000 / USED),
            "messages a second to the broker": amount(second * grown["published"]),
            "messages a second from it": amount(second * grown["consumed"]),
            "log of changes (WAL) in the peak hour": size(peak * PEAK_HOUR * grown["wal"]),
            "databases, growth a year": size(per_year * sum(kept.values())),
            "rows that pass, after an average fortnight": size(day * sum(n * KEPT_DAYS[t] * 5 / 7 for s in STORED for t, n in passing[s].items())),
            "object store, growth a year": size(per_year * FILES * FILE_BYTES),
            "logs in the peak day": size(peak * grown["logBytes"]),
        }

    levels = {name: level(n) for name, n in LEVELS.items()}
    of_levels = [[key, *(levels[name][key] for name in LEVELS)] for key in next(iter(levels.values()))]
    second = {name: n * PEAK_DAY * PEAK_HOUR / 3600 for name, n in LEVELS.items()}
    share = {s: cpu.get(f"postgres: {s}", 0) for s in STORED}
    first, next_one = sorted(share, key=share.get, reverse=True)[:2]
    whole = sum(v for k, v in cpu.items() if k.startswith("postgres"))
    g, p, r = f["grown"], f["partitions"], f["relay"]
    largest = sorted(((n, s, t) for s in STORED for t, n in tables[s].items()), reverse=True)[:6]
    reads = sum(v["reads"] for v in grown["requests"].values())
    g_postgres = sum(v for k, v in g["cost"]["cpuMs"].items() if k.startswith("postgres"))
    pods = {name: {s: max(2, math.ceil(second[name] * with_lists[s] / 1000 / USED / 2)) for s in SERVICES} for name in LEVELS}

    of_pods = [
        [
            s,
            f"{math.ceil(f['memory'][s] * MEMORY_REQUEST / (1 << 20))}Mi",
            f"{math.ceil(f['memory'][s] * MEMORY_LIMIT / (1 << 20))}Mi",
            f"{math.ceil(cpu_request(f, 'a commune', s, 1, 1) * 1000)}m",
            f"{math.ceil(cpu_request(f, 'a province', s, 8, 0.7) * 1000)}m",
        ]
        for s in SERVICES
    ]

    return f"""# Sizing

<!-- Made by e2e/cluster/sizing.py from sizing.json. Do not edit; the words are in sizing_page.py. -->

What one dossier costs was measured; everything else is arithmetic that can be done again with other assumptions:

    cargo build --release --locked --workspace --bins
    make sizing          # measures, then writes this page; an hour alone on the machine at the most

Measured with {m["cpus"]} cores, PostgreSQL {m["postgres"]} with `fsync` on, RabbitMQ and Redis on the same machine, all services with the chart's
threads, programs of `target/{m["binaries"]}`: {c["count"]} dossiers of the main story (a form and files, reception, handling, approval,
return by post, {amount(c["notices"])} notices each), {c["concurrency"]} people at once, {amount(c["dossiersPerSecond"])} dossiers a second. CPU time is that of the processes, idle time
taken off.

## One dossier

{table(["service", "CPU, ms", "with lists, ms", "its PostgreSQL, ms", "kept", "passing", "requests", "most memory", "idle, ms/s"], per_service)}

- **All services**: {amount(sum(cpu[s] for s in SERVICES))} ms of CPU; PostgreSQL {amount(whole)} ms, RabbitMQ {amount(cpu["rabbitmq"])} ms, Redis {amount(cpu["redis"])} ms.
- **Messages**: {amount(grown["published"])} published, {amount(grown["consumed"])} taken in by consumers. **Log of changes** of PostgreSQL: {size(grown["wal"])}. **Service logs**: {size(grown["logBytes"])}.
- **Kept**: {size(sum(kept.values()))} in the databases, indexes included; passing rows go after {", ".join(sorted({f"{d} days" for d in KEPT_DAYS.values()}))}.
- **Files**: {amount(grown["files"])} of {size(grown["fileBytes"] / max(grown["files"], 0.001))} in the story, which is less than people send: below, {FILES} files of {size(FILE_BYTES)} are assumed.
- **Reads**: an officer's list of 20 costs {amount(sum(f["reads"]["list"]["cpuMs"].values()))} ms in all, one dossier {amount(sum(f["reads"]["one"]["cpuMs"].values()))} ms. "With lists": {LISTS_PER_DOSSIER} lists for each dossier.

The largest tables, bytes for each dossier: {", ".join(f"`{t}` of {s} {size(n)}" for n, s, t in largest)}.

## A commune, a province, the nation

Assumed: {WORKING_DAYS} working days; {PEAK_DAY:.0%} of the year in one peak day; {PEAK_HOUR:.0%} of that day in its peak hour; processors used to {USED:.0%}. The whole life of a
dossier is counted in the second in which it is filed, which is more than will happen.

    a second  = a year × {PEAK_DAY} × {PEAK_HOUR} / 3600
    cores     = a second × CPU ms / 1000 / {USED}
    databases = a year × kept

{table(["", *LEVELS], of_levels)}

Replicas of two cores in the peak hour, never fewer than two: {"; ".join(f"{name}: " + ", ".join(f"{s} {n}" for s, n in pods[name].items()) for name in LEVELS)}.
Give autoscaling room up to these numbers.

## Requests and limits of a pod

    memory, request = most memory × {MEMORY_REQUEST}, at most × {MEMORY_REQUEST_MOST}
    memory, limit   = most memory × {MEMORY_LIMIT}, at most × {MEMORY_LIMIT_MOST} or {MEMORY_LIMIT_ANYWAY >> 20}Mi: files of 20 MB pass through, several at once
    CPU, request    = a second × CPU ms / 1000 / pods / target, never below {CPU_REQUEST * 1000:.0f}m, at most {CPU_REQUEST_MOST} times that
    CPU, limit      : the pods that are always there carry the line "cores" above; at most {CPU_LIMIT_MOST}

`pods`, `target`: `replicas` and 1, or, where pods are scaled, `maxReplicas` and `cpuPercent`, since that is a part of the request: with
less the autoscaler would be at its end before the peak is. At least:

{table(["service", "memory, request", "memory, limit", "CPU, request: a commune, one pod", "a province, up to 8 pods at 70%"], of_pods)}

`helm/motcua/values.yaml` and `values-single-node.yaml` are for a commune, `values-production.yaml` for a province;
`e2e/cluster/chart/test_sizing.py` computes this from `sizing.json` and refuses them where they are below, or further above than said.

## What to divide, and when

1. **One server for all databases** is enough while PostgreSQL needs fewer cores than one machine has: the line "cores, PostgreSQL". `{first}` is {share[first] / whole:.0%} of its CPU time, `{next_one}` {share[next_one] / whole:.0%}.
2. **A server for each service's database**, first `{first}`: nothing but its URL changes, since nobody reads another's tables. Measured: the CPU time of PostgreSQL by database, above; no query crosses.
3. **Full tables**: with {g["dossiers"]:,} dossiers in the tables ({size(g["databaseBytes"])} for `dossier`) a dossier takes {amount(g_postgres)} ms of PostgreSQL instead of {amount(whole)},
   a list {amount(sum(g["reads"]["list"]["cpuMs"].values()))} ms instead of {amount(sum(f["reads"]["list"]["cpuMs"].values()))}, and the median of filing is {filing(g["cost"])} instead of {filing(c)}. The rows were copied under random ids, which is worse for
   indexes than the ids of real life, which grow with time.
4. **Partitions by month** are for taking away, not for finding. A journal of twelve months with {p["rowsPerMonth"]:,} rows each: to remove one month takes
   {p["plain"]["dropMonthSeconds"]} s and {size(p["plain"]["dropMonthWalBytes"])} of log row by row, {p["parted"]["dropMonthSeconds"]} s and {size(p["parted"]["dropMonthWalBytes"])} as a partition; to find one dossier's entries {p["plain"]["findMs"]} ms and {p["parted"]["findMs"]} ms. So: when rows
   that pass come to some millions a day (the nation), `outbox` and `task` by month, or by day; what the law keeps stays as it is.
   The programs do not make partitions yet: the tables must be made so by hand before the first start.
5. **Read replicas**: {reads / all_requests:.0%} of the requests between people and services are reads. The programs read from the primary, since people expect to see what
   they have just done. A replica is for reports, for `pg_dump` and for being promoted, not for the services.
6. **Queues**: outbox, relay, exchange, quorum queues on one node and inboxes of all consumers passed {r["perSecond"]:,} messages a second here, all on the same
   {m["cpus"]} cores. The nation's peak hour needs {amount(second["the nation"] * grown["published"])}. One queue for each service is enough until a half of what
   [benchmarks.md](../benchmarks.md) shows for your broker; beyond that, an installation for each province (`bus.prefix`, databases of its own) divides
   everything at once, which is how the nation should be run anyway: 34 provinces, 34 releases, one image.
"""


def filing(c):
    steps = c["latencies"]
    step = next((s for s in steps if "fil" in s or "submit" in s), next(iter(steps)))
    return f"{steps[step]['p50']} ms"
