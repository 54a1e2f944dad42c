#!/usr/bin/env python3
"""The examples of docs/erps-cli.md, typed into a shell one after the other, against erpsd as it is shipped."""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "daemons", "erpsd"))
from life import Daemon  # noqa: E402

SOURCE, BINARY = os.environ["SB_SOURCE_DIR"], os.environ["SB_BINARY_DIR"]
PATIENCE = 60


def examples():
	"""(command, what it prints), by block of the page."""
	with open(os.path.join(SOURCE, "docs", "erps-cli.md"), encoding="utf-8") as page:
		blocks = re.findall(r"```console\n(.*?)```", page.read(), re.DOTALL)
	for block in blocks:
		yield [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in re.split(r"^\$ ", block, flags=re.M)[1:]]


def script(block, port):
	"""One shell for a block. What runs behind must have registered before the next command pushes to it."""
	lines = []
	for command, _ in block:
		command = command.replace("localhost:4747", f"127.0.0.1:{port}")
		if command.endswith("&"):
			command = command[:-1] + ">heard 2>&1 & until grep -q reply heard 2>/dev/null; do sleep 0.02; done"
		elif command == "wait":
			command = "wait; cat heard"
		lines.append(command)
	return "\n".join(lines)


def main():
	count = 0
	with tempfile.TemporaryDirectory() as folder, Daemon(folder, "store.path=mem:") as daemon:
		for block in examples():
			done = subprocess.run(["sh", "-c", script(block, daemon.port())], cwd=folder, stdout=subprocess.PIPE,
			                      stderr=subprocess.STDOUT, text=True, timeout=PATIENCE,
			                      env=dict(os.environ, PATH=f"{BINARY}/bin:{os.environ['PATH']}"))
			expected = "".join(output for _, output in block)
			assert done.stdout == expected, f"this:\n{done.stdout}and not:\n{expected}"
			count += len(block)
	assert count >= 12, count


if __name__ == "__main__":
	main()
