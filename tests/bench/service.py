"""Benchmarks of smpp-mc as a service: a pace that it must keep with messages on the disk, and what
it costs to do nothing for many."""
import os
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
        return [self.ours[0], "smpp-load"]


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
            "goals": {"rate": benchmark.rate, "ack_p99_ms": benchmark.goal_ack_ms, "turn_p99_us": benchmark.goal_turn_us},
            "verdict": ("met" if met else "missed") if goals else "reported"}


def rows_of_a_commit(before, after):
    count = after.value("sb_store_commit_rows_count") - before.value("sb_store_commit_rows_count")
    rows = after.value("sb_store_commit_rows_sum") - before.value("sb_store_commit_rows_sum")
    return rows / count if count else None


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


def print_paced(name, result):
    latency, turns = result["latency_us"], result["turn_p99_us"]
    print(f"{name:18} {result['per_second']:,.0f} a second for {result['seconds']} s: {result['verdict']}; "
          f"ack p50 {latency['p50'] / 1e3:.2f} ms, p99 {latency['p99'] / 1e3:.2f} ms, max {latency['max'] / 1e3:.1f} ms; "
          f"turn p99 {turns['cpu'] or 0:.0f} us of CPU; {result['cpu_us']:.2f} us a message, "
          f"{result['commit_rows_mean'] or 0:.0f} rows a commit, CPU by thread {result['threads_cpu_percent']}")


def print_idle(name, result):
    goal = "-" if result["goal"] is None else f"{result['goal']:g}"
    print(f"{name:18} {goal:>6} {result['median']:8.3f} {'percent of a core':>17} {result['verdict']:9}   "
          f"at {result['connections']:,} for {result['seconds']} s")
