"""What the tests with Erlang peers share: the modules compiled, certificates, a run of scenarios."""
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from centre import BINARY, skip  # noqa: E402


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
    return ["erl", "-noshell", "+S", "1", "-pa", modules, "-run", "erps_scenarios", "main", *words]


def scenarios(modules, *words, seconds=50):
    """Runs them to their end; returns whether all went well."""
    return subprocess.run(command(modules, *words), timeout=seconds, stdin=subprocess.DEVNULL).returncode == 0
