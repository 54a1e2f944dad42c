#!/usr/bin/env python3
"""smpp-mc on a disk that is full: it says so, refuses what it cannot keep, keeps its clients, goes on by
itself when there is space again, and loses nothing that it acknowledged, killed in the middle of it or not.

The disk is a small tmpfs, which the test mounts, fills by the load itself, and makes larger. Skipped
where nothing may be mounted."""
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from killing import Test, until  # noqa: E402
from centre import skip  # noqa: E402

SMALL, LARGE = "8m", "512m"
MOST_SAID = 20
RMSGQFUL = "20"  # 0x14


@contextlib.contextmanager
def small_disk(folder):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder],
                          capture_output=True, text=True)
    if done.returncode:
        skip("no tmpfs can be mounted here: " + " ".join(done.stderr.split()))
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def resize(folder, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)


def is_refused(journal):
    """Whether a message was answered that the queue is full: the journal is written in large pieces."""
    with open(journal) as lines:
        return any(line.startswith("A") and line.endswith(f" {RMSGQFUL}\n") for line in lines)


class FullDisk:
    def __init__(self, test, disk):
        self.test, self.disk = test, disk

    def until_full(self, centre, load):
        until(lambda: "store.no_space" in centre.text(), "want of space in the log")
        # Refusals come back as fast as they are asked for: a journal's buffer is soon full of them.
        until(lambda: is_refused(self.test.journal(self.life)), "refusal")
        if not load.is_running():
            raise AssertionError("the clients were not kept")

    def killed_when_full(self, centre, load):
        self.until_full(centre, load)

    def goes_on(self, centre, load):
        self.until_full(centre, load)
        resize(self.disk, LARGE)
        until(lambda: "store.space_again" in centre.text(), "space again")
        until(lambda: "mc.store_works" in centre.text(), "word that the centre works again")
        if not load.is_running():
            raise AssertionError("the clients were not kept")
        # At the brink small commits succeed between larger ones: then it begins again, and is said again.
        begun, ended = (centre.text().count(event) for event in ("store.no_space", "store.space_again"))
        if begun > MOST_SAID or ended != begun:
            raise AssertionError(f"the trouble was said {begun} times, its end {ended} times")
        time.sleep(self.test.random.uniform(0.2, 0.6))  # then it is killed in good health

    def run(self, life, during):
        self.life = life
        resize(self.disk, SMALL)
        self.test.live(life, during)
        resize(self.disk, LARGE)


def main():
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sb-full-disk-") as folder, \
            tempfile.TemporaryDirectory(prefix="sb-small-") as mountpoint, small_disk(mountpoint) as disk:
        test = Test(folder, seed, store=os.path.join(disk, "mc.db"))
        full = FullDisk(test, disk)
        full.run(1, full.killed_when_full)
        test.drain(2)
        full.run(3, full.goes_on)
        test.drain(4)
    return test.conclude(2)


if __name__ == "__main__":
    sys.exit(main())
