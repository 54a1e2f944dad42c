"""Benchmarks of Erps: calls a second beside a bare program and redis, memory at the start, and how long
a newcomer waits while others keep their TLS handshakes to themselves."""
import shutil
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import Dict, List, Optional

import harness
from harness import Failed, Load, Server
from service import quartiles, verdict

BARE = ["bare-erps"]
PAYLOAD = "x" * 64


@dataclass
class Calls:
    """Echo of 64 octets. Goals: at least such a part of the rate of the bare program and of redis, at most
    so many microseconds of the server's CPU a call, and such a ratio of the 99th percentiles."""
    name: str
    what: str
    ours: List[str]
    connections: int
    depth: int
    goals: Dict[str, float]
    on_one_core: bool = False

    def programs(self):
        return [self.ours[0], *BARE, "erps-load"]


@dataclass
class Start:
    """Octets of anonymous memory of a server that has done nothing yet."""
    name: str
    what: str
    ours: List[str]
    goal: Optional[int]

    def programs(self):
        return [self.ours[0]]


@dataclass
class Newcomers:
    """Connection, TLS handshake, one call and its reply, one after the other, with and without peers that
    have connected and say nothing. Goals: ratios of the two, at the median and the 99th percentile."""
    name: str
    what: str
    ours: List[str]
    mute: int
    goals: Dict[str, float]
    tls: bool = True

    def programs(self):
        return [self.ours[0], "erps-load"]


@dataclass
class Instructions:
    """Instructions of the server a call, outside the kernel."""
    name: str
    what: str
    ours: List[str]

    def programs(self):
        return [self.ours[0], "erps-load"]


class Erps:
    """A server of ours or the bare one, and erps-load."""

    def __init__(self, command, benchmark):
        core = harness.SERVER_CORE if benchmark.on_one_core else harness.LOAD_CORE
        self.server = Server([harness.program(command[0]), *command[1:]])
        try:
            self.load = Load(load_command(benchmark.connections, benchmark.depth)(self.server.address),
                             core=core)
        except Failed:
            self.server.stop()
            raise

    def slice(self, seconds):
        before = self.server.cpu_seconds()
        result = self.load.run(seconds)
        cpu = self.server.cpu_seconds() - before
        if not result["ops"] or result["lost"] or result["failed"] or result["mismatched"]:
            raise Failed(f"the load reports {result}")
        return {"per_second": result["ops"] / result["seconds"], "cpu_us": cpu * 1e6 / result["ops"],
                "p50_us": result["latency_us"]["p50"], "p99_us": result["latency_us"]["p99"]}

    def stop(self):
        self.load.stop()
        self.server.stop()


