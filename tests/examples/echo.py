#!/usr/bin/env python3
"""sb-echo with two clients: each gets back what it sent, also what it sent before a SIGTERM."""
import os

from program import Program, read_exactly


def main():
	with Program("sb-echo") as program:
		one, two = program.connect(), program.connect()
		large = os.urandom(1 << 20)
		one.sendall(b"hello from one")
		two.sendall(b"hello from two")
		assert read_exactly(two, 14) == b"hello from two"
		assert read_exactly(one, 14) == b"hello from one"
		# More than any buffer holds: it must read while it writes.
		for at in range(0, len(large), 65536):
			one.sendall(large[at:at + 65536])
			assert read_exactly(one, 65536) == large[at:at + 65536]
		# A half-close is answered in order.
		two.sendall(b"last words")
		two.shutdown(1)
		assert read_exactly(two, 10) == b"last words"
		assert two.recv(1) == b""
		# The drain ends the other politely: with an end, not a reset.
		program.terminate()
		assert one.recv(1) == b""
		one.close()
		two.close()


if __name__ == "__main__":
	main()
