#!/usr/bin/env python3
"""sb-connection-request with a device that asks who it is, one that is busy, and none."""
import hashlib
import http.server
import os
import re
import subprocess
import threading

PROGRAM = os.path.join(os.environ["SB_BINARY_DIR"], "bin", "sb-connection-request")


def md5(text):
	return hashlib.md5(text.encode()).hexdigest()


class Device(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def answer(self, status, **fields):
		self.send_response(status)
		for name, value in fields.items():
			self.send_header(name.replace("_", "-"), value)
		self.send_header("Content-Length", "0")
		self.end_headers()

	def is_right(self):
		said = dict(re.findall(r'(\w+)="?([^",]*)"?', self.headers.get("Authorization", "")))
		if not said:
			return False
		user = md5("name:device:secret")
		request = md5(f"GET:{self.path}")
		parts = (user, said["nonce"], said["nc"], said["cnonce"], "auth", request)
		return said["response"] == md5(":".join(parts))

	def do_GET(self):
		if self.path == "/busy":
			self.answer(503)
		elif self.is_right():
			self.answer(200)
		else:
			self.answer(401, WWW_Authenticate='Digest realm="device", nonce="n", qop="auth"')

	def log_message(self, *_):
		pass


def ask(url, password):
	environment = dict(os.environ, CWMP_PASSWORD=password)
	done = subprocess.run([PROGRAM, url, "name"], stdout=subprocess.PIPE, text=True, check=False,
		env=environment, timeout=60)
	return done.stdout.strip(), done.returncode


def main():
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Device)
	url = f"http://127.0.0.1:{server.server_port}"
	threading.Thread(target=server.serve_forever, daemon=True).start()
	assert ask(url + "/a1b2", "secret") == ("done 200", 0)
	assert ask(url + "/a1b2", "wrong") == ("unauthorized 401", 1)
	assert ask(url + "/busy", "secret") == ("busy 503", 1)
	server.shutdown()
	server.server_close()
	assert ask(url + "/a1b2", "secret") == ("unreachable 0", 1)
	assert ask("file:///etc/passwd", "secret") == ("forbidden 0", 1)


main()
