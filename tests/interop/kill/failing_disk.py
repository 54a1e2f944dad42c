#!/usr/bin/env python3
"""smpp-mc on a disk whose writes or syncs fail in the middle of full load: from then on it acknowledges
nothing, keeps its clients and says why, until it is started again on a disk that works. What it had
acknowledged before is there, whether it is killed or stopped.

A library loaded before the C library (tests/support/programs/failing_disk.c) makes the disk fail."""
import os
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from killing import Test, until  # noqa: E402
from centre import BINARY, skip  # noqa: E402

LIBRARY = os.path.join(BINARY, "bin", "tests", "support", "failing-disk.so")
EIO, ENOSPC = 5, 28
RMSGQFUL, RSYSERR = "20", "8"


class FailingDisk:
    def __init__(self, test, control):
        self.test, self.control = test, control

    def fail(self, calls, error):
        with open(self.control + ".new", "w") as control:
            control.write(f"{calls} {error}")
        os.rename(self.control + ".new", self.control)

    def mend(self):
        if os.path.exists(self.control):
            os.unlink(self.control)

    def is_refused(self, status):
        with open(self.test.journal(self.life)) as lines:
            return any(line.startswith("A") and line.endswith(f" {status}\n") for line in lines)

    def fails(self, calls, error, event, status):
        def during(centre, load):
            time.sleep(self.test.random.uniform(0.1, 0.5))  # the instant at which the disk fails
            self.fail(calls, error)
            until(lambda: event in centre.text(), event)
            until(lambda: self.is_refused(status), f"refusal with {status}")
            if not load.is_running():
                raise AssertionError("the clients were not kept")
        return during

    def run(self, life, *trouble):
        self.life = life
        self.test.live(life, self.fails(*trouble))
        self.mend()


def environment(folder, control):
    preload = [LIBRARY]
    if os.environ.get("LD_PRELOAD"):
        preload.append(os.environ["LD_PRELOAD"])
    return {"LD_PRELOAD": ":".join(preload), "FAILING_DISK_FOLDER": folder, "FAILING_DISK_CONTROL": control,
            # Its runtime wants to be the first library that is loaded.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def main():
    if not os.path.exists(LIBRARY):
        skip("failing-disk.so is not built")
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sb-failing-", dir=os.environ.get("SB_DISK")) as folder, \
            tempfile.TemporaryDirectory(prefix="sb-failing-disk-") as disk:
        control = os.path.join(folder, "control")
        test = Test(folder, seed, store=os.path.join(disk, "mc.db"), environment=environment(disk, control))
        failing = FailingDisk(test, control)
        failing.run(1, "sync", EIO, "store.read_only", RSYSERR)
        failing.run(2, "write", EIO, "store.read_only", RSYSERR)
        failing.run(3, "write", ENOSPC, "store.no_space", RMSGQFUL)
        failing.run(4, "all", EIO, "store.read_only", RSYSERR)
        test.drain(5)
    return test.conclude(4)


if __name__ == "__main__":
    sys.exit(main())
