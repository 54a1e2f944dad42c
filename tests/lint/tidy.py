#!/usr/bin/env python3
"""tidy.py BUILD: clang-tidy on every source of the house (not of its tests), a process a core.

A source that was clean is not looked at again until something changes that clang-tidy would see: a
file that the compiler read for it, the checks, its command line."""
import concurrent.futures
import functools
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
# Sources for one process: to start it takes as long as to look at a small source.
BATCH = 12


def commands(build):
	with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
		for entry in json.load(file):
			if os.path.relpath(entry["file"], ROOT).split(os.sep)[0] in FOLDERS:
				yield entry


def object_of(entry):
	arguments = shlex.split(entry["command"])
	return arguments[arguments.index("-o") + 1]


def files_read(build):
	"""What the compiler read for each object."""
	found, files = {}, None
	listing = subprocess.run(["ninja", "-C", build, "-t", "deps"], stdout=subprocess.PIPE, text=True, check=True)
	for line in listing.stdout.splitlines():
		if line.startswith("    "):
			files.append(os.path.join(build, line.strip()))
		elif ": #deps" in line:
			files = found.setdefault(line.split(": #deps")[0], [])
	return found


@functools.lru_cache(maxsize=None)
def digest_of(path):
	try:
		with open(path, "rb") as file:
			return hashlib.sha256(file.read()).digest()
	except OSError:
		return b""


def stamp_of(build, entry, read, checks):
	"""The file that says the source was clean; None when the build knows nothing of it."""
	files = read.get(object_of(entry))
	if not files:
		return None
	seen = checks + entry["command"].encode() + b"".join(map(digest_of, files))
	return os.path.join(build, "tidy", hashlib.sha256(seen).hexdigest())


def complaint_on(build, sources):
	done = subprocess.run(["clang-tidy", "--quiet", "-p", build, *DEPTH, *sources],
		stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
	if done.returncode == 0 and not done.stdout.strip():
		return ""
	return done.stdout or done.stderr


def examine(build, batch):
	"""The complaints on some sources, (source, stamp) each. Clean ones get their stamps."""
	complaint = complaint_on(build, [source for source, _ in batch])
	if complaint and len(batch) > 1:
		return [found for one in batch for found in examine(build, [one])]
	if complaint:
		return [complaint]
	for stamp in filter(None, (stamp for _, stamp in batch)):
		with open(stamp, "w", encoding="utf-8"):
			pass
	return []


def batches(pending):
	"""The largest sources begin, and each process gets some of all sizes, so that they end together."""
	pending = sorted(pending, key=lambda one: -os.path.getsize(one[0]))
	count = -(-len(pending) // BATCH)
	return [pending[first::count] for first in range(count)]


def main(build):
	os.makedirs(os.path.join(build, "tidy"), exist_ok=True)
	version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
	with open(os.path.join(ROOT, ".clang-tidy"), "rb") as file:
		checks = version + file.read() + "".join(DEPTH).encode()
	entries, read = list(commands(build)), files_read(build)
	stamped = [(entry["file"], stamp_of(build, entry, read, checks)) for entry in entries]
	pending = [(source, stamp) for source, stamp in stamped if not (stamp and os.path.exists(stamp))]
	with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
		complaints = [c for found in pool.map(lambda b: examine(build, b), batches(pending)) for c in found]
	print("".join(complaints), end="")
	print(f"clang-tidy: {len(entries)} sources, {len(complaints)} with complaints")
	return 1 if complaints or not entries else 0


sys.exit(main(os.path.abspath(sys.argv[1])))
