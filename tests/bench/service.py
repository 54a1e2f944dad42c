"""Benchmarks of smpp-mc as a service: a pace that it must keep with messages on the disk, and what
it costs to do nothing for many."""
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import List, Optional

import harness
import series
from harness import Failed, Load, Server

# Beside the build: a disk, where /tmp may be memory.
DISK = os.environ.get("SB_DISK", harness.BINARY)
INTERVAL = 0.5
COUNTED = 6400  # every PDU of smpp-codec-bench as often as the others

# A message of the load in its row: the account's name and the PDU.
ROW_OCTETS = 95


@dataclass
class Paced:
    """Messages at a steady rate into a store on the disk. Goals: the 99th percentile of the time to
    the acknowledgement, and of a turn's CPU time."""
    name: str
    what: str
    ours: List[str]
    load: List[str]
    rate: int
    seconds: int
    goal_ack_ms: Optional[float]
    goal_turn_us: Optional[float]

    def programs(self):
        return [self.ours[0], "smpp-load", "pauses"]


@dataclass
class Idle:
    """CPU of a server whose sessions only answer its enquire_links, in percent of one core."""
    name: str
    what: str
    ours: List[str]
    load: List[str]
    seconds: int
    goal: Optional[float]

    def programs(self):
        return [self.ours[0], "smpp-load"]


@dataclass
class Unpaced:
    """Messages as fast as windows allow into a store on the disk, beside the store thread alone with
    rows like theirs, as many a commit. Goals: the writer's CPU a row at most so many times what it is
    alone, its rate at least such a part of it. Beside SQLite alone it is reported, too."""
    name: str
    what: str
    ours: List[str]
    load: List[str]
    goal_cpu: float
    goal_rate: float

    def programs(self):
        return [self.ours[0], "smpp-load", "store-bench", "store-bare"]


@dataclass
class Counted:
    """Instructions of one job of smpp-codec-bench, each time."""
    name: str
    what: str
    job: str

    def programs(self):
        return ["smpp-codec-bench"]


class Centre:
    """smpp-mc on a store of its own, with what it counts at hand."""

    def __init__(self, command, folder, settings=()):
        self.metrics = os.path.join(folder, "smpp-mc.prom")
        settings = [f"metrics.interval={int(INTERVAL * 1000)}ms", f"metrics.file={self.metrics}", *settings]
        words = [harness.program(command[0]), *command[1:]]
        for setting in settings:
            words += ["--set", setting]
        self.server = Server(words)

    def read(self):
        return series.read_after(self.metrics, time.time())


def threads_cpu(pid):
    """Seconds of CPU by the name of the thread."""
    used = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as stat, \
                open(f"/proc/{pid}/task/{thread}/comm") as comm:
            name = comm.read().strip()
            used[name] = used.get(name, 0) + int(stat.read().split()[0]) / 1e9
    return used


class Pauses:
    """How often the machine itself stands still meanwhile, seen from the server's core. `said` stays
    None where no program may go before all others."""

    def __enter__(self):
        self.said = None
        self._process = subprocess.Popen([harness.program("pauses")], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                         preexec_fn=harness.pinned(harness.SERVER_CORE))
        return self

    def __exit__(self, *_):
        said, _ = self._process.communicate(timeout=10)
        self.said = json.loads(said) if said else None


def milliseconds(seconds):
    return None if seconds is None else seconds * 1e3


