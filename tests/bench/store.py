#!/usr/bin/env python3
"""store.py [--quick] [FOLDER]: what the store costs, beside SQLite alone with the same table.

Both write the same rows into a new file in FOLDER (the build folder without one: a real disk, not
a tmpfs). At each number of rows a commit they take turns, A B B A; figures are CPU time of the
thread that writes, the ratio ours over bare by the median of the rounds. Without a number of rows a
commit the store takes them as they come, and bare is run at what came of it. Every row but the
newest thousands is deleted again, so half of the changes are deletes.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import harness
from harness import Failed

GOAL_CPU, GOAL_RATE = 1.3, 0.4
BATCHES = (1, 10, 100, 1000)


def run(name, folder, *options):
    """One run on a new file."""
    place = tempfile.mkdtemp(dir=folder)
    try:
        done = subprocess.run([harness.program(name), *map(str, options), os.path.join(place, "rows")],
                              capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise Failed(f"{name}: {done.stderr.strip()}")
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(place)


def ratios_of(rounds, field):
    return statistics.median(
        (a[field] + d[field]) / (b[field] + c[field]) for a, b, c, d in rounds)


def compare(folder, rows, batch, ours, count):
    """Rounds of ours, bare, bare, ours."""
    bare = ("--rows", rows, "--batch", batch, "--keep", 2000)
    return [(run("store-bench", folder, *ours), run("store-bare", folder, *bare),
             run("store-bare", folder, *bare), run("store-bench", folder, *ours))
            for _ in range(count)]


def median_of(rounds, sides, field):
    return statistics.median(r[side][field] for r in rounds for side in sides)


def show(name, rounds):
    cpu, rate = ratios_of(rounds, "writer_us_a_change"), ratios_of(rounds, "changes_per_second")
    print(f"| {name} | {cpu:.3f} | {median_of(rounds, (0, 3), 'writer_us_a_change'):.2f} "
          f"| {median_of(rounds, (1, 2), 'writer_us_a_change'):.2f} "
          f"| {median_of(rounds, (0, 3), 'process_us_a_change'):.2f} | {rate:.2f} "
          f"| {median_of(rounds, (0, 3), 'changes_per_second'):,.0f} |", flush=True)
    return cpu, rate


def main(arguments):
    quick = "--quick" in arguments
    folders = [a for a in arguments if not a.startswith("--")]
    folder = folders[0] if folders else harness.BINARY
    count, commits = (1, 20) if quick else (5, 300)
    print("| changes a commit | writer's CPU, ours / bare | ours, us | bare, us | all our threads, us "
          "| rate, ours / bare | ours, a second |\n|---|---|---|---|---|---|---|")
    for batch in BATCHES:
        rows = batch * commits
        show(f"{batch} rows", compare(folder, rows, batch,
                                      ("--rows", rows, "--batch", batch, "--keep", 2000), count))
    rows = 20000 if quick else 500000
    ours = ("--rows", rows, "--window", 5000, "--keep", 2000)
    came = run("store-bench", folder, *ours)["changes_a_commit"]
    cpu, rate = show(f"unpaced: {came:,.0f}",
                     compare(folder, rows, max(1, round(came / 2)), ours, count))
    met = cpu <= GOAL_CPU and rate >= GOAL_RATE
    print(f"goals (unpaced: CPU <= {GOAL_CPU}, rate >= {GOAL_RATE}): {'met' if met else 'missed'}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit(f"store.py: {failure}")
