#!/usr/bin/env python3
"""run.py [--quick] [--instructions] [--list] [NAME ...]: the benchmarks, ours beside a bare program.

A ratio is the server's CPU time per operation, ours over the reference's. Both servers and both
loads are up for the whole of a benchmark, each server pinned to one core and each load to another;
after a warm-up they take turns, so that what the machine does to one it does to the other. The
verdict is by the median of the ratios of the rounds: met, missed, or, where the quartiles stand on
both sides of the goal, undecided; then instructions per operation are counted as well (by callgrind,
outside the kernel), which no noise moves. Results go to bench.json in the build folder too, round by round. The exit status is 0 when every
measurement could be made, met or not.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import cwmp
import erps
import harness
from benchmarks import BENCHMARKS, SELF_CHECKS, Memory, Rate, Ratio
import service
from harness import Failed, Load, Server

HELD = 10000
FAULTS = ("lost", "unanswered", "failed", "mismatched", "sessions_lost")


def command_of(words, benchmark, tls_files):
    command = [harness.program(words[0]), *words[1:]]
    if benchmark.tls:
        command += ["--cert", tls_files[0], "--key", tls_files[1]]
    return command


def checked(result):
    """A result that can be divided by: nothing was lost on the way."""
    faults = {name: result[name] for name in FAULTS if result.get(name)}
    anomalies = {name: n for name, n in result.get("anomalies", {}).items() if n}
    if result.get("accepted", result["ops"]) != result["ops"]:
        faults["statuses"] = result["statuses"]
    if not result["ops"] or faults or anomalies:
        raise Failed(f"the load reports {result['ops']} operations, {faults or ''} {anomalies or ''}")
    return result


def measure(server, load, seconds):
    before = server.cpu_seconds()
    result = checked(load.run(seconds))
    return server.cpu_seconds() - before, result


def summed(slices):
    """What one side did in a round, of the slices of it."""
    operations = sum(result["ops"] for _, result in slices)
    return {"cpu_us": sum(cpu for cpu, _ in slices) * 1e6 / operations,
            "per_second": operations / sum(result["seconds"] for _, result in slices),
            "p50_us": statistics.mean(result["latency_us"]["p50"] for _, result in slices),
            "p99_us": statistics.mean(result["latency_us"]["p99"] for _, result in slices)}


def one_round(sides, seconds):
    """Each side twice for half the time, A B B A: a machine that gets slower meanwhile takes as much
    from the one as from the other."""
    slices = {name: [] for name in sides}
    for name in [*sides, *reversed(sides)]:
        slices[name].append(measure(*sides[name], seconds / 2))
    return {name: summed(parts) for name, parts in slices.items()}


def rounds_of(benchmark, tls_files, rounds, seconds):
    ours_load = benchmark.ours_load or benchmark.load
    with Server(command_of(benchmark.ours, benchmark, tls_files)) as ours, \
            Server(command_of(benchmark.reference, benchmark, tls_files)) as reference, \
            Load(ours_load(ours.address)) as our_load, \
            Load(benchmark.load(reference.address)) as reference_load:
        sides = {"ours": (ours, our_load), "reference": (reference, reference_load)}
        one_round(sides, seconds / 2)
        return [one_round(sides, seconds) for _ in range(rounds)]


def verdict_of(goal, low, median, high):
    if goal is None:
        return "reported"
    if low <= goal < high:
        return "undecided"
    return "met" if median <= goal else "missed"


def median_of(rounds, who, what):
    return statistics.median(one[who][what] for one in rounds)


def count_instructions(benchmark, tls_files):
    if not shutil.which("valgrind"):
        return None
    ours_load = benchmark.ours_load or benchmark.load
    pairs = (("ours", benchmark.ours, ours_load), ("reference", benchmark.reference, benchmark.load))
    return {name: harness.instructions_per_operation(command_of(words, benchmark, tls_files), load,
                                                     benchmark.callgrind_operations)
            for name, words, load in pairs}


def run_ratio(benchmark, tls_files, options):
    rounds = rounds_of(benchmark, tls_files, options.rounds, options.seconds)
    ratios = [one["ours"]["cpu_us"] / one["reference"]["cpu_us"] for one in rounds]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    result = {"goal": benchmark.goal, "median": median, "quartiles": [low, high],
              "verdict": verdict_of(benchmark.goal, low, median, high), "rounds": rounds}
    for who in ("ours", "reference"):
        result[who] = {what: median_of(rounds, who, what) for what in rounds[0][who]}
    if options.instructions or result["verdict"] == "undecided":
        result["instructions"] = count_instructions(benchmark, tls_files)
    return result


def run_memory(benchmark, tls_files, options):
    command = command_of(benchmark.ours, benchmark, tls_files)
    connections = options.held
    with Server(command) as server:
        # Buffers that all connections share are there after the first ones.
        with Load(benchmark.load(server.address, 10)):
            pass
        before = server.memory_bytes()
        with Load(benchmark.load(server.address, connections)):
            each = (server.memory_bytes() - before) / connections
    goal = benchmark.goal
    return {"goal": goal, "median": each, "connections": connections,
            "verdict": "reported" if goal is None else "met" if each <= goal else "missed"}


def client_run(command, core, seconds):
    """One run of a client that reports by itself what it got, and at what CPU time of its own."""
    done = subprocess.run(command[:1] + ["--seconds", str(seconds)] + command[1:], text=True,
                          capture_output=True, preexec_fn=harness.pinned(core),
                          timeout=seconds + 60)
    if done.returncode:
        raise Failed(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    result = checked(json.loads(done.stdout))
    return {"per_second": result["ops"] / result["seconds"], "cpu_us": result["cpu_us"],
            "p50_us": result["latency_us"]["p50"], "p99_us": result["latency_us"]["p99"]}


def run_rate(benchmark, options):
    """The quartiles of noise do not matter here: a rate is what the machine let through."""
    with Server([harness.program(benchmark.reference[0]), *benchmark.reference[1:]]) as server:
        command = benchmark.client(server.address)
        core = harness.SERVER_CORE if benchmark.on_one_core else harness.LOAD_CORE
        client_run(command, core, options.seconds / 2)
        rounds = [client_run(command, core, options.seconds) for _ in range(options.rounds)]
    result = {what: statistics.median(one[what] for one in rounds) for what in rounds[0]}
    met = benchmark.goal is None or result["per_second"] >= benchmark.goal
    return {**result, "goal": benchmark.goal, "rounds": rounds,
            "median": result["per_second"], "verdict": "met" if met else "missed"}


def print_rate(name, result):
    goal = "-" if result["goal"] is None else f"{result['goal']:,}"
    print(f"{name:18} {goal:>9} a second {result['verdict']:9} "
          f"{result['per_second']:11,.0f} a second, {result['cpu_us']:.4f} us of the client's CPU each, "
          f"p50 {result['p50_us']:.0f} us, p99 {result['p99_us']:.0f} us")


def print_ratio(name, result):
    goal = "-" if result["goal"] is None else f"{result['goal']:g}"
    low, high = result["quartiles"]
    ours, reference = result["ours"], result["reference"]
    print(f"{name:18} {goal:>6} {result['median']:8.3f} {low:8.3f}-{high:<8.3f} "
          f"{result['verdict']:9} {ours['cpu_us']:9.4f} {reference['cpu_us']:9.4f} "
          f"{ours['per_second']:11,.0f} {ours['p50_us']:9.0f} {ours['p99_us']:9.0f}")
    counted = result.get("instructions")
    if counted:
        print(f"{'':18} instructions an operation outside the kernel: {counted['ours']:,.0f}, "
              f"bare {counted['reference']:,.0f}")


def print_memory(name, result):
    goal = "-" if result["goal"] is None else f"{result['goal']:,}"
    print(f"{name:18} {goal:>6} {result['median']:8.0f} {'octets a session, RssAnon':>17} "
          f"{result['verdict']:9}   at {result['connections']:,}")


def print_head(options):
    print(f"server CPU an operation, ours over the bare program's: {options.rounds} rounds of "
          f"{options.seconds:g} s each, server on core {harness.SERVER_CORE}, load on core "
          f"{harness.LOAD_CORE}, load average {os.getloadavg()[0]:.1f}")
    print(f"{'':18} {'goal':>6} {'median':>8} {'quartiles':>17} {'verdict':9} {'ours us':>9} "
          f"{'bare us':>9} {'ours ops/s':>11} {'p50 us':>9} {'p99 us':>9}")


def plain(measure_one):
    """For kinds that have nothing to do with TLS."""
    return lambda benchmark, _tls_files, options: measure_one(benchmark, options)


KINDS = {Ratio: (run_ratio, print_ratio), Memory: (run_memory, print_memory), Rate: (plain(run_rate), print_rate),
         service.Paced: (plain(service.run_paced), service.print_paced),
         service.Unpaced: (plain(service.run_unpaced), service.print_unpaced),
         service.Idle: (plain(service.run_idle), service.print_idle),
         service.Counted: (plain(service.run_counted), service.print_counted),
         cwmp.Durable: (plain(cwmp.run_durable), cwmp.print_durable),
         erps.Calls: (plain(erps.run_calls), erps.print_calls),
         erps.Start: (plain(erps.run_start), erps.print_start),
         erps.Newcomers: (erps.run_newcomers, erps.print_calls),
         erps.Instructions: (plain(erps.run_instructions), erps.print_instructions)}


def run_one(benchmark, tls_files, options):
    """Runs, prints and returns one benchmark's result."""
    missing = [name for name in benchmark.programs() if not harness.is_built(name)]
    if missing:
        result = {"verdict": "skipped", "why": f"{', '.join(missing)} not built"}
        print(f"{benchmark.name:18} skipped: {result['why']}", flush=True)
        return result
    try:
        measure_one, print_one = KINDS[type(benchmark)]
        result = measure_one(benchmark, tls_files, options)
        print_one(benchmark.name, result)
    except (Failed, OSError, ValueError) as failure:
        result = {"verdict": "failed", "why": str(failure)}
        print(f"{benchmark.name:18} failed: {failure}")
    sys.stdout.flush()
    return result


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 s: a smoke test")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--held", type=int, default=HELD, help="connections of the idle ones")
    parser.add_argument("--longest", type=int, default=60, help="seconds of the paced and idle ones")
    parser.add_argument("--instructions", action="store_true",
                        help="count instructions an operation of every ratio (callgrind)")
    parser.add_argument("--list", action="store_true", help="names, and what they measure")
    parser.add_argument("--json", metavar="FILE", default=os.path.join(harness.BINARY, "bench.json"))
    parser.add_argument("names", nargs="*", help="all but the self-checks, when none is given")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds, options.longest = 3, 1.0, 5
    return options


def chosen(names):
    known = {one.name: one for one in BENCHMARKS + SELF_CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"run.py: no benchmark {', '.join(unknown)}; see --list")
    return [known[name] for name in names] or BENCHMARKS


def versions():
    commit = ""
    if shutil.which("git"):  # a tree without its history, a machine without git, measure too
        commit = subprocess.run(["git", "-C", harness.SOURCE, "rev-parse", "--short", "HEAD"],
                                capture_output=True, text=True).stdout.strip()
    return {"kernel": os.uname().release, "commit": commit, "cores": len(harness.CORES)}


def main(arguments):
    options = parse(arguments)
    if options.list:
        for one in BENCHMARKS + SELF_CHECKS:
            print(f"{one.name:18} {one.what}")
        return 0
    print_head(options)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        tls_files = harness.certificate(folder)
        for benchmark in chosen(options.names):
            results[benchmark.name] = run_one(benchmark, tls_files, options)
            results[benchmark.name]["what"] = benchmark.what
    with open(options.json, "w") as out:
        json.dump({**versions(), "benchmarks": results}, out, indent=1)
    print(f"written to {os.path.relpath(options.json)}")
    return 1 if any(one["verdict"] == "failed" for one in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
