#!/usr/bin/env python3
"""smpp-mc against npm's smpp client, with tshark as the judge of every PDU.

Starts smpp-mc with its shipped configuration on ports of the kernel's choosing, plain and TLS, runs
scenarios.js against it under a capture, and has the capture decoded: a PDU that is malformed, or
that the dissector does not know, fails the test. Exit code 77: a download or a tool is missing."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from centre import DEADLINE, SOURCE, Centre, certificate, skip  # noqa: E402


def modules():
    """The folder that holds node_modules, installed once for all builds of this tree."""
    folder = os.path.join(SOURCE, "build", "interop", "npm_smpp")
    if os.path.isdir(os.path.join(folder, "node_modules", "smpp")):
        return folder
    if not shutil.which("npm"):
        skip("no npm")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.join(HERE, "package.json"), folder)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder,
                          capture_output=True, text=True, timeout=170)
    if done.returncode:
        skip("npm install smpp failed: " + " ".join(done.stderr.split())[:200])
    return folder


def configuration(folder, key, cert):
    """The shipped configuration, and a TLS listener beside its own."""
    with open(os.path.join(SOURCE, "daemons", "smpp-mc", "smpp-mc.conf")) as shipped:
        text = shipped.read()
    path = os.path.join(folder, "smpp-mc.conf")
    with open(path, "w") as out:
        out.write(text)
        out.write(f'\nlistener "tls" {{\n\taddress = "127.0.0.1:0"\n'
                  f'\ttls {{\n\t\tcertificate = "{cert}"\n\t\tkey = "{key}"\n\t}}\n}}\n')
    return path


class Capture:
    """dumpcap on the loopback device; without the right to capture there is none, and that is said."""

    def __init__(self, folder, port):
        self.port = port
        self.path = os.path.join(folder, "smpp.pcapng")
        self.process = None
        if not shutil.which("tshark") or not shutil.which("dumpcap"):
            self.reason = "no tshark"
            return
        self.process = subprocess.Popen(
            ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", self.path],
            stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        while line and "File:" not in line:
            line = self.process.stderr.readline()
        if not line:
            self.process.wait()
            self.process = None
            self.reason = "no right to capture on lo"

    def settled(self):
        """Waits until what was sent is in the file: it has stopped growing for a moment."""
        size, still = -1, 0
        deadline = time.monotonic() + 10
        while still < 3 and time.monotonic() < deadline:
            now = os.path.getsize(self.path)
            still = still + 1 if now == size else 0
            size = now
            time.sleep(0.1)

    def judge(self, expected):
        if not self.process:
            skip(self.reason)
        self.settled()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(DEADLINE)
        base = ["tshark", "-r", self.path, "-d", f"tcp.port=={self.port},smpp"]
        bad = subprocess.run(base + ["-Y", "_ws.malformed || _ws.expert.severity == \"Error\""],
                             capture_output=True, text=True)
        if bad.stdout.strip():
            sys.exit(f"tshark calls these malformed:\n{bad.stdout}")
        seen = subprocess.run(base + ["-Y", "smpp", "-T", "fields", "-e", "smpp.command_id"],
                              capture_output=True, text=True)
        commands = [int(c, 16) if c.startswith("0x") else int(c)
                    for line in seen.stdout.split() for c in line.split(",")]
        missing = {name for name, c in expected.items() if c not in commands}
        if missing:
            sys.exit(f"not in the capture of {len(commands)} PDUs: {sorted(missing)}")
        print(f"tshark decoded {len(commands)} PDUs, none malformed")


COMMANDS = {"bind_transceiver": 0x9, "bind_transceiver_resp": 0x80000009, "submit_sm": 0x4,
            "submit_sm_resp": 0x80000004, "deliver_sm": 0x5, "deliver_sm_resp": 0x80000005,
            "query_sm": 0x3, "query_sm_resp": 0x80000003, "cancel_sm_resp": 0x80000008,
            "replace_sm_resp": 0x80000007, "submit_multi_resp": 0x80000021,
            "data_sm_resp": 0x80000103, "enquire_link_resp": 0x80000015, "unbind": 0x6,
            "unbind_resp": 0x80000006, "generic_nack": 0x80000000}


def main():
    node_modules = modules()
    with tempfile.TemporaryDirectory() as folder:
        key, cert = certificate(folder)
        server = Centre(folder, configuration(folder, key, cert),
                        ["listener.smpp.address=127.0.0.1:0"])
        port, tls_port = server.port("smpp"), server.port("tls")
        capture = Capture(folder, port)
        environment = dict(os.environ, NODE_PATH=os.path.join(node_modules, "node_modules"))
        done = subprocess.run(["node", os.path.join(HERE, "scenarios.js"), str(port), str(tls_port)],
                              env=environment, timeout=170)
        ended = server.stop()
        if done.returncode:
            print(server.text()[-4000:])
            sys.exit(f"scenarios failed with {done.returncode}")
        if ended != 0:
            print(server.text()[-4000:])
            sys.exit(f"smpp-mc ended with {ended}")
        capture.judge(COMMANDS)


if __name__ == "__main__":
    main()
