#!/usr/bin/env python3
"""coverage.py SOURCE BUILD: lines and branches by folder, of the build's run, through gcovr.

Codecs are asked for 95 % of their lines; one that has less is named, and the exit code is 1."""
import json
import os
import subprocess
import sys

AREAS = ("core", "protocols", "daemons")
# The codecs: what turns octets of a peer into structs and back.
CODECS = ("protocols/smpp",)
CODEC_LINES = 95.0


def measure(source, build):
	command = ["gcovr", "--root", source, "--object-directory", build, "--json-summary", "-",
		"--gcov-executable", "gcov", "--exclude-unreachable-branches", "-j", str(os.cpu_count())]
	for area in AREAS:
		command += ["--filter", os.path.join(source, area) + "/"]
	done = subprocess.run(command + [build], cwd=source, stdout=subprocess.PIPE, check=True)
	return json.loads(done.stdout)["files"]


def by_folder(files):
	folders = {}
	for file in files:
		for folder in (os.path.dirname(file["filename"]), "all"):
			sums = folders.setdefault(folder, dict.fromkeys(
				("line_covered", "line_total", "branch_covered", "branch_total"), 0))
			for key in sums:
				sums[key] += file[key]
	return folders


def percent(part, whole):
	return 100.0 * part / whole if whole else 100.0


def row(name, sums):
	lines = percent(sums["line_covered"], sums["line_total"])
	branches = percent(sums["branch_covered"], sums["branch_total"])
	print(f"{name:32} {lines:6.1f} % of {sums['line_total']:6} {branches:6.1f} % of {sums['branch_total']:6}")
	return lines


def main(source, build):
	files = measure(source, build)
	folders = by_folder(files)
	print(f"{'folder':32} {'lines':>18} {'branches':>18}")
	for name in sorted(folders, key=lambda n: (n == "all", n)):
		row(name, folders[name])
	low = [name for name in CODECS if name in folders and
		percent(folders[name]["line_covered"], folders[name]["line_total"]) < CODEC_LINES]
	for name in low:
		print(f"{name}: a codec, and under {CODEC_LINES} % of lines. Its files:")
		for file in sorted(f for f in files if os.path.dirname(f["filename"]) == name):
			row(file["filename"], file)
	return 1 if low else 0


sys.exit(main(sys.argv[1], sys.argv[2]))