class Redis:
    """redis-server without persistence, and redis-benchmark with as many connections, as deep."""

    def __init__(self, benchmark):
        self.core = harness.SERVER_CORE if benchmark.on_one_core else harness.LOAD_CORE
        self.shape = ["-c", str(benchmark.connections), "-P", str(benchmark.depth)]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, preexec_fn=harness.pinned(harness.SERVER_CORE))
        self.await_start()
        self.rate = 50000

    def await_start(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.stop()
        raise Failed("redis-server does not listen")

    def slice(self, seconds):
        """It is told a count, not a time: what the slice before would have done."""
        count = max(1000, int(self.rate * seconds))
        clock = (~self.process.pid << 3) | harness.CPUCLOCK_SCHED
        before = time.clock_gettime(clock)
        done = subprocess.run(["redis-benchmark", "-p", str(self.port), *self.shape, "-n", str(count), "--csv",
                               "ECHO", PAYLOAD], capture_output=True, text=True, check=True, timeout=120,
                              preexec_fn=harness.pinned(self.core))
        cpu = time.clock_gettime(clock) - before
        head, row = [[word.strip('"') for word in line.split('","')] for line in done.stdout.splitlines()[-2:]]
        found = dict(zip(head, row))
        self.rate = float(found["rps"])
        return {"per_second": self.rate, "cpu_us": cpu * 1e6 / count,
                "p50_us": float(found["p50_latency_ms"]) * 1e3, "p99_us": float(found["p99_latency_ms"]) * 1e3}

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def load_command(connections, depth, *more):
    return lambda address: [harness.program("erps-load"), "--connections", str(connections), "--depth", str(depth),
                            *more, address]


def open_sides(benchmark):
    makers = {"ours": lambda: Erps(benchmark.ours, benchmark), "bare": lambda: Erps(BARE, benchmark)}
    if shutil.which("redis-server") and shutil.which("redis-benchmark"):
        makers["redis"] = lambda: Redis(benchmark)
    sides = {}
    try:
        for name, make in makers.items():
            sides[name] = make()
    except (Failed, OSError):
        close_sides(sides)
        raise
    return sides


def close_sides(sides):
    for side in sides.values():
        side.stop()


def one_round(sides, seconds):
    """There and back, as run.one_round does: what the machine does to one it does to the others."""
    slices = {name: [] for name in sides}
    for name in [*sides, *reversed(sides)]:
        slices[name].append(sides[name].slice(seconds / 2))
    return {name: {what: statistics.mean(one[what] for one in two) for what in two[0]}
            for name, two in slices.items()}


# What a goal is compared with: its values must be at most the goal, or at least, where that is said.
GOALS = {
    "rate of bare": (True, lambda one: one["ours"]["per_second"] / one["bare"]["per_second"]),
    "rate of redis": (True, lambda one: one["ours"]["per_second"] / one["redis"]["per_second"]),
    "CPU of redis": (False, lambda one: one["ours"]["cpu_us"] / one["redis"]["cpu_us"]),
    "CPU us": (False, lambda one: one["ours"]["cpu_us"]),
    "p99 of bare": (False, lambda one: one["ours"]["p99_us"] / one["bare"]["p99_us"]),
    "p50 with": (False, lambda one: one["with"]["p50_us"] / one["without"]["p50_us"]),
    "p99 with": (False, lambda one: one["with"]["p99_us"] / one["without"]["p99_us"]),
}


def judged(goals, rounds):
    """Of each goal: what was seen, and whether that is enough."""
    seen = {}
    for name, goal in goals.items():
        at_least, value = GOALS[name]
        if "redis" in name and "redis" not in rounds[0]:
            continue
        values = [value(one) for one in rounds]
        sign = -1 if at_least else 1
        seen[name] = {"goal": goal, "quartiles": quartiles(values),
                      "verdict": verdict(sign * goal, [sign * one for one in values])}
    verdicts = [one["verdict"] for one in seen.values()]
    return {"goals": seen, "verdict": next((one for one in ("missed", "undecided", "met") if one in verdicts),
                                           "reported")}


def medians(rounds):
    return {who: {what: statistics.median(one[who][what] for one in rounds) for what in rounds[0][who]}
            for who in rounds[0]}


def run_calls(benchmark, options):
    sides = open_sides(benchmark)
    try:
        one_round(sides, options.seconds / 2)
        rounds = [one_round(sides, options.seconds) for _ in range(options.rounds)]
    finally:
        close_sides(sides)
    return {**judged(benchmark.goals, rounds), **medians(rounds), "rounds": rounds}


def print_calls(name, result):
    print(f"{name:18} {result['verdict']}")
    for who in ("ours", "bare", "redis", "with", "without"):
        if who in result:
            one = result[who]
            print(f"  {who:16} {one['per_second']:11,.0f} a second, {one['cpu_us']:8.4f} us of the server's CPU each, "
                  f"p50 {one['p50_us']:.1f} us, p99 {one['p99_us']:.1f} us")
    for goal, one in result["goals"].items():
        low, median, high = one["quartiles"]
        at = "at least" if GOALS[goal][0] else "at most"
        print(f"  {goal:16} {median:11.3f} ({low:.3f}-{high:.3f}), {at} {one['goal']:g}: {one['verdict']}")


def run_start(benchmark, _options):
    with Server([harness.program(benchmark.ours[0]), *benchmark.ours[1:]]) as server:
        time.sleep(0.5)
        memory = server.memory_bytes()
    return {"goal": benchmark.goal, "median": memory, "verdict": "met" if memory <= benchmark.goal else "missed"}


def print_start(name, result):
    print(f"{name:18} {result['goal']:>9,} {result['median']:,} octets at the start, RssAnon: {result['verdict']}")


def newcomers_slice(server, load, mute, seconds):
    host, port = server.address.rsplit(":", 1)
    silent = [socket.create_connection((host, int(port))) for _ in range(mute)]
    time.sleep(0.1)
    before = server.cpu_seconds()
    result = load.run(seconds)
    cpu = server.cpu_seconds() - before
    for one in silent:
        one.close()
    if not result["ops"] or result["failed"] or result["mismatched"]:
        raise Failed(f"the load reports {result}")
    return {"per_second": result["ops"] / result["seconds"], "cpu_us": cpu * 1e6 / result["ops"],
            "p50_us": result["latency_us"]["p50"], "p99_us": result["latency_us"]["p99"]}


def run_newcomers(benchmark, tls_files, options):
    command = [harness.program(benchmark.ours[0]), *benchmark.ours[1:], "--cert", tls_files[0], "--key", tls_files[1]]
    rounds = []
    with Server(command) as server, Load(load_command(1, 1, "--churn", "--tls")(server.address)) as load:
        newcomers_slice(server, load, benchmark.mute, options.seconds / 2)
        for _ in range(options.rounds):
            slices = {"with": [], "without": []}
            for who in ("with", "without", "without", "with"):
                mute = benchmark.mute if who == "with" else 0
                slices[who].append(newcomers_slice(server, load, mute, options.seconds / 2))
            rounds.append({who: {what: statistics.mean(one[what] for one in two) for what in two[0]}
                           for who, two in slices.items()})
    return {**judged(benchmark.goals, rounds), **medians(rounds), "rounds": rounds}


def run_instructions(benchmark, _options):
    if not shutil.which("valgrind"):
        raise Failed("no valgrind")
    command = [harness.program(benchmark.ours[0]), *benchmark.ours[1:]]
    return {"median": harness.instructions_per_operation(command, load_command(1, 100), 20000),
            "verdict": "reported"}


def print_instructions(name, result):
    print(f"{name:18} {'-':>6} {result['median']:8.1f} instructions a call")
