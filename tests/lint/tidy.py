#!/usr/bin/env python3
"""tidy.py BUILD: clang-tidy on every source of the house (not of its tests), a process a core.

A source that was clean is not looked at again until something changes that clang-tidy would see:
the preprocessed source with its comments, the checks, the compiler's flags."""
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("core", "protocols", "daemons", "examples")
# How far the analyzer follows a function's paths: as far as it goes by itself costs three times as much.
DEPTH = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=40000")]


def commands(build):
	with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
		for entry in json.load(file):
			if os.path.relpath(entry["file"], ROOT).split(os.sep)[0] in FOLDERS:
				yield entry


def seen_by_clang(entry):
	"""The octets that decide what clang-tidy says on a source."""
	arguments = shlex.split(entry["command"])
	flags = [a for a in arguments[1:] if a.startswith(("-D", "-I", "-std", "-W", "-f", "-isystem"))]
	source = subprocess.run(["clang", *flags, "-E", "-CC", entry["file"]], cwd=entry["directory"],
		stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
	return " ".join(flags).encode() + source


def stamp_of(build, entry, checks):
	digest = hashlib.sha256(checks + entry["file"].encode() + seen_by_clang(entry)).hexdigest()
	return os.path.join(build, "tidy", digest)


def examine(build, entry, checks):
	"""The complaint on one source; empty when it is clean."""
	stamp = stamp_of(build, entry, checks)
	if os.path.exists(stamp):
		return ""
	done = subprocess.run(["clang-tidy", "--quiet", "-p", build, *DEPTH, entry["file"]],
		stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
	if done.returncode == 0 and not done.stdout.strip():
		with open(stamp, "w", encoding="utf-8"):
			return ""
	return done.stdout or done.stderr


def main(build):
	os.makedirs(os.path.join(build, "tidy"), exist_ok=True)
	version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
	with open(os.path.join(ROOT, ".clang-tidy"), "rb") as file:
		checks = version + file.read() + "".join(DEPTH).encode()
	entries = list(commands(build))
	with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
		complaints = [c for c in pool.map(lambda e: examine(build, e, checks), entries) if c]
	print("".join(complaints), end="")
	print(f"clang-tidy: {len(entries)} sources, {len(complaints)} with complaints")
	return 1 if complaints or not entries else 0


sys.exit(main(sys.argv[1]))
