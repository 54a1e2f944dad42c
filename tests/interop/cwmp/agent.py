"""Real agents, as they were recorded: what each sent is sent again, with what it would have changed: the
cookie it was given, the ID it was asked with, its answer to the challenge, the path of a file."""
import hashlib
import os
import re
import socket

CAPTURES = os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "protocols", "cwmp", "data", "captures")
PATIENCE = 60


class Reply:
	def __init__(self, status, fields, body):
		self.status, self.fields, self.body = status, fields, body

	@property
	def method(self):
		found = re.search(rb"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", self.body)
		return found[1].decode() if found else ""

	@property
	def id(self):
		found = re.search(rb":ID [^>]*>([^<]*)<", self.body)
		return found and found[1]

	def text(self, name):
		found = re.search(rf"<{name}>([^<]*)</{name}>".encode(), self.body)
		return found and found[1].decode()


def md5(text):
	return hashlib.md5(text.encode()).hexdigest()


def said_by(name):
	folder, said = os.path.join(CAPTURES, name), {}
	for file in sorted(os.listdir(folder)):
		with open(os.path.join(folder, file), "rb") as capture:
			said[int(file[:3])] = capture.read()
	return said


def device_of(inform):
	"""Its name, by its Inform."""
	oui, product, serial = (re.search(rf"<{n}[^>]*>([^<]*)<", inform.decode())[1]
		for n in ("OUI", "ProductClass", "SerialNumber"))
	return f"{oui}-{product}-{serial}" if product else f"{oui}-{serial}"


class Agent:
	"""`say(3)` sends what the agent said third, on the connection that is open, and gives the answer."""

	def __init__(self, name, port, password=None):
		self.said = said_by(name) if name else {}
		self.device = device_of(self.said[1]) if name else None
		self.port, self.password = port, password
		self.changes = (b"", b"")
		self.socket = self.cookie = self.challenge = self.asked = None

	def connect(self):
		self.close()
		self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
		self.left = b""

	def close(self):
		if self.socket:
			self.socket.close()
		self.socket = None

	def say(self, number, path=None):
		head, _, body = self.said[number].partition(b"\r\n\r\n")
		body = self.answering(body.replace(*self.changes))
		return self.exchange(self.head(head.decode(), len(body), path).encode() + body)

	def post(self, body):
		"""The same with a document of somebody else's."""
		body = self.answering(body)
		cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
		return self.exchange(f"POST / HTTP/1.1\r\nHost: a\r\n{cookie}Content-Length: {len(body)}\r\n\r\n".encode() +
			body)

	def answering(self, body):
		"""With the ID that it was asked with."""
		if self.asked is None or b"Inform>" in body:
			return body
		return re.sub(rb"(:ID [^>]*>)[^<]*<", lambda m: m[1] + self.asked + b"<", body, count=1)

	def exchange(self, octets):
		self.socket.sendall(octets)
		reply = self.read()
		self.learn(reply)
		return reply

	def head(self, head, size, path):
		lines = head.split("\r\n")
		method, target, version = lines[0].split(" ")
		target = path or target
		lines = [f"{method} {target} {version}"] + [self.field(line, method, target, size) for line in lines[1:]]
		return "\r\n".join(line for line in lines if line is not None) + "\r\n\r\n"

	def field(self, line, method, target, size):
		name, _, value = line.partition(":")
		if name.lower() == "cookie":
			# As it echoes it: the pair alone, or all of Set-Cookie.
			return self.cookie and f"{name}: {self.cookie if ';' in value else self.cookie.split(';')[0]}"
		if name.lower() == "content-length":
			return f"{name}: {size}"
		if name.lower() == "authorization" and value.strip().startswith("Digest"):
			return f"{name}: {self.digest(value, method)}"
		return line

	def digest(self, recorded, method):
		"""The recorded answer to a challenge, to this one: names, order and counts stay."""
		fields = dict(re.findall(r'(\w+)="?([^",]*)"?', recorded))
		asked = dict(re.findall(r'(\w+)="?([^",]*)"?', self.challenge))
		first = md5(f"{fields['username']}:{asked['realm']}:{self.password}")
		second = md5(f"{method}:{fields['uri']}")
		fields["response"] = md5(
			f"{first}:{asked['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}:{second}")
		for name, value in {**{n: asked[n] for n in ("realm", "nonce", "opaque") if n in asked},
				"response": fields["response"]}.items():
			recorded = re.sub(rf'\b{name}="[^"]*"', f'{name}="{value}"', recorded)
		return recorded.strip()

	def learn(self, reply):
		for value in reply.fields.get("www-authenticate", []):
			if value.startswith("Digest") and "SHA-256" not in value:
				self.challenge = value
		for value in reply.fields.get("set-cookie", []):
			self.cookie = value
		self.asked = reply.id

	def until(self, end):
		while end not in self.left:
			more = self.socket.recv(65536)
			assert more, "the connection ended"
			self.left += more
		part, _, self.left = self.left.partition(end)
		return part

	def read(self):
		lines = self.until(b"\r\n\r\n").decode().split("\r\n")
		fields = {}
		for line in lines[1:]:
			name, _, value = line.partition(":")
			fields.setdefault(name.lower(), []).append(value.strip())
		size = int(fields.get("content-length", ["0"])[0])
		assert "transfer-encoding" not in fields, "netcwmp reads no chunks"
		while len(self.left) < size:
			self.left += self.socket.recv(65536)
		body, self.left = self.left[:size], self.left[size:]
		return Reply(int(lines[0].split(" ")[1]), fields, body)
