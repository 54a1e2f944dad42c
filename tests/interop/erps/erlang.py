"""What the tests with Erlang peers share: the modules compiled, certificates, a run of scenarios."""
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from centre import BINARY, DEADLINE, SOURCE, skip, until  # noqa: E402


def compiled(folder):
    """The folder, with the modules of this one in it; without Erlang the test is skipped."""
    for tool in ("erl", "erlc"):
        if not shutil.which(tool):
            skip(f"no {tool}")
    probe = subprocess.run(["erl", "-noshell", "-eval", "halt(case code:lib_dir(ssl) of {error, _} -> 1; _ -> 0 end)."])
    if probe.returncode:
        skip("Erlang without its ssl")
    subprocess.run(["erlc", "-Wall", "-Werror", "-o", folder, *glob.glob(os.path.join(HERE, "*.erl"))], check=True)
    return folder


def certificates(folder):
    """tests/support/certificates.h says which."""
    subprocess.run([os.path.join(BINARY, "bin", "tests", "support", "make-certificates"), folder], check=True)
    return folder


def command(modules, *words):
    """An Erlang of one scheduler: its peers are one of many programs of the test."""
    return ["erl", "-noshell", "+S", "1", "-kernel", "logger_level", "error", "-pa", modules, "-run", "erps_scenarios", "main", *words]


def scenarios(modules, *words, seconds=150):
    """Runs them to their end; returns whether all went well."""
    return subprocess.run(command(modules, *words), timeout=seconds, stdin=subprocess.DEVNULL).returncode == 0


class Program:
    """A program of ours with its log in a file."""

    def __init__(self, words, folder):
        self.log = os.path.join(folder, os.path.basename(words[0]) + ".log")
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(words, stderr=log, stdout=subprocess.DEVNULL)

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def port(self, listener):
        def look():
            found = re.search(rf"listening name={listener} address=\S*:(\d+)", self.text())
            if not found and self.process.poll() is not None:
                sys.exit(f"it ended with {self.process.returncode}:\n{self.text()}")
            return found and int(found[1])
        return until(look, f"listener {listener}")

    def end(self, number):
        """Its exit status after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(DEADLINE)
