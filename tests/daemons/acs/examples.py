#!/usr/bin/env python3
"""The examples of docs/acs.md, typed into a shell one after the other, against acs as it is shipped and a
device that comes when it is waited for."""
import os
import re
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
from life import PATIENCE, SOURCE, Cpe, Daemon # noqa: E402


def examples():
	"""(command, what it prints), by block of the page."""
	with open(os.path.join(SOURCE, "docs", "acs.md"), encoding="utf-8") as page:
		blocks = re.findall(r"```console\n(.*?)```", page.read(), re.DOTALL)
	for block in blocks:
		# A command goes on behind a backslash, and inside quotes.
		parts = re.split(r"^\$ ", block, flags=re.M)[1:]
		yield [re.match(r"((?:\\.|[^\n'\\]|'[^']*')*)\n(.*)", part, re.DOTALL).groups() for part in parts]


class Visitor(threading.Thread):
	"""A device that comes again and again."""

	def __init__(self, cpe):
		super().__init__()
		self.cpe, self.is_over = cpe, threading.Event()

	def run(self):
		while not self.is_over.wait(0.1):
			self.cpe.session()


def run(command, folder, port):
	return subprocess.run(["sh", "-c", command.replace("localhost:7557", f"127.0.0.1:{port}")], cwd=folder,
		stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False).stdout


def main():
	count = 0
	with tempfile.TemporaryDirectory() as folder, Daemon(folder, "store.path=mem:") as daemon:
		cpe = Cpe(daemon.port("cwmp"))
		cpe.session(("0 BOOTSTRAP", ""), ("1 BOOT", ""))
		for command, expected in (example for block in examples() for example in block):
			visitor = Visitor(cpe)
			if "wait=" in command:
				visitor.start()
			printed = run(command, folder, daemon.port("api"))
			visitor.is_over.set()
			if visitor.ident:
				visitor.join(PATIENCE)
			assert printed.strip() == expected.strip(), f"{command}\n{printed}and not:\n{expected}"
			count += 1
	assert count >= 12, count


if __name__ == "__main__":
	main()
