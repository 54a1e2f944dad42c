#!/usr/bin/env python3
"""The Erlang peers with each other: those that behave as Erps 0.7.0 does must do so in what it does badly,
too. Exit code 77: there is no Erlang."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from erlang import certificates, compiled, scenarios  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as folder:
        if not scenarios(compiled(folder), "peers", certificates(folder)):
            sys.exit("not all went as it should")


if __name__ == "__main__":
    main()
