"""What the tests that kill share: the load that keeps a journal, and rounds that end in SIGKILL, or in
SIGTERM."""
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("SB_SOURCE_DIR", os.path.dirname(os.path.dirname(os.path.dirname(HERE))))
os.environ.setdefault("SB_BINARY_DIR", os.path.join(os.environ["SB_SOURCE_DIR"], "build", "release"))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from centre import BINARY, Centre, until  # noqa: E402
from ledger import Ledger, Rows, some  # noqa: E402

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

    def is_running(self):
        """Whether it has not lost all its sessions."""
        return self.process.poll() is None

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def start(folder, name, store, environment=None):
    return Centre(folder, os.path.join(HERE, "kill.conf"),
                  [f"store.path={store}", "node.threads=2"], name=name, environment=environment)


class Test:
    """One store through many lives. `folder` has logs and journals; the store may be elsewhere."""

    def __init__(self, folder, seed, store=None, environment=None):
        self.folder = folder
        self.store = store or os.path.join(folder, "mc.db")
        self.environment = environment
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.complaints = []

    def complain(self, where, complaints):
        for complaint in complaints:
            print(f"{where}: {complaint}", flush=True)
        self.complaints += complaints

    def journal(self, life):
        return os.path.join(self.folder, f"{life}.journal")

    def live(self, life, during):
        """A life: `during` gets the centre and its load, and says when it is over; then it is killed."""
        centre = start(self.folder, f"life-{life}", self.store, self.environment)
        load = Load(centre.port("smpp"), self.journal(life), life)
        load.run(600)
        began = time.monotonic()
        try:
            during(centre, load)
        finally:
            centre.process.send_signal(signal.SIGKILL)
            seconds = time.monotonic() - began
            centre.process.wait()
            load.end()
        return self.account(life, seconds)

    def account(self, life, seconds):
        """Compares what the journal tells with what the store has."""
        told, complaints = self.ledger.live(self.journal(life))
        rows = Rows(self.store)
        self.complain(f"life {life}", complaints + self.ledger.killed(told, rows))
        print(f"life {life}: over after {seconds * 1000:.0f} ms, acknowledged {len(told.acknowledged)}, "
              f"delivered {len(told.delivered)}, receipts {len(told.receipts)}, refused {told.refused}; "
              f"in the store {len(rows.messages)} messages, {len(rows.owed)} receipts; "
              f"{len(told.settled())} settled", flush=True)
        os.unlink(self.journal(life))
        return told

    def round(self, life):
        # The instant of the kill: nothing is waited for.
        self.live(life, lambda centre, load: time.sleep(self.random.uniform(SHORTEST, LONGEST)))

    def ending(self, life):
        """As a round, but it is asked to go: it answers all that it is asked until its clients let it go."""
        def until_gone(centre, load):
            time.sleep(self.random.uniform(SHORTEST, LONGEST))
            status = centre.stop()
            if status != 0:
                self.complain(f"life {life}", [f"smpp-mc ended with {status}"])
        told = self.live(life, until_gone)
        if told.unanswered():
            self.complain(f"life {life}", ["without an answer, " + some(told.unanswered())])

    def waiting(self):
        """As an operator would look, while it runs."""
        database = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)
        count = database.execute("SELECT count(*) FROM msg").fetchone()[0]
        database.close()
        return count

    def drain(self, life):
        centre = start(self.folder, f"life-{life}", self.store, self.environment)
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

    def conclude(self, kills):
        """Says what was seen; the exit status."""
        ledger = self.ledger
        print(f"{kills} kills: {len(ledger.ids)} messages acknowledged, {ledger.repeated} delivered again and "
              f"{ledger.repeated_receipts} reported again after a kill, {len(self.complaints)} complaints")
        return 1 if self.complaints else 0
