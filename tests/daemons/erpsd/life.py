"""erpsd as a child: started, asked where it listens, ended."""
import os
import re
import signal
import subprocess
import time

SOURCE, BINARY = os.environ["SB_SOURCE_DIR"], os.environ["SB_BINARY_DIR"]
CONFIG = os.path.join(SOURCE, "daemons", "erpsd", "erpsd.conf")
PATIENCE = 60 # seconds, for what should take none


def until(question, what):
	"""The first true answer, or the end of the test."""
	deadline = time.monotonic() + PATIENCE
	while time.monotonic() < deadline:
		answer = question()
		if answer:
			return answer
		time.sleep(0.01)
	raise AssertionError(f"no {what} in {PATIENCE} s")


class Daemon:
	"""`with Daemon(folder, "store.path=mem:") as d:` runs the shipped configuration, or `config`, on a
	free port; leaving stops it and looks at how it ended."""

	def __init__(self, folder, *settings, config=CONFIG, listener="erps", program="erpsd"):
		self.log = os.path.join(folder, f"{time.monotonic_ns()}.log")
		path = program if os.path.isabs(program) else os.path.join(BINARY, "bin", program)
		command = [path, "-c", config]
		for setting in (f"listener.{listener}.address=127.0.0.1:0", *settings):
			command += ["--set", setting]
		with open(self.log, "w") as log:
			self.process = subprocess.Popen(command, stderr=log, cwd=folder)

	def text(self):
		with open(self.log, errors="replace") as log:
			return log.read()

	def port(self, listener="erps"):
		def look():
			found = re.search(rf"listening name={listener} address=\S*:(\d+)", self.text())
			assert found or self.process.poll() is None, self.text()
			return found and int(found[1])
		return until(look, f"listener {listener}")

	def logged(self, pattern):
		until(lambda: re.search(pattern, self.text()), f"line {pattern} in the log")

	def terminate(self):
		self.process.send_signal(signal.SIGTERM)

	def kill(self):
		self.process.kill()
		self.process.wait()

	def __enter__(self):
		return self

	def __exit__(self, kind, value, trace):
		if kind:
			self.kill()
			print(self.text())
		elif self.process.poll() is None:
			self.terminate()
		status = self.process.wait(PATIENCE)
		assert kind or status == 0, f"it ended with {status}: {self.text()}"
