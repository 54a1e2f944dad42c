#!/usr/bin/env python3
"""smpp-mc against Perl's Net::SMPP: runs scenarios.pl at a centre that pings after a second of silence. Exit code
77: Net::SMPP is not installed."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from centre import SOURCE, Centre, skip  # noqa: E402

OURS = """
account "slow" {
	password = "secret3"
	throughput = 5
}
route "77" {
	refuse = "ESME_RINVDSTADR"
}
"""
SETTINGS = ["listener.smpp.address=127.0.0.1:0", "smpp.enquire_link_interval=1s",
            "smpp.enquire_link_timeout=3s"]


def configuration(folder):
    with open(os.path.join(SOURCE, "daemons", "smpp-mc", "smpp-mc.conf")) as shipped:
        text = shipped.read() + OURS
    path = os.path.join(folder, "smpp-mc.conf")
    with open(path, "w") as out:
        out.write(text)
    return path


def main():
    if subprocess.run(["perl", "-MNet::SMPP", "-e1"], capture_output=True).returncode:
        skip("perl with Net::SMPP is not installed")
    with tempfile.TemporaryDirectory() as folder:
        centre = Centre(folder, configuration(folder), SETTINGS)
        done = subprocess.run(["perl", os.path.join(HERE, "scenarios.pl"), str(centre.port("smpp"))],
                              timeout=150)
        ended = centre.stop()
        if done.returncode or ended != 0:
            print(centre.text()[-4000:])
            sys.exit(f"scenarios ended with {done.returncode}, smpp-mc with {ended}")


if __name__ == "__main__":
    main()