def run_paced(benchmark, options):
    seconds = min(benchmark.seconds, options.longest)
    with tempfile.TemporaryDirectory(dir=DISK, prefix="sb-bench-") as folder:
        centre = Centre(benchmark.ours, folder, [f"store.path={os.path.join(folder, 'mc.db')}"])
        with centre.server as server, Load([harness.program("smpp-load"), *benchmark.load, "--rate",
                                            str(benchmark.rate), server.address]) as load:
            load.run(1)
            before, cpu, threads = centre.read(), server.cpu_seconds(), threads_cpu(server.pid)
            with Pauses() as pauses:
                result = load.run(seconds)
            cpu = server.cpu_seconds() - cpu
            after = centre.read()
            threads = {name: used - threads.get(name, 0)
                       for name, used in threads_cpu(server.pid).items()}
    if result["accepted"] != result["ops"] or result["unanswered"] or result["sessions_lost"]:
        raise Failed(f"not all was accepted: {result['statuses']}, {result['unanswered']} unanswered")
    turns = {clock: series.percentile(before, after, 99, "sb_turn_seconds", clock=clock)
             for clock in ("cpu", "wall")}
    ack = result["latency_us"]["p99"] / 1e3
    goals = [(benchmark.goal_ack_ms, ack), (benchmark.goal_turn_us, (turns["cpu"] or 0) * 1e6),
             (benchmark.goal_ack_ms and -0.99 * benchmark.rate, -result["per_second"])]
    goals = [(goal, value) for goal, value in goals if goal is not None]
    met = all(value <= goal for goal, value in goals)
    return {"per_second": result["per_second"], "seconds": seconds, "latency_us": result["latency_us"],
            "receipts": result["receipts"], "turn_p99_us": {clock: turn and turn * 1e6 for clock, turn in turns.items()},
            "cpu_us": cpu * 1e6 / result["ops"], "threads_cpu_percent":
            {name: round(100 * used / result["seconds"], 1) for name, used in threads.items() if used > 0.01},
            "commit_rows_mean": rows_of_a_commit(before, after),
            "commit_ms": {str(percent): milliseconds(series.percentile(before, after, percent, "sb_store_commit_seconds"))
                          for percent in (50, 99, 99.9)},
            "checkpoint_ms": milliseconds(series.percentile(before, after, 99, "sb_store_checkpoint_seconds")),
            "checkpoints": between(before, after, "sb_store_checkpoint_seconds_count"),
            "machine": pauses.said,
            "goals": {"rate": benchmark.rate, "ack_p99_ms": benchmark.goal_ack_ms, "turn_p99_us": benchmark.goal_turn_us},
            "verdict": ("met" if met else "missed") if goals else "reported"}


def between(before, after, name):
    return after.value(name) - before.value(name)


def rows_of_a_commit(before, after):
    count = between(before, after, "sb_store_commit_rows_count")
    return between(before, after, "sb_store_commit_rows_sum") / count if count else None


def unpaced_slice(centre, load, seconds):
    """A run of the load, with what the threads and the store did meanwhile."""
    before, threads = centre.read(), threads_cpu(centre.server.pid)
    result = load.run(seconds)
    used = threads_cpu(centre.server.pid)
    after = centre.read()
    rows = between(before, after, "sb_store_commit_rows_sum")
    if result["accepted"] != result["ops"] or not rows:
        raise Failed(f"not all was accepted: {result['statuses']}")
    return {"writer_us_a_row": between(before, after, "sb_store_writer_cpu_microseconds_total") / rows,
            "rows_a_commit": rows_of_a_commit(before, after), "messages_per_second": result["per_second"],
            "rows_per_second": result["per_second"] * rows / result["ops"],
            "threads_percent": {name: 100 * (cpu - threads.get(name, 0)) / result["seconds"]
                                for name, cpu in used.items()}}


def alone_slice(program, folder, rows_a_commit, seconds):
    """The store thread, or SQLite, with as many rows a commit and nothing else to do: half of them
    deletes, as a message is one of each, of what the commit before has put."""
    batch = max(1, round(rows_a_commit / 2))
    rows = int(seconds * 150000)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        done = subprocess.run([harness.program(program), "--rows", str(rows), "--batch", str(batch),
                               "--keep", str(batch), "--body", str(ROW_OCTETS), os.path.join(place, "rows")],
                              capture_output=True, text=True, timeout=600, check=True,
                              preexec_fn=harness.pinned(harness.SERVER_CORE))
    return json.loads(done.stdout)


def run_unpaced(benchmark, options):
    slices = []
    with tempfile.TemporaryDirectory(dir=DISK, prefix="sb-bench-") as folder:
        centre = Centre(benchmark.ours, folder, [f"store.path={os.path.join(folder, 'mc.db')}"])
        with centre.server as server, Load([harness.program("smpp-load"), *benchmark.load,
                                            server.address]) as load:
            load.run(1)
            for _ in range(options.rounds):
                ours = unpaced_slice(centre, load, options.seconds)
                slices.append((ours, *(alone_slice(program, folder, ours["rows_a_commit"], options.seconds)
                                       for program in ("store-bench", "store-bare"))))
    cpu = [ours["writer_us_a_row"] / alone["writer_us_a_change"] for ours, alone, _ in slices]
    rate = [ours["rows_per_second"] / alone["changes_per_second"] for ours, alone, _ in slices]
    verdicts = {verdict(benchmark.goal_cpu, cpu), verdict(-benchmark.goal_rate, [-one for one in rate])}
    threads = {name: statistics.median(ours["threads_percent"].get(name, 0) for ours, *_ in slices)
               for name in slices[0][0]["threads_percent"]}
    return {"cpu_ratio": quartiles(cpu), "rate_ratio": quartiles(rate), "threads_percent": threads,
            **{name: statistics.median(ours[name] for ours, *_ in slices)
               for name in ("writer_us_a_row", "rows_a_commit", "messages_per_second", "rows_per_second")},
            **{who: {name: statistics.median(one[at][name] for one in slices)
                     for name in ("writer_us_a_change", "changes_per_second")}
               for at, who in ((1, "alone"), (2, "sqlite"))},
            "goals": {"cpu": benchmark.goal_cpu, "rate": benchmark.goal_rate},
            "verdict": next(one for one in ("missed", "undecided", "met") if one in verdicts)}


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive")


