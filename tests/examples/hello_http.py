#!/usr/bin/env python3
"""sb-hello-http as curl would ask it: an answer at once, a body that is counted, one that goes on."""
import http.client

from program import PATIENCE, Program


def ask(connection, method, target, body=None, encode_chunked=False, headers=None):
	connection.request(method, target, body, headers or {}, encode_chunked=encode_chunked)
	answer = connection.getresponse()
	return answer.status, answer.read()


def main():
	with Program("sb-hello-http") as program:
		connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE)
		assert ask(connection, "GET", "/hello") == (200, b"hello\n")
		assert ask(connection, "PUT", "/count", b"x" * 3000000) == (200, b"3000000\n")
		parts = (b"y" * size for size in (1, 1000, 100000))
		assert ask(connection, "POST", "/count", parts, True, {"Transfer-Encoding": "chunked"}) == (200, b"101001\n")
		assert ask(connection, "GET", "/nowhere")[0] == 404
		assert ask(connection, "GET", "/ticks?1") == (200, b"tick\n")
		# What goes on ends whole when the program does.
		connection.request("GET", "/ticks?1000")
		answer = connection.getresponse()
		assert answer.read(5) == b"tick\n"
		program.terminate()
		assert answer.read() == b""
		connection.close()


if __name__ == "__main__":
	main()
