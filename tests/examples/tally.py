#!/usr/bin/env python3
"""sb-tally as a program: over TLS, with a mirror that is a second one, and a drain."""
import os
import ssl
import struct
import subprocess
import tempfile

from program import Program, read_exactly

HELLO, ADD, WATCH, PING, PONG, BYE, VALUE, CHANGED, REFUSED = range(1, 10)


class Client:
	def __init__(self, connection, name):
		self.connection = connection
		self.say(HELLO, 0, 0, name)

	def say(self, op, ref, number, name):
		body = struct.pack(">BIQ", op, ref, number) + name.encode()
		self.connection.sendall(struct.pack(">I", len(body)) + body)

	def hear(self):
		size, = struct.unpack(">I", read_exactly(self.connection, 4))
		body = read_exactly(self.connection, size)
		return struct.unpack(">BIQ", body[:13]) + (body[13:].decode(),)

	def expect(self, *frame):
		got = self.hear()
		assert got == frame, f"{got}, not {frame}"


def make_certificates(folder):
	program = os.path.join(os.environ["SB_BINARY_DIR"], "bin", "tests", "support", "make-certificates")
	subprocess.run([program, folder], check=True)


def over_tls(connection, folder):
	context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))
	return context.wrap_socket(connection, server_hostname="localhost")


def main():
	with tempfile.TemporaryDirectory() as folder:
		make_certificates(folder)
		secured = ["-c", os.path.join(folder, "server.pem"), "-k", os.path.join(folder, "server.key")]
		with Program("sb-tally", "-l", *secured) as program:
			ann = Client(over_tls(program.connect(), folder), "ann")
			bob = Client(over_tls(program.connect(), folder), "bob")
			bob.say(WATCH, 1, 0, "apples")
			bob.expect(VALUE, 1, 0, "apples")
			ann.say(ADD, 7, 5, "apples")
			ann.expect(VALUE, 7, 5, "apples")
			bob.expect(CHANGED, 0, 5, "apples")
			program.terminate()
			ann.expect(BYE, 0, 0, "")
			bob.expect(BYE, 0, 0, "")
			ann.connection.close()
			bob.connection.close()
	with Program("sb-tally", "-l") as origin:
		mirrored = ["-m", "127.0.0.1", "-p", str(origin.port), "-w", "pears"]
		with Program("sb-tally", "-l", *mirrored) as mirror:
			far = Client(mirror.connect(), "far")
			far.say(WATCH, 1, 0, "pears")
			# What the mirror hears when it begins to watch may come before our answer, or after.
			while far.hear() != (VALUE, 1, 0, "pears"):
				pass
			near = Client(origin.connect(), "near")
			near.say(ADD, 1, 3, "pears")
			near.expect(VALUE, 1, 3, "pears")
			while far.hear() != (CHANGED, 0, 3, "pears"):
				pass
			near.connection.close()
			far.connection.close()


if __name__ == "__main__":
	main()
