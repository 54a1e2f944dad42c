#!/usr/bin/env python3
"""The Erlang clients at erpsd with its shipped configuration, plain and behind mutual TLS. Exit code 77:
there is no Erlang."""
import os
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from erlang import BINARY, SOURCE, Program, certificates, compiled, scenarios  # noqa: E402


def configuration(folder):
    """The shipped one, and a listener for mutual TLS beside its own."""
    with open(os.path.join(SOURCE, "daemons", "erpsd", "erpsd.conf")) as shipped:
        text = shipped.read()
    path = os.path.join(folder, "erpsd.conf")
    with open(path, "w") as out:
        out.write(text + f"""
listener "tls" {{
	address = "127.0.0.1:0"
	handshake_timeout = 60s
	tls {{
		certificate = "{folder}/server.pem"
		key = "{folder}/server.key"
		ca = "{folder}/ca.pem"
		verify = "required"
	}}
}}
""")
    return path


def main():
    with tempfile.TemporaryDirectory() as folder:
        modules = compiled(folder)
        certificates(folder)
        server = Program([os.path.join(BINARY, "bin", "erpsd"), "-c", configuration(folder), "--set",
                          "listener.erps.address=127.0.0.1:0", "--set", "store.path=mem:"], folder)
        is_well = scenarios(modules, "erpsd", f"tcp:{server.port('erps')}", f"tls:{server.port('tls')}:{folder}:client")
        ended = server.end(signal.SIGTERM)
        if not is_well or ended:
            print(server.text()[-6000:])
            sys.exit(f"scenarios: {is_well}; erpsd ended with {ended}")


if __name__ == "__main__":
    main()
