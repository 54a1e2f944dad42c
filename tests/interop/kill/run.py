#!/usr/bin/env python3
"""Kills smpp-mc at random instants under full load, and holds it to what it had acknowledged.

Each round starts it on the same store, binds 20 sessions of smpp-load that submit, receive and get
receipts as fast as they can, kills it with SIGKILL, and compares the journal with the rows in the
store (ledger.py). Then it is ended by SIGTERM, and answers all that it was asked. At the end all that is
owed is delivered. By hand:

    SB_BINARY_DIR=build/release tests/interop/kill/run.py --rounds 100 [--seed N]
"""
import argparse
import os
import random
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from killing import Test  # noqa: E402


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
        test.ending(options.rounds + 1)
        test.drain(options.rounds + 2)
    return test.conclude(options.rounds)


if __name__ == "__main__":
    sys.exit(main())
