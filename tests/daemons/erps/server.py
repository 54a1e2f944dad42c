"""A server of Erps for tests: it answers as it is told to, well and badly, and remembers what came."""
import socket
import ssl
import struct
import threading

HEADER = 96
ERROR, REPLY, PUSH, CALL, CAST = 1, 2, 3, 4, 8
CALL_WITH, CREDIT, PART = 16, 18, 19
PATIENCE = 60


def packet(kind, payload):
	return b"erps" + struct.pack(">IB", len(payload), kind) + bytes(87) + payload


def text(words):
	"""A binary, without 131."""
	octets = words.encode()
	return b"m" + struct.pack(">I", len(octets)) + octets


def reply(ref, term):
	return packet(REPLY, b"\x83h\x02" + term + ref)


def error(ref, reason):
	return packet(ERROR, b"\x83h\x02" + text(reason) + ref)


def push(term):
	return packet(PUSH, b"\x83" + term)


class Packet:
	def __init__(self, octets):
		self.octets = octets
		self.kind = octets[8]
		self.version = tuple(octets[9:12])
		self.identifier = octets[12:48].rstrip(b"\0")
		self.key, self.signature = octets[48:64], octets[64:96]
		self.payload = octets[96:]

	def ref(self):
		"""INTEGER_EXT, as our client's are."""
		assert self.payload[:4] == b"\x83h\x02b", self.payload[:8]
		return self.payload[3:8]

	def request(self):
		return self.payload[8:] if self.kind == CALL else self.payload[1:]


class Server:
	"""`behave(packet, connection)` is called for each packet and sends what it likes. With `tls` a context."""

	def __init__(self, behave, tls=None):
		self.behave, self.tls = behave, tls
		self.packets = []
		self.listening = socket.create_server(("127.0.0.1", 0))
		self.port = self.listening.getsockname()[1]
		self.thread = threading.Thread(target=self.accept, daemon=True)
		self.thread.start()

	def accept(self):
		while True:
			try:
				connection, _ = self.listening.accept()
			except OSError:
				return
			try:
				self.serve(connection)
			except (OSError, ssl.SSLError):
				pass
			connection.close()

	def serve(self, connection):
		connection.settimeout(PATIENCE)
		if self.tls:
			connection = self.tls.wrap_socket(connection, server_side=True)
		octets = b""
		while True:
			more = connection.recv(65536)
			octets += more
			while len(octets) >= 9:
				size = 9 if octets[8] == 0 else HEADER + struct.unpack(">I", octets[4:8])[0]
				if len(octets) < size:
					break
				one, octets = octets[:size], octets[size:]
				if one[8]:
					self.packets.append(Packet(one))
					if self.behave(self.packets[-1], connection) == "close":
						connection.close()
						return
			if not more:
				connection.close()
				return

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.listening.shutdown(socket.SHUT_RDWR)
		self.listening.close()
		self.thread.join(PATIENCE)
