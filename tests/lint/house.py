"""What the lint checks share: where the house stands, and its sources."""
import os
import sys

AREAS = ("core", "protocols", "daemons", "examples")


def root_of(arguments):
	"""The tree to check: the first argument, or the one this file stands in."""
	if len(arguments) > 1:
		return os.path.abspath(arguments[1])
	return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def sources(root, areas=AREAS):
	"""Every .c and .h of the areas, by path from the root."""
	for area in areas:
		for folder, names, files in os.walk(os.path.join(root, area)):
			names[:] = sorted(n for n in names if n not in ("build", "node_modules"))
			for name in sorted(files):
				if name.endswith((".c", ".h")):
					yield os.path.relpath(os.path.join(folder, name), root)


def text_of(root, path):
	with open(os.path.join(root, path), encoding="utf-8") as file:
		return file.read()


def conclude(complaints, what):
	for complaint in complaints:
		print(complaint)
	print(f"{what}: {len(complaints)} complaints")
	sys.exit(1 if complaints else 0)
