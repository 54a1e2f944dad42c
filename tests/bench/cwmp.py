"""acs on the disk: what a session costs when its Inform is durable before it is answered, and what it costs to
read a thousand parameters and keep them, because a preset says so or because somebody asked."""
import http.client
import json
import os
import re
import statistics
import tempfile
from dataclasses import dataclass
from typing import List, Optional

import harness
from harness import Load, Server
from service import DISK, quartiles, threads_cpu, verdict

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass
class Durable:
    """Sessions a second that the CPU of so many cores is enough for, all threads of the server together: `goal`, at
    least. On two cores it shares one with the load: what it is held to is its CPU, not its rate."""
    name: str
    what: str
    load: List[str]
    goal: int
    cores: int
    task: Optional[dict] = None  # done in each session, by a preset
    devices: int = 0             # it is asked for of each of so many instead, and its result is kept, too

    def programs(self):
        return ["acs", "cwmp-load"]


def command_of(folder, cores):
    # A preset's task comes again once the longest retry is over.
    settings = (f"store.path={os.path.join(folder, 'acs.db')}", f"node.threads={cores}", "tasks.retry=100ms",
                "tasks.longest_retry=100ms")
    return [harness.program("acs"), "-c", os.path.join(HERE, "acs.conf"),
            *(word for setting in settings for word in ("--set", setting))]


class Api:
    """What an operator asks, over one connection."""

    def __init__(self, server):
        address = next(re.search(r"name=api address=(\S+)", line)[1] for line in server.said if "name=api" in line)
        self._connection = http.client.HTTPConnection(address, timeout=10)

    def ask(self, method, path, body=None):
        self._connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status // 100 != 2:
            raise harness.Failed(f"{method} {path}: {answer}")
        return json.loads(answer)

    def count(self, what):
        return self.ask("GET", "/health")[what]


def give_all(api, task):
    """Every device shall do this in each of its sessions."""
    api.ask("PUT", "/presets/all", {"tasks": [task], "repeat": "always"})


def ask_each(api, benchmark):
    for number in range(benchmark.devices):
        api.ask("POST", f"/devices/001122-Gateway-{number:012}/tasks", benchmark.task)


def one_slice(server, run, operations=lambda result: result["ops"]):
    before, threads = server.cpu_seconds(), threads_cpu(server.pid)
    result = run()
    cpu = server.cpu_seconds() - before
    if not result["ops"] or result["failed"] or result["mismatched"] or result["lost"]:
        raise harness.Failed(f"the load reports {result}")
    count = operations(result)
    return {"per_second": count / result["seconds"], "cpu_us": cpu * 1e6 / count,
            "p50_us": result["latency_us"]["p50"], "p99_us": result["latency_us"]["p99"],
            "threads_us": {name: (used - threads.get(name, 0)) * 1e6 / count
                           for name, used in threads_cpu(server.pid).items()}}


def asked_slice(server, load, api, benchmark):
    """One session of each device; one that had two in a slice leaves another's task for the next one."""
    ask_each(api, benchmark)
    waiting = api.count("tasks")
    return one_slice(server, lambda: load.count(benchmark.devices), lambda _: waiting - api.count("tasks"))


def slices(benchmark, options, server, load):
    api = Api(server)
    if benchmark.devices:
        while api.count("devices") < benchmark.devices:
            load.count(benchmark.devices)
        return [asked_slice(server, load, api, benchmark) for _ in range(options.rounds + 1)]
    if benchmark.task:
        give_all(api, benchmark.task)
    return [one_slice(server, lambda: load.run(options.seconds)) for _ in range(options.rounds + 1)]


def run_durable(benchmark, options):
    with tempfile.TemporaryDirectory(dir=DISK, prefix="sb-bench-") as folder:
        with Server(command_of(folder, benchmark.cores), cores=harness.CORES[:benchmark.cores]) as server, \
                Load([harness.program("cwmp-load"), *benchmark.load, server.address]) as load:
            rounds = slices(benchmark, options, server, load)[1:]
    allowed_us = 1e6 * benchmark.cores / benchmark.goal
    cpu = [one["cpu_us"] for one in rounds]
    return {**{what: statistics.median(one[what] for one in rounds)
               for what in ("per_second", "cpu_us", "p50_us", "p99_us")},
            "quartiles": quartiles(cpu), "allowed_us": allowed_us, "goal": benchmark.goal,
            "threads_us": {name: statistics.median(one["threads_us"].get(name, 0) for one in rounds)
                           for name in rounds[0]["threads_us"]},
            "verdict": verdict(allowed_us, cpu), "rounds": rounds}


def print_durable(name, result):
    low, median, high = result["quartiles"]
    threads = ", ".join(f"{thread} {used:.1f}" for thread, used in
                        sorted(result["threads_us"].items(), key=lambda one: -one[1]) if used >= 0.1)
    print(f"{name:18} {result['per_second']:,.0f} sessions a second: {result['verdict']}; the server's CPU a session "
          f"{median:.1f} us ({low:.1f}-{high:.1f}), at most {result['allowed_us']:.0f}: {threads}; "
          f"p50 {result['p50_us'] / 1e3:.2f} ms, p99 {result['p99_us'] / 1e3:.2f} ms")