def verdict(goal, values):
    low, median, high = quartiles(values)
    return "undecided" if low <= goal < high else "met" if median <= goal else "missed"


def print_unpaced(name, result):
    (cpu_low, cpu, cpu_high), (rate_low, rate, rate_high) = result["cpu_ratio"], result["rate_ratio"]
    limit = max(result["threads_percent"].items(), key=lambda one: one[1])
    print(f"{name:18} {result['messages_per_second']:,.0f} messages a second, {result['rows_a_commit']:.0f} rows a "
          f"commit: {result['verdict']}; writer's CPU a row {result['writer_us_a_row']:.2f} us, {cpu:.3f} "
          f"({cpu_low:.3f}-{cpu_high:.3f}) of the store thread alone, rate {rate:.3f} ({rate_low:.3f}-{rate_high:.3f}) of "
          f"its; alone {result['alone']['writer_us_a_change']:.2f} us, SQLite {result['sqlite']['writer_us_a_change']:.2f} us; "
          f"the busiest thread is {limit[0]}, {limit[1]:.0f} % of a core")


def run_idle(benchmark, options):
    seconds = min(benchmark.seconds, options.longest)
    with tempfile.TemporaryDirectory(dir=DISK, prefix="sb-bench-") as folder:
        centre = Centre(benchmark.ours, folder, [f"store.path={os.path.join(folder, 'mc.db')}"])
        load = [harness.program("smpp-load"), *benchmark.load, "--connections", str(options.held)]
        with centre.server as server, Load([*load, server.address]):
            before, at = server.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            percent = 100 * (server.cpu_seconds() - before) / (time.monotonic() - at)
    return {"median": percent, "connections": options.held, "seconds": seconds, "goal": benchmark.goal,
            "verdict": "reported" if benchmark.goal is None else "met" if percent < benchmark.goal else "missed"}


def run_counted(benchmark, _options):
    if not shutil.which("valgrind"):
        raise Failed("no valgrind")
    few, many = (harness.program_instructions([harness.program("smpp-codec-bench"), benchmark.job, str(repeats)])
                 for repeats in (COUNTED, 3 * COUNTED))
    return {"median": (many - few) / (2 * COUNTED), "verdict": "reported"}


def print_counted(name, result):
    print(f"{name:18} {'-':>6} {result['median']:8.1f} instructions a PDU")


def print_paced(name, result):
    latency, turns = result["latency_us"], result["turn_p99_us"]
    print(f"{name:18} {result['per_second']:,.0f} a second for {result['seconds']} s: {result['verdict']}; "
          f"ack p50 {latency['p50'] / 1e3:.2f} ms, p99 {latency['p99'] / 1e3:.2f} ms, max {latency['max'] / 1e3:.1f} ms; "
          f"turn p99 {turns['cpu'] or 0:.0f} us of CPU; {result['cpu_us']:.2f} us a message, "
          f"{result['commit_rows_mean'] or 0:.0f} rows a commit, in p50 {result['commit_ms']['50'] or 0:.1f} ms, "
          f"p99 {result['commit_ms']['99'] or 0:.1f} ms, "
          f"{result['checkpoints']:.0f} checkpoints, p99 {result['checkpoint_ms'] or 0:.1f} ms, CPU by thread {result['threads_cpu_percent']}")
    print_pauses(result["machine"])


def print_pauses(machine):
    if machine:
        print(f"{'':18} the machine stood still {machine['pauses']} times for over 2 ms, {machine['paused_ms']:.0f} ms of "
              f"{machine['seconds']:.0f} s, {machine['longest_ms']:.1f} ms at the longest")


def print_idle(name, result):
    goal = "-" if result["goal"] is None else f"{result['goal']:g}"
    print(f"{name:18} {goal:>6} {result['median']:8.3f} {'percent of a core':>17} {result['verdict']:9}   "
          f"at {result['connections']:,} for {result['seconds']} s")
