#!/usr/bin/env python3
"""The Erlang clients at our server: erps-peer, which serves what erps_service.erl does, plain and behind
mutual TLS. Exit code 77: there is no Erlang."""
import os
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from erlang import BINARY, Program, certificates, compiled, scenarios  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as folder:
        modules = compiled(folder)
        certificates(folder)
        server = Program([os.path.join(BINARY, "bin", "tests", "interop", "erps-peer"), folder], folder)
        places = [f"tcp:{server.port('plain')}", f"tls:{server.port('tls')}:{folder}:client"]
        is_well = scenarios(modules, "service", *places)
        ended = server.end(signal.SIGTERM)
        if not is_well or ended:
            print(server.text()[-6000:])
            sys.exit(f"scenarios: {is_well}; erps-peer ended with {ended}")


if __name__ == "__main__":
    main()
