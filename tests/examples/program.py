"""A program of ours under test: it listens on port 0, says where, and is stopped by SIGTERM."""
import os
import re
import signal
import socket
import subprocess
import threading

PATIENCE = 60 # seconds, for what should take none


class Program:
	"""`with Program("sb-echo") as program:` runs it; leaving stops it and looks at how it ended.
	The first argument, if any, is the option that takes the address."""

	def __init__(self, name, *arguments):
		path = os.path.join(os.environ["SB_BINARY_DIR"], "bin", name)
		self.log = []
		self.is_terminated = False
		self.process = subprocess.Popen([path, *arguments[:1], "127.0.0.1:0", *arguments[1:]], stderr=subprocess.PIPE, text=True)
		self.port = self.wait_for_port()
		self.reader = threading.Thread(target=self.read_log)
		self.reader.start()

	def wait_for_port(self):
		for line in self.process.stderr:
			self.log.append(line)
			match = re.search(r"listening name=\S+ address=127\.0\.0\.1:(\d+)", line)
			if match:
				return int(match[1])
		raise AssertionError("it never listened: " + "".join(self.log))

	def read_log(self):
		self.log.extend(self.process.stderr)

	def connect(self):
		return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

	def terminate(self):
		"""Once: a second one cuts."""
		if not self.is_terminated:
			self.is_terminated = True
			self.process.send_signal(signal.SIGTERM)

	def __enter__(self):
		return self

	def __exit__(self, kind, value, trace):
		if kind:
			self.process.kill()
		else:
			self.terminate()
		status = self.process.wait(PATIENCE)
		self.reader.join(PATIENCE)
		if kind:
			print("".join(self.log))
			return
		assert status == 0, f"it ended with {status}: " + "".join(self.log)
		assert any("node.stopped" in line for line in self.log), "".join(self.log)


def read_exactly(connection, size):
	octets = b""
	while len(octets) < size:
		more = connection.recv(size - len(octets))
		assert more, f"the end after {octets!r}"
		octets += more
	return octets
