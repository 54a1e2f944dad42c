#!/usr/bin/env python3
"""Our ESME side against npm's smpp as the message centre, plain and over TLS: binds, messages and their
receipts, unbinds; a centre that dies and comes back; sb-esme-send with each way to end.
Exit code 77: a download or a tool is missing."""
import os
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]
from centre import BINARY, DEADLINE, free_ports, skip, until  # noqa: E402
from run import modules  # noqa: E402


class Said:
    """A process, and the lines it has said so far."""

    def __init__(self, command, stream="stdout", **options):
        self.lines = []
        self.process = subprocess.Popen(command, text=True, **{stream: subprocess.PIPE}, **options)
        self.reader = threading.Thread(target=self.read, args=(getattr(self.process, stream),))
        self.reader.start()

    def read(self, pipe):
        for line in pipe:
            self.lines.append(line)

    def count(self, *words):
        return sum(all(word in line for word in words) for line in list(self.lines))

    def wait_for(self, count, *words):
        try:
            until(lambda: self.count(*words) >= count, f"{count} x {words}")
        except AssertionError:
            print("".join(self.lines))
            raise

    def end(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return status


class Server(Said):
    def __init__(self, node_modules, port, *tls):
        super().__init__(["node", os.path.join(HERE, "server.js"), str(port), *tls],
                         env=dict(os.environ, NODE_PATH=os.path.join(node_modules, "node_modules")))
        self.wait_for(1, "listening")


def send(port, text, *options):
    done = subprocess.run(
        [os.path.join(BINARY, "bin", "sb-esme-send"), "--system-id", "alice", "--wait", "10", *options,
         f"localhost:{port}", "+491511234567", text], stdout=subprocess.PIPE, text=True, timeout=DEADLINE,
        env={"SMPP_PASSWORD": "secret1", **os.environ})
    return done.returncode, done.stdout


def session(node_modules, port, tls=(), ca=()):
    server = Server(node_modules, port, *tls)
    esme = Said([os.path.join(BINARY, "bin", "tests", "interop", "npm-esme"), str(port), *ca], "stderr",
                stdout=subprocess.PIPE)
    esme.wait_for(1, "esme.bound", "version=3.4")
    server.wait_for(5, "receipted", " 0")
    server.end(signal.SIGKILL)
    esme.wait_for(1, "esme.lost", "was_bound=true")
    esme.wait_for(1, "connector.failed", "REFUSED")
    server = Server(node_modules, port, *tls)
    esme.wait_for(2, "esme.bound")
    server.wait_for(5, "receipted", " 0")
    assert esme.end(signal.SIGTERM) == 0, esme.lines
    server.wait_for(1, "unbind")
    assert esme.count("smpp.unbound", "by=us") == 1, esme.lines
    ended = esme.process.stdout.read().split()
    assert ended[0] == "drain" and int(ended[2]) >= 10 and int(ended[4]) >= 10, ended
    return server


def one_text(server, port, *tls):
    status, said = send(port, "hello", *tls)
    assert status == 0 and "DELIVRD" in said, (status, said)
    server.wait_for(1, "submit_sm hello\n")
    status, said = send(port, "x" * 400, *tls)
    assert status == 0 and said.count("DELIVRD") == 3, (status, said)
    status, said = send(port, "hello", "--password", "wrong", *tls)
    assert status == 3 and "ESME_RINVPASWD" in said, (status, said)
    server.end(signal.SIGKILL)


def main():
    node_modules = modules()
    plain, secure = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(BINARY, "bin", "tests", "support", "make-certificates"), folder],
                       check=True)
        files = {name: os.path.join(folder, name) for name in ("server.key", "server.pem", "ca.pem")}
        one_text(session(node_modules, plain), plain)
        one_text(session(node_modules, secure, (files["server.key"], files["server.pem"]),
                         (files["ca.pem"],)), secure, "--ca", files["ca.pem"])


if __name__ == "__main__":
    main()
