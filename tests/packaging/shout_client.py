#!/usr/bin/env python3
"""shout_client.py PROGRAM: runs it on a free port, hears its lines back in capitals, ends it."""
import re
import signal
import socket
import subprocess
import sys

TIMEOUT = 20


def port_of(server):
	for line in server.stderr:
		match = re.search(r"listening name=shout address=127\.0\.0\.1:(\d+)", line)
		if match:
			return int(match[1])
	sys.exit("the program ended without listening")


def converse(port):
	with socket.create_connection(("127.0.0.1", port), TIMEOUT) as peer:
		peer.settimeout(TIMEOUT)
		peer.sendall(b"hello\nhalf a ")
		answers = peer.makefile("rb")
		assert answers.readline() == b"HELLO\n"
		peer.sendall(b"line\n")
		assert answers.readline() == b"HALF A LINE\n"


def main(program):
	with subprocess.Popen([program, "127.0.0.1:0"], stderr=subprocess.PIPE, text=True) as server:
		try:
			converse(port_of(server))
			server.send_signal(signal.SIGTERM)
			status = server.wait(TIMEOUT)
		finally:
			server.kill()
		said = server.stderr.read()
	if status != 0:
		sys.exit(f"ended with {status}:\n{said}")


main(sys.argv[1])
