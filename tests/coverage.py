#!/usr/bin/env python3
"""coverage.py SOURCE BUILD: lines and branches by folder, of the build's run, through gcovr.

Codecs, what turns octets of a peer into structs and back, are asked for 95 % of their lines; the
files of one that has less are shown, and the exit code is 1."""
import json
import os
import subprocess
import sys

AREAS = ("core", "protocols", "daemons")
# A codec: its folder, and the beginnings of the names of files there that are none of it.
CODECS = {"protocols/smpp": ("session",)}
CODEC_LINES = 95.0


def measure(source, build):
	command = ["gcovr", "--root", source, "--object-directory", build, "--json-summary", "-",
		"--gcov-executable", "gcov", "--exclude-unreachable-branches", "-j", str(os.cpu_count())]
	for area in AREAS:
		command += ["--filter", os.path.join(source, area) + "/"]
	done = subprocess.run(command + [build], cwd=source, capture_output=True, check=False)
	if done.returncode:
		sys.exit(done.stderr.decode())
	# A header that an example included by its installed name is there under its own name, too.
	return [file for file in json.loads(done.stdout)["files"]
		if not file["filename"].startswith("build/")]


def sum_of(files):
	keys = ("line_covered", "line_total", "branch_covered", "branch_total")
	return {key: sum(file[key] for file in files) for key in keys}


def codec_files(files, folder):
	for file in files:
		place, name = os.path.split(file["filename"])
		if place == folder and not name.startswith(CODECS[folder]):
			yield file


def percent(part, whole):
	return 100.0 * part / whole if whole else 100.0


def row(name, sums):
	lines = percent(sums["line_covered"], sums["line_total"])
	branches = percent(sums["branch_covered"], sums["branch_total"])
	print(f"{name:32} {lines:6.1f} % of {sums['line_total']:6} {branches:6.1f} % of {sums['branch_total']:6}")
	return lines


def main(source, build):
	files = sorted(measure(source, build), key=lambda file: file["filename"])
	print(f"{'folder':32} {'lines':>18} {'branches':>18}")
	for folder in sorted({os.path.dirname(file["filename"]) for file in files}):
		row(folder, sum_of([f for f in files if os.path.dirname(f["filename"]) == folder]))
	row("all", sum_of(files))
	low = 0
	for folder in CODECS:
		codec = list(codec_files(files, folder))
		if row(f"{folder}: its codec", sum_of(codec)) < CODEC_LINES:
			low = 1
			print(f"under {CODEC_LINES:.0f} % of lines:")
			for file in codec:
				row("  " + os.path.basename(file["filename"]), file)
	return low


sys.exit(main(sys.argv[1], sys.argv[2]))
