"""What the tests with real peers share: smpp-mc as a child, ports that are free, deadlines, skipping."""
import os
import re
import signal
import socket
import subprocess
import sys
import time

SOURCE = os.environ["SB_SOURCE_DIR"]
BINARY = os.environ["SB_BINARY_DIR"]
DEADLINE = 60


def skip(reason):
    """Ends the test: a tool is missing. Where everything must be there, that is a failure."""
    print(f"skipped: {reason}")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


def until(question, what, seconds=DEADLINE):
    """The first true answer, or the end of the test."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"no {what} in {seconds} s")


def free_ports(count):
    """Ports that nobody has, for programs that cannot take one of the kernel's choosing."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def certificate(folder):
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


class Centre:
    """A running smpp-mc. `settings` are pairs of --set; its log is at `self.log`."""

    def __init__(self, folder, config, settings=(), name="smpp-mc", environment=None):
        self.log = os.path.join(folder, f"{name}.log")
        # Tests that do not speak of a store have none that outlives them.
        if not any(setting.startswith("store.path=") for setting in settings):
            settings = [*settings, "store.path=mem:"]
        command = [os.path.join(BINARY, "bin", "smpp-mc"), "-c", config]
        for setting in settings:
            command += ["--set", setting]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL,
                                            env={**os.environ, **(environment or {})})

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def port(self, listener):
        def look():
            found = re.search(rf"listening name={listener} address=\S*:(\d+)", self.text())
            if not found and self.process.poll() is not None:
                sys.exit(f"smpp-mc ended with {self.process.returncode}:\n{self.text()}")
            return found and int(found[1])
        return until(look, f"listener {listener}")

    def resident(self):
        """Its memory, in octets."""
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def stop(self):
        """Its exit code, or what it was if it did not drain."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed: it did not drain"
