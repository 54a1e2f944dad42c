#!/usr/bin/env python3
"""Our terms against Erlang's own: those that Erlang writes, in every way it can, are the same to it after
we took them apart and built them again, and in every other form we know; those that we generate are the
same to us after Erlang read and wrote them. Exit code 77: there is no Erlang."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from centre import BINARY, skip  # noqa: E402

COUNT = "20000"
OURS = os.path.join(BINARY, "bin", "tests", "interop", "term-oracle")
DEADLINE = 170


def erlang(*words):
    subprocess.run(["escript", os.path.join(HERE, "oracle.escript"), *words], check=True, timeout=DEADLINE)


def ours(task, source=None, to=None, words=()):
    with open(source or os.devnull, "rb") as given, open(to or os.devnull, "wb") as out:
        subprocess.run([OURS, task, *words], stdin=given, stdout=out if to else None, check=True,
                       timeout=DEADLINE)


def main():
    if not shutil.which("escript"):
        skip("no escript")
    with tempfile.TemporaryDirectory() as folder:
        names = ("theirs", "rebuilt", "rewritten", "mine", "again", "other")
        theirs, rebuilt, rewritten, mine, again, other = (os.path.join(folder, name) for name in names)
        erlang("make", COUNT, theirs)
        ours("rebuild", theirs, rebuilt)
        erlang("same", theirs, rebuilt)
        ours("rewrite", theirs, rewritten)
        erlang("same", theirs, rewritten)
        ours("generate", to=mine, words=[COUNT])
        erlang("again", mine, again)
        ours("compare", mine, words=[again])
        ours("rewrite", mine, other)
        erlang("same", mine, other)


if __name__ == "__main__":
    main()
