#!/usr/bin/env python3
"""Kills smpp-mc at random instants under full load, and holds it to what it had acknowledged.

Each round starts it on the same store, binds 20 sessions of smpp-load that submit, receive and get
receipts as fast as they can, kills it with SIGKILL, and compares the journal with the rows in the
store (ledger.py). At the end all that is owed is delivered. By hand:

    SB_BINARY_DIR=build/release tests/interop/kill/run.py --rounds 100 [--seed N]
"""
import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("SB_SOURCE_DIR", os.path.dirname(os.path.dirname(os.path.dirname(HERE))))
os.environ.setdefault("SB_BINARY_DIR", os.path.join(os.environ["SB_SOURCE_DIR"], "build", "release"))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from centre import BINARY, Centre, until  # noqa: E402
from ledger import Ledger, Rows  # noqa: E402

CONNECTIONS, WINDOW = 20, 50
SHORTEST, LONGEST = 0.02, 1.0  # seconds under load before the kill
DRAIN_SECONDS = 120


class Load:
    """smpp-load, bound; it ends by itself when its sessions are lost."""

    def __init__(self, port, journal, life, *options):
        command = [os.path.join(BINARY, "bin", "smpp-load"), "--control", "--connections", str(CONNECTIONS),
                   "--window", str(WINDOW), "--destination", "49151##", "--registered-delivery", "1",
                   "--text-size", "40", "--journal", journal, "--life", str(life), *options,
                   f"127.0.0.1:{port}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        if "ready" not in self.process.stdout.readline():
            raise AssertionError("smpp-load could not bind")

    def run(self, seconds):
        self.process.stdin.write(f"run {seconds}\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def start(folder, name, store):
    return Centre(folder, os.path.join(HERE, "kill.conf"),
                  [f"store.path={store}", "node.threads=2"], name=name)


class Test:
    def __init__(self, folder, seed):
        self.folder = folder
        self.store = os.path.join(folder, "mc.db")
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.complaints = []

    def complain(self, where, complaints):
        for complaint in complaints:
            print(f"{where}: {complaint}", flush=True)
        self.complaints += complaints

    def journal(self, life):
        return os.path.join(self.folder, f"{life}.journal")

    def round(self, life):
        centre = start(self.folder, f"life-{life}", self.store)
        load = Load(centre.port("smpp"), self.journal(life), life)
        load.run(60)
        seconds = self.random.uniform(SHORTEST, LONGEST)
        time.sleep(seconds)  # the instant of the kill: nothing is waited for
        centre.process.send_signal(signal.SIGKILL)
        centre.process.wait()
        load.end()
        told, complaints = self.ledger.live(self.journal(life))
        rows = Rows(self.store)
        self.complain(f"round {life}", complaints + self.ledger.killed(told, rows))
        print(f"round {life}: killed after {seconds * 1000:.0f} ms, acknowledged {len(told.acknowledged)}, "
              f"delivered {len(told.delivered)}, receipts {len(told.receipts)}, refused {told.refused}; "
              f"in the store {len(rows.messages)} messages, {len(rows.owed)} receipts; "
              f"{len(told.settled())} settled", flush=True)
        os.unlink(self.journal(life))

    def waiting(self):
        """As an operator would look, while it runs."""
        database = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)
        count = database.execute("SELECT count(*) FROM msg").fetchone()[0]
        database.close()
        return count

    def drain(self, life):
        centre = start(self.folder, f"life-{life}", self.store)
        load = Load(centre.port("smpp"), self.journal(life), life, "--bind", "rx")
        until(lambda: self.waiting() == 0, "empty store", DRAIN_SECONDS)
        load.end()
        status = centre.stop()
        told, complaints = self.ledger.live(self.journal(life))
        complaints += self.ledger.finished(Rows(self.store))
        if status != 0:
            complaints.append(f"smpp-mc ended with {status}")
        self.complain("at the end", complaints)
        print(f"drained {len(told.delivered)} messages, {len(told.receipts)} receipts", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sb-kill-", dir=os.environ.get("SB_DISK")) as folder:
        test = Test(folder, options.seed)
        for life in range(1, options.rounds + 1):
            test.round(life)
        test.drain(options.rounds + 1)
    ledger = test.ledger
    print(f"{options.rounds} kills: {len(ledger.ids)} messages acknowledged, {ledger.repeated} delivered again and "
          f"{ledger.repeated_receipts} reported again after a kill, {len(test.complaints)} complaints")
    return 1 if test.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
