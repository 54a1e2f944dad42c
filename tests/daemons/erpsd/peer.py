"""An Erps peer by hand, from section 1 and 9 of the protocol: packets, and the terms that the tests
need. An Atom is a text of its own type, a binary is bytes, the rest is Python's."""
import socket
import ssl
import struct

ERROR, REPLY, PUSH, CALL, CAST = 1, 2, 3, 4, 8
PATIENCE = 60 # seconds, for what should take none


class Atom(str):
	def __repr__(self):
		return ":" + str(self)


OK, ERROR_ATOM = Atom("ok"), Atom("error")


def encode_integer(value):
	if 0 <= value < 256:
		return bytes([97, value])
	if -2**31 <= value < 2**31:
		return b"b" + struct.pack(">i", value)
	octets = abs(value).to_bytes((abs(value).bit_length() + 7) // 8, "little")
	return bytes([110, len(octets), value < 0]) + octets


def encode(term):
	if isinstance(term, bool):
		return encode(Atom("true" if term else "false"))
	if term is None:
		return encode(Atom("nil"))
	if isinstance(term, Atom):
		octets = term.encode()
		return bytes([119, len(octets)]) + octets
	if isinstance(term, int):
		return encode_integer(term)
	if isinstance(term, float):
		return b"F" + struct.pack(">d", term)
	if isinstance(term, bytes):
		return b"m" + struct.pack(">I", len(term)) + term
	if isinstance(term, tuple):
		return bytes([104, len(term)]) + b"".join(map(encode, term))
	if isinstance(term, dict):
		pairs = b"".join(encode(key) + encode(value) for key, value in term.items())
		return b"t" + struct.pack(">I", len(term)) + pairs
	head = b"l" + struct.pack(">I", len(term)) if term else b""
	return head + b"".join(map(encode, term)) + b"j"


class Reader:
	def __init__(self, octets):
		self.octets, self.at = octets, 0

	def take(self, size):
		self.at += size
		assert self.at <= len(self.octets), "a term that is cut off"
		return self.octets[self.at - size:self.at]

	def number(self, form):
		return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

	def terms(self, count):
		return [self.term() for _ in range(count)]

	def term(self):
		return READERS[self.number("B")](self)


def read_big(r):
	size, is_negative = r.number("B"), r.number("B")
	value = int.from_bytes(r.take(size), "little")
	return -value if is_negative else value


def read_atom(r, form):
	name = Atom(r.take(r.number(form)).decode())
	return {"true": True, "false": False, "nil": None}.get(name, name)


def read_list(r):
	elements = r.terms(r.number("I"))
	assert r.term() == []
	return elements


def read_map(r):
	terms = r.terms(2 * r.number("I"))
	return dict(zip(terms[::2], terms[1::2]))


READERS = {
	97: lambda r: r.number("B"),
	98: lambda r: r.number("i"),
	110: read_big,
	70: lambda r: r.number("d"),
	100: lambda r: read_atom(r, "H"),
	118: lambda r: read_atom(r, "H"),
	119: lambda r: read_atom(r, "B"),
	104: lambda r: tuple(r.terms(r.number("B"))),
	106: lambda r: [],
	107: lambda r: list(r.take(r.number("H"))),
	108: read_list,
	109: lambda r: r.take(r.number("I")),
	116: read_map,
}


def decode(payload):
	r = Reader(payload)
	assert r.number("B") == 131
	term = r.term()
	assert r.at == len(payload), "octets behind a term"
	return term


def packet(kind, term, version=(0, 0, 0), identifier=b""):
	payload = b"\x83" + encode(term)
	return (b"erps" + struct.pack(">IB3B", len(payload), kind, *version) + identifier.ljust(36, b"\0") +
		bytes(48) + payload)


class Refused(Exception):
	"""An ERROR packet with the Ref of our call."""


class Peer:
	"""A connection. `call` asks and waits; `send_call` and `next` are for what goes on meanwhile.
	Pushes that come while an answer is waited for are kept."""

	def __init__(self, port, tls=None, version=(0, 0, 0), identifier=b"", refs=2**28):
		self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
		self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		if tls:
			self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
		self.version, self.identifier = version, identifier
		self.ref, self.pushes, self.buffer = refs, [], b""

	def read(self, size):
		while len(self.buffer) < size:
			more = self.socket.recv(65536)
			if not more:
				raise EOFError(f"the end after {self.buffer!r}")
			self.buffer += more
		octets, self.buffer = self.buffer[:size], self.buffer[size:]
		return octets

	def next(self):
		"""The next packet: its type and term."""
		head = self.read(9)
		assert head[:4] == b"erps", head
		if head[8] == 0:
			return 0, None
		self.read(87)
		return head[8], decode(self.read(struct.unpack(">I", head[4:8])[0]))

	def send(self, kind, term):
		self.socket.sendall(packet(kind, term, self.version, self.identifier))

	def send_call(self, request):
		self.ref += 2
		self.send(CALL, (self.ref, request))
		return self.ref

	def answer(self):
		"""The next answer and its Ref."""
		while True:
			kind, term = self.next()
			if kind == PUSH:
				self.pushes.append(term)
			elif kind == ERROR:
				raise Refused(term)
			elif kind == REPLY:
				return term

	def call(self, request):
		ref = self.send_call(request)
		reply, answered = self.answer()
		assert answered == ref, (answered, ref)
		return reply

	def refusal(self, request):
		try:
			reply = self.call(request)
		except Refused as refused:
			return refused.args[0][0] if isinstance(refused.args[0], tuple) else refused.args[0]
		raise AssertionError(f"{request} was answered with {reply}")

	def cast(self, request):
		self.send(CAST, request)

	def push(self):
		if self.pushes:
			return self.pushes.pop(0)
		kind, term = self.next()
		assert kind == PUSH, (kind, term)
		return term

	def close(self):
		self.socket.close()


def tls_client(ca, certificate=None, key=None):
	context = ssl.create_default_context(cafile=ca)
	if certificate:
		context.load_cert_chain(certificate, key)
	return context
