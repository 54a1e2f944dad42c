#!/usr/bin/env python3
"""Our client at the Erlang servers, plain and over mutual TLS: erps-caller, which finds the server again when
it was killed and started on the same port, and erps, the command line client. Exit code 77: there is no
Erlang."""
import os
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from erlang import BINARY, DEADLINE, certificates, command, compiled, until  # noqa: E402

TERMS = ["[1, 256, -1, 3.5, \"bin\", nil, %{a: 1}, {}, 123456789012345678901234567890]",
         "%{:a => [b: 1.0e-300], \"text\" => {2, ~c\"list\"}}", ":ok", "\"\""]


class Said:
    """A process, and the lines it says on standard output; its log is a file."""

    def __init__(self, words, log=None):
        self.lines = []
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                        text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def wait_for(self, line, count=1):
        def look():
            if self.process.poll() is not None and self.lines.count(line) < count:
                raise AssertionError(f"it ended, and said {self.lines}")
            return self.lines.count(line) >= count
        until(look, f"{count} x {line!r}")

    def end(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stdin.close()
        self.process.stdout.close()
        return status


class Server(Said):
    """One of erps_scenarios' servers; a port of 0 is any."""

    def __init__(self, modules, kind, folder, port=0):
        place = f"tls:{port}:{folder}:server" if folder else f"tcp:{port}"
        super().__init__(command(modules, "serve", kind, place, "capsrv"))
        until(lambda: any(line.startswith("listening") for line in self.lines), "server")
        self.port = int(self.lines[0].split()[1])


def call(port, term, folder):
    """Through the command line client."""
    tls = ["--ca", os.path.join(folder, "ca.pem"), "--cert", os.path.join(folder, "client.pem"),
           "--key", os.path.join(folder, "client.key")] if folder else []
    done = subprocess.run([os.path.join(BINARY, "bin", "erps"), "call", f"127.0.0.1:{port}", term, "--identifier",
                           "capsrv", "--version", "0.2.4", "--timeout", "30s", *tls], stdout=subprocess.PIPE, text=True, timeout=DEADLINE)
    assert done.returncode == 0, (term, done)
    return done.stdout.strip()


def command_line(port, folder):
    assert call(port, ":ping", folder) == ":pong"
    for term in TERMS:
        said = call(port, "{:echo, " + term + "}", folder)
        assert call(port, "{:echo, " + said + "}", folder) == said, (term, said)


def session(modules, kind, calls, folder):
    server = Server(modules, kind, folder)
    caller, log = None, tempfile.TemporaryFile("w+")
    try:
        if calls > 0:
            command_line(server.port, folder)
        caller = Said([os.path.join(BINARY, "bin", "tests", "interop", "erps-caller"), str(calls), str(server.port),
                       *([folder] if folder else [])], log)
        caller.wait_for("one after the other")
        caller.wait_for(f"answered {abs(calls)} wrong 0")
        server.end(signal.SIGKILL)
        server = Server(modules, kind, folder, server.port)
        caller.wait_for(f"answered {abs(calls)} wrong 0", 2)
        assert caller.end(signal.SIGTERM) == 0, caller.lines
        print(f"{kind}, {'tls' if folder else 'tcp'}: ok", flush=True)
    except AssertionError:
        log.seek(0)
        print(log.read()[-4000:])
        raise
    finally:
        log.close()
        server.end(signal.SIGKILL)
        if caller:
            caller.end(signal.SIGKILL)


def main():
    with tempfile.TemporaryDirectory() as folder:
        modules = compiled(folder)
        certificates(folder)
        with ThreadPoolExecutor(2) as several:
            runs = [several.submit(session, modules, "stream", calls, where)
                    for where in (None, folder) for calls in (100, -1000)]
        for run in runs:
            run.result()
        # This one wants its packets apart: nothing of ours may keep it from reading them.
        for where in (None, folder):
            session(modules, "chunk", 100, where)


if __name__ == "__main__":
    main()
