#!/usr/bin/env python3
"""The calculator in its two houses: a program of its own, and in erpsd; plain, and over mutual TLS with the
certificates that its script makes. With a folder as argument, what was built and installed elsewhere."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
SOURCE, BINARY = os.environ["SB_SOURCE_DIR"], os.environ["SB_BINARY_DIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "daemons", "erpsd"))
from life import PATIENCE, Daemon # noqa: E402
from peer import Atom, Peer, tls_client # noqa: E402

EXAMPLE = os.path.join(SOURCE, "examples", "calculator")


class Place:
	"""Where the programs are."""

	def __init__(self, arguments):
		self.bin = arguments[0] if arguments else os.path.join(BINARY, "bin")
		self.object = arguments[1] if arguments else os.path.join(BINARY, "lib", "calc.so")
		self.erpsd = arguments[2] if arguments else os.path.join(BINARY, "bin", "erpsd")

	def ask(self, *words):
		done = subprocess.run([os.path.join(self.bin, "sb-calculate"), *map(str, words)],
			capture_output=True, text=True, timeout=PATIENCE)
		return done.returncode, (done.stdout + done.stderr).strip()


class Server(Daemon):
	"""sb-calculator: it has no configuration, and says in its log where it listens."""

	def __init__(self, folder, place, *arguments):
		self.log = os.path.join(folder, "calculator.log")
		with open(self.log, "w") as log:
			self.process = subprocess.Popen([os.path.join(place.bin, "sb-calculator"), "-p", "0",
				*arguments], stderr=log)

	def port(self, listener=r"\S+"):
		return super().port(listener)


def calculates(ask):
	assert ask("add", 40, 2) == (0, "42")
	assert ask("sub", -1, 9223372036854775807) == (0, "-9223372036854775808")
	assert ask("mul", 1 << 40, 1 << 40) == (1, "sb-calculate: refused: overflow")
	assert ask("div", 7, 0) == (1, "sb-calculate: refused: division by zero")
	assert ask("pow", 2, 2)[0] == 1


def remembers(port, tls=None):
	a, b = Peer(port, tls), Peer(port, tls)
	assert a.call((Atom("sum"), [1, 2, 300])) == 303 and a.call((Atom("sum"), [])) == 0
	assert a.call((Atom("add"), 1, 1)) == 2
	assert b.call((Atom("mul"), 3, 3)) == 9
	assert (a.call(Atom("last")), b.call(Atom("last"))) == (2, 9)
	assert a.refusal((Atom("sum"), [1, b"x"])) == b"badarg"
	a.close()
	b.close()


def alone(folder, place):
	with Server(folder, place) as server:
		port = server.port()
		calculates(lambda *words: place.ask("-p", port, *words))
		remembers(port)


def alone_over_tls(folder, place, certificates):
	with Server(folder, place, "-d", certificates) as server:
		options = ("-h", "localhost", "-p", server.port(), "-d")
		calculates(lambda *words: place.ask(*options, certificates, *words))
		# Who knows the authority, and is not known to it, is not served.
		stranger = os.path.join(folder, "stranger")
		subprocess.run([os.path.join(EXAMPLE, "make-certificates.sh"), stranger], check=True,
			capture_output=True)
		shutil.copy(os.path.join(certificates, "ca.pem"), stranger)
		assert place.ask(*options, stranger, "add", 1, 1)[0] == 1


def in_erpsd(folder, place, certificates):
	shutil.copy(place.object, os.path.join(folder, "calc.so"))
	config = os.path.join(folder, "erpsd.conf")
	shutil.copy(os.path.join(EXAMPLE, "erpsd.conf"), config)
	path = lambda name: os.path.join(certificates, name) # noqa: E731
	with Daemon(folder, config=config, program=place.erpsd) as daemon:
		port = daemon.port()
		options = ("-h", "localhost", "-p", port, "-d", certificates)
		assert place.ask(*options, "div", 84, 2) == (0, "42")
		assert place.ask(*options, "mul", 1000001, 1) == (1, "sb-calculate: refused: badarg")
		tls = tls_client(path("ca.pem"), path("client.pem"), path("client.key"))
		remembers(port, tls)
		other = Peer(port, tls_client(path("ca.pem"), path("other.pem"), path("other.key")))
		assert other.call((Atom("add"), 1, 1)) == 2
		assert other.refusal((Atom("div"), 1, 1)) == b"access denied"
		assert other.call((Atom("echo"), b"beside it")) == b"beside it"
		other.close()


def main():
	place = Place(sys.argv[1:])
	with tempfile.TemporaryDirectory(prefix="sb-calculator-") as folder:
		certificates = os.path.join(folder, "certificates")
		subprocess.run([os.path.join(EXAMPLE, "make-certificates.sh"), certificates, "client", "other"],
			check=True,
			capture_output=True)
		alone(folder, place)
		alone_over_tls(folder, place, certificates)
		in_erpsd(folder, place, certificates)


if __name__ == "__main__":
	main()
