"""Servers and loads as processes, and what is read of them: CPU time, memory, instructions.

A server is pinned to one core and a load to another. A load stays connected between its runs and
answers every operation it has sent before it reports, so that the CPU time a server has used
between two readings belongs to the operations reported, and to nothing else.
"""
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import threading
import time

SOURCE = os.environ.get("SB_SOURCE_DIR") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("SB_BINARY_DIR") or os.path.join(SOURCE, "build", "release")

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]

LISTENING = re.compile(r"listening .*address=(\S+:\d+)")
CPUCLOCK_SCHED = 2


class Failed(Exception):
    """A program did not do what a measurement needs."""


def program(name):
    return os.path.join(BINARY, "bin", name)


def is_built(name):
    return os.access(program(name), os.X_OK)


def pinned(*cores):
    return lambda: os.sched_setaffinity(0, cores)


class Server:
    """A program that says `listening ... address=IP:PORT` on standard error."""

    def __init__(self, command, start_seconds=10, cores=(SERVER_CORE,)):
        self.said = []
        self.address = None
        self._listening = threading.Event()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace", preexec_fn=pinned(*cores))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._listening.wait(start_seconds) or not self.address:
            self.stop()
            raise Failed(f"{command[0]} does not listen:\n" + "".join(self.said[-10:]))

    @property
    def pid(self):
        return self._process.pid

    def _read(self):
        for line in self._process.stderr:
            self.said = self.said[-100:] + [line]
            found = LISTENING.search(line)
            if found and not self.address:
                self.address = found[1]
                self._listening.set()
        self._listening.set()

    def cpu_seconds(self):
        """User and system time of all threads, ended ones too: what getrusage(RUSAGE_SELF) would
        say inside, in nanoseconds and without asking the process."""
        return time.clock_gettime((~self._process.pid << 3) | CPUCLOCK_SCHED)

    def memory_bytes(self):
        with open(f"/proc/{self._process.pid}/status") as status:
            return int(re.search(r"RssAnon:\s+(\d+) kB", status.read())[1]) * 1024

    def stop(self):
        """Ends the server politely; returns its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join(5)
        self._process.stderr.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Load:
    """A load program under --control: connected from its construction until stop()."""

    def __init__(self, command, ready_seconds=120, core=LOAD_CORE):
        self._process = subprocess.Popen(
            command + ["--control"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=pinned(core))
        try:
            self._answer(ready_seconds)
        except Failed:
            self.stop()
            raise

    def _answer(self, seconds):
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline() if readable else ""
        if not line:
            raise Failed(f"{self._process.args[0]} says nothing")
        return json.loads(line)

    def _order(self, line, seconds):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer(seconds)

    def run(self, seconds):
        return self._order(f"run {seconds}", seconds + 30)

    def count(self, operations):
        return self._order(f"count {operations}", 600)

    def stop(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            status = self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def certificate(folder):
    """A self-signed certificate for 127.0.0.1: (certificate file, key file)."""
    files = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True)
    return files


def program_instructions(command):
    """Instructions of a program from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command],
                       check=True, capture_output=True, timeout=300)
        return callgrind_total(out)


def callgrind_total(path):
    with open(path) as result:
        return int(re.search(r"^(?:summary|totals): (\d+)", result.read(), re.M)[1])


def instructions(server_command, load_command, operations):
    """Instructions of the server for `operations` operations, its start and end included."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        with Server(valgrind + server_command, start_seconds=60) as server:
            with Load(load_command(server.address)) as load:
                done = load.count(operations)["ops"]
        if done != operations:
            raise Failed(f"{done} of {operations} operations under callgrind")
        return callgrind_total(out)


def instructions_per_operation(server_command, load_command, operations):
    """The difference of two runs: what starting, binding and ending cost falls out."""
    few = instructions(server_command, load_command, operations)
    many = instructions(server_command, load_command, 3 * operations)
    return (many - few) / (2 * operations)
