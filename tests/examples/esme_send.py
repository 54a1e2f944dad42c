#!/usr/bin/env python3
"""sb-esme-send against smpp-mc: short and long texts, plain and TLS, refusals, and who does not answer."""
import os
import re
import signal
import socket
import subprocess
import tempfile

BINARY = os.environ["SB_BINARY_DIR"]
SOURCE = os.environ["SB_SOURCE_DIR"]
PATIENCE = 60


def make_certificates(folder):
	subprocess.run([os.path.join(BINARY, "bin", "tests", "support", "make-certificates"), folder], check=True)


class Centre:
	"""smpp-mc with its shipped file, in memory, a TLS listener beside the plain one."""

	def __init__(self, folder):
		path = os.path.join(folder, "smpp-mc.conf")
		with open(os.path.join(SOURCE, "daemons", "smpp-mc", "smpp-mc.conf")) as shipped, open(path, "w") as out:
			out.write(shipped.read())
			out.write('listener "tls" {\n\taddress = "127.0.0.1:0"\n\ttls {\n'
			          f'\t\tcertificate = "{folder}/server.pem"\n\t\tkey = "{folder}/server.key"\n\t}}\n}}\n')
		self.process = subprocess.Popen(
			[os.path.join(BINARY, "bin", "smpp-mc"), "-c", path, "--set", "listener.smpp.address=127.0.0.1:0",
			 *self.memory(path)], stderr=subprocess.PIPE, text=True, cwd=folder)
		self.ports = {}
		for line in self.process.stderr:
			found = re.search(r"listening name=(\S+) address=127\.0\.0\.1:(\d+)", line)
			if found:
				self.ports[found[1]] = found[2]
			if len(self.ports) == 2:
				return
		raise AssertionError("smpp-mc does not listen")

	def memory(self, path):
		return ["--set", "store.path=mem:"] if "store" in open(path).read() else []

	def stop(self):
		self.process.send_signal(signal.SIGTERM)
		self.process.stderr.read()
		assert self.process.wait(PATIENCE) == 0


def send(address, number, text, *options):
	done = subprocess.run([os.path.join(BINARY, "bin", "sb-esme-send"), "--system-id", "alice", *options,
	                       address, number, text], stdout=subprocess.PIPE, text=True, timeout=PATIENCE,
	                      env=dict(os.environ, SMPP_PASSWORD="secret1"))
	return done.returncode, done.stdout


def expect(outcome, text, *what):
	status, said = what
	assert status == outcome and re.search(text, said), f"{status}: {said}"


def main():
	with tempfile.TemporaryDirectory() as folder:
		make_certificates(folder)
		centre = Centre(folder)
		plain, tls = f"127.0.0.1:{centre.ports['smpp']}", f"localhost:{centre.ports['tls']}"
		expect(0, r"part 1: accepted as \S+\npart 1: DELIVRD\n$", *send(plain, "+491511234567", "Grüße"))
		status, said = send(plain, "491511234567", "Ещё одна, подлиннее. " * 20, "--source", "Sender")
		assert status == 0 and said.count("DELIVRD") == said.count("accepted") == 7, said
		expect(0, "DELIVRD", *send(tls, "491511234567", "over TLS", "--ca", os.path.join(folder, "ca.pem")))
		expect(0, "DELIVRD", *send(tls, "491511234567", "over TLS", "--tls"))
		expect(3, "bind refused, ESME_R", *send(plain, "491511234567", "x", "--password", "wrong"))
		# Bob is not bound, so that his message waits.
		expect(5, "0 of 1 receipts", *send(plain, "2000", "later", "--wait", "1"))
		expect(2, "^$", *send(plain, "2000", "later", "--nonsense"))
		# The password goes to no port that was not meant.
		for wrong in ("127.0.0.1:", "127.0.0.1:x", "127.0.0.1:2775x", "127.0.0.1:68311", "127.0.0.1:0", "[::1", "[::1]2775"):
			expect(2, "^$", *send(wrong, "2000", "x"))
		centre.stop()
	with socket.create_server(("127.0.0.1", 0)) as closed:
		port = closed.getsockname()[1]
	expect(1, "no connection", *send(f"127.0.0.1:{port}", "2000", "x"))


if __name__ == "__main__":
	main()
