#!/usr/bin/env python3
"""erpsd and peers that mean no good, or do not know better: each line of what the original tolerates
(section 5 of the protocol) as it is here, terms made to cost much, and an innocent peer beside them all
the while. Memory stays what it was."""
import os
import struct
import sys
import tempfile
import threading
import time
import zlib

sys.dont_write_bytecode = True
# Under AddressSanitizer, freed memory would count: it waits in quarantine.
os.environ["ASAN_OPTIONS"] = (os.environ.get("ASAN_OPTIONS", "") +
	":quarantine_size_mb=1:thread_local_quarantine_size_kb=64")
from life import Daemon # noqa: E402
from peer import CALL, CAST, ERROR, PUSH, REPLY, Atom, Peer, encode # noqa: E402

MIB = 1 << 20
REF = 0x0FEDCBA9
WARM, ROUNDS = 2, 8
GROWTH = 3 * MIB # of RssAnon, once all has been there
HIGH_WATER = 80 * MIB # with caps of 8 MiB a packet and 4 MiB inflated

KEEPALIVE = b"erps" + bytes(5)
TUPLE2 = b"\x68\x02"


def packet(kind, payload, size=None, version=(0, 0, 0), identifier=b"", key=b"", signature=b""):
	"""Octets that need not be a packet: payload as it is, and a size that may be another."""
	return (b"erps" + struct.pack(">IB3B", len(payload) if size is None else size, kind, *version) +
		identifier.ljust(36, b"\0") + key.ljust(16, b"\0") + signature.ljust(32, b"\0") + payload)


def call(request, **header):
	"""A call with these octets as request."""
	return packet(CALL, b"\x83" + TUPLE2 + encode(REF) + request, **header)


def compressed(plain, size=None):
	return b"\x83P" + struct.pack(">I", len(plain) if size is None else size) + zlib.compress(plain, 9)


def compressed_call(request, size=None):
	return packet(CALL, compressed(TUPLE2 + encode(REF) + request, size))


def echo(octets):
	return TUPLE2 + encode(Atom("echo")) + octets


PING = call(encode(Atom("ping")))
PONG = (REPLY, (Atom("pong"), REF))
CLOSED, SILENCE = "closed", "silence"


def refused(reason):
	return (ERROR, (reason, REF))


def bare(reason):
	return (ERROR, reason)


BADARG = refused(b"badarg")

# What is sent at once, and all that comes of it. After what does not end the connection a good call is
# answered on it.
TOLERANCE = [
	("two packets together", PING + PING, [PONG, PONG]),
	("a keepalive and a call together", KEEPALIVE + PING + KEEPALIVE, [PONG]),
	("a long keepalive", packet(0, b"\x83j") + PING, [PONG]),
	("an octet behind a packet", PING + b"x", [PONG, CLOSED]),
	("another magic", b"GET / HTTP/1.1\r\n\r\n", [CLOSED]),
	("one wrong octet", b"x", [CLOSED]),
	("a keepalive of Erps 0.3", b"\0", [CLOSED]),
	*((f"type {kind}", packet(kind, b"\x83j"), [CLOSED]) for kind in (5, 6, 7, 9, 15, 21, 64, 255)),
	*((f"what only a server sends: {kind}", packet(kind, b"\x83j"), [CLOSED]) for kind in (1, 2, 3, 19, 20)),
	*((f"an extension without proof: {kind}", packet(kind, b"\x83j"), [CLOSED]) for kind in (16, 17, 18)),
	("a call of three", packet(CALL, b"\x83" + encode((REF, 1, 2))), [SILENCE]),
	("a call that is no tuple", packet(CALL, b"\x83" + encode([REF, 1])), [SILENCE]),
	("a call that nobody serves", call(encode(Atom("nothing"))), [refused(b"undef")]),
	("a cast that nobody serves", packet(CAST, b"\x83" + encode(Atom("nothing"))), [SILENCE]),
	("a key", call(encode(Atom("ping")), key=b"k"), [refused(b"authentication provided")]),
	("a signature", call(encode(Atom("ping")), signature=b"s"), [refused(b"authentication provided")]),
	("a signed cast", packet(CAST, b"\x83j", key=b"k"), [bare(b"authentication provided")]),
	("an export fun", call(b"q" + encode(Atom("m")) + encode(Atom("f")) + encode(1)), [BADARG]),
	("a fun", call(b"p" + struct.pack(">IB", 40, 1) + bytes(60)), [BADARG]),
	("an old fun", call(b"u" + bytes(20)), [BADARG]),
	("what only nodes say", call(b"R\x01"), [BADARG]),
	("garbage", packet(CALL, bytes(range(200))), [SILENCE]),
	("an empty call", packet(CALL, b""), [SILENCE]),
	("an empty cast", packet(CAST, b""), [SILENCE]),
	("a call without 131", packet(CALL, encode((REF, Atom("ping")))), [SILENCE]),
	("octets behind the term", call(encode(Atom("ping")) + b"x"), [BADARG]),
	("a term that is cut", call(b"m" + struct.pack(">I", 10) + b"short"), [BADARG]),
	("a call cut in its Ref", packet(CALL, b"\x83" + TUPLE2 + b"b\0\0"), [SILENCE]),
	("no UTF-8", call(b"w\x01\xff"), [BADARG]),
	("a compressed call", compressed_call(encode(Atom("ping"))), [PONG]),
	("a call compressed twice", packet(CALL, compressed(b"P" + bytes(8))), [SILENCE]),
	("64 MiB announced", packet(CALL, b"", size=64 * MIB), [CLOSED]),
	("4 GiB announced", packet(CALL, b"", size=2**32 - 1), [CLOSED]),
	("more than the cap by one", packet(CALL, b"", size=MIB + 1)[:8], [CLOSED]),
]

# Refs and terms that are echoed as they came.
OPAQUE = [
	b"X" + encode(Atom("n@h")) + bytes(12),
	b"g" + encode(Atom("n@h")) + bytes(9),
	b"Z\0\x03" + encode(Atom("n@h")) + bytes(16),
	b"Y" + encode(Atom("n@h")) + bytes(8),
	b"x" + encode(Atom("n@h")) + bytes(12),
	b"m\0\0\0\x03ref",
	b"n\x09\0" + bytes(range(1, 10)),
	b"d\0\x04ping",
	b"F" + struct.pack(">d", 0.5),
	encode((1, [2, 3], {b"k": Atom("v")})),
]

BIG = "rpc.max_payload=8MiB"


def costly():
	"""Terms that are small to send, or large to hold: each is refused, with its Ref where it can be read."""
	binary = b"m" + struct.pack(">I", 8 * MIB) + bytes(8 * MIB)
	yield "1,000,000 nested tuples", call(b"h\x01" * 1000000 + b"j"), [BADARG]
	yield "1,000,000 nested lists", call((b"l" + struct.pack(">I", 1)) * 1000000 + b"j"), [BADARG]
	yield "1,000,000 nested maps", call((b"t" + struct.pack(">I", 1) + b"j") * 1000000 + b"j"), [BADARG]
	for tag, name in ((b"l", "list elements"), (b"i", "tuple elements"), (b"t", "pairs"), (b"m", "octets")):
		yield f"2^32-1 {name}", call(tag + b"\xff" * 4 + bytes(40)), [BADARG]
	yield "a number of 2^32-1 octets", call(b"o" + b"\xff" * 4 + bytes(40)), [BADARG]
	yield "a number of 1 MiB", call(b"o" + struct.pack(">IB", MIB, 0) + b"\1" * MIB), [BADARG]
	yield "duplicate keys", call(b"t\0\0\0\2" + b"a\1a\2" + b"a\1a\3"), [BADARG]
	yield "duplicate keys in two forms", call(b"t\0\0\0\2" + b"a\1j" + b"b\0\0\0\1j"), [BADARG]
	yield "1,500,000 elements", call(b"l" + struct.pack(">I", 1500000) + b"j" * 1500001), [BADARG]
	yield "300,000 keys, and one twice", call(b"t" + struct.pack(">I", 300000) +
		b"".join(b"b" + struct.pack(">I", i % 299999) + b"j" for i in range(300000))), [BADARG]
	yield "8 MiB of zeros, in 8 kB", compressed_call(echo(binary)), None
	yield "a bomb that says it is small", compressed_call(echo(binary), size=100), None
	yield "a bomb that says it is 4 GiB", compressed_call(echo(b"m" + bytes(64)), size=2**32 - 1), None
	yield "1,000,000 tuples, compressed", compressed_call(b"h\x01" * 1000000 + b"j"), None
	yield "no zlib", packet(CALL, b"\x83P" + struct.pack(">I", 100) + bytes(50)), [SILENCE]


class Innocent(threading.Thread):
	"""Calls, waits and calls again, until it is told to stop: right answers, and how long the worst took."""

	def __init__(self, port):
		super().__init__()
		self.peer, self.stopped, self.calls, self.worst, self.failure = Peer(port), False, 0, 0.0, None

	def run(self):
		try:
			while not self.stopped:
				since = time.monotonic()
				assert self.peer.call((Atom("echo"), self.calls)) == self.calls
				self.worst = max(self.worst, time.monotonic() - since)
				self.calls += 1
				time.sleep(0.001)
		except (AssertionError, EOFError, OSError) as failure:
			self.failure = failure

	def end(self):
		self.stopped = True
		self.join()
		assert not self.failure, self.failure
		assert self.calls > 50 and self.worst < 20, (self.calls, self.worst)
		print(f"the innocent: {self.calls} calls, the slowest {self.worst * 1000:.0f} ms")


def memory(daemon, name):
	with open(f"/proc/{daemon.process.pid}/status") as status:
		return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name + ":"))


def next_of(peer):
	try:
		return peer.next()
	except (EOFError, ConnectionError):
		return CLOSED


def attack(port, name, octets, outcomes):
	"""`outcomes` None: refused in one way or the other, and the session goes on."""
	peer = Peer(port)
	try:
		peer.socket.sendall(octets)
	except ConnectionError:
		pass
	if outcomes is None:
		peer.socket.sendall(PING)
		answer = next_of(peer)
		if answer == BADARG:
			answer = next_of(peer)
		assert answer == PONG, (name, answer)
	else:
		for outcome in outcomes:
			if outcome != SILENCE:
				answer = next_of(peer)
				assert answer == outcome, (name, answer)
		if CLOSED not in outcomes:
			peer.socket.sendall(PING)
			answer = next_of(peer)
			assert answer == PONG, (name, answer)
	peer.close()


def tolerance(port):
	for name, octets, outcomes in TOLERANCE:
		attack(port, name, octets, outcomes)


def opaque(port):
	"""Any Ref, any term: back as it came."""
	for octets in OPAQUE:
		peer = Peer(port)
		peer.socket.sendall(packet(CALL, b"\x83" + TUPLE2 + octets + echo(octets)))
		payload = b"\x83" + TUPLE2 + octets + octets
		assert peer.read(96 + len(payload)) == packet(REPLY, payload), octets
		peer.close()


def split(port):
	"""A packet octet by octet; one cut everywhere; one whose rest comes later than the original waits."""
	peer = Peer(port)
	for at in range(len(PING)):
		peer.socket.sendall(PING[at:at + 1])
	assert peer.next() == PONG
	for at in range(1, len(PING)):
		peer.socket.sendall(PING[:at])
		peer.socket.sendall(PING[at:])
		assert peer.next() == PONG
	peer.socket.sendall(PING[:50])
	time.sleep(0.6)
	peer.socket.sendall(PING[50:])
	assert peer.next() == PONG
	peer.close()


def many_bad(port):
	"""A peer that sends nothing else is let go in the end."""
	peer = Peer(port)
	bad = packet(CALL, b"")
	peer.socket.sendall(bad * 99 + PING)
	assert peer.next() == PONG
	peer.socket.sendall(bad)
	assert next_of(peer) == CLOSED
	peer.close()


def mute(port):
	"""Connections that announce, and send nothing: they hold nothing."""
	peers = [Peer(port) for _ in range(100)]
	for peer in peers:
		peer.socket.sendall(packet(CALL, b"", size=MIB))
	return peers


def ours(port):
	"""With the mark, extension packets are taken, also those of another shape."""
	peer = Peer(port)
	peer.socket.sendall(packet(CALL, b"\x83" + TUPLE2 + b"b\x53\x42\x58\x01" + encode(Atom("ping"))))
	head = peer.read(96)
	assert head[9:48] == b"\1\0\0switchboard".ljust(39, b"\0"), head
	assert peer.read(struct.unpack(">I", head[4:8])[0])[-5:] == b"b\x53\x42\x58\x01"
	for kind in (16, 17, 18):
		for payload in (b"", b"\x83", b"\x83j", b"\x83" + encode((1, 2, 3)), b"\x83" + encode((1, -1))):
			peer.socket.sendall(packet(kind, payload))
	peer.socket.sendall(packet(17, b"\x83" + encode(REF)) + PING)
	assert peer.next() == PONG
	peer.close()


def identity(folder):
	"""Where an identifier, a version and atoms are asked for: an error for each packet, and on it goes."""
	config = os.path.join(folder, "strict.conf")
	with open(config, "w") as file:
		file.write('listener "erps" { address = "127.0.0.1:0" }\nservice "echo" { }\n'
			'rpc { identifier = "us" versions = "~> 1.2" safe = true atoms = { known } }\n')
	us = {"version": (1, 2, 3), "identifier": b"us"}
	good = call(encode(Atom("ping")), **us)
	rows = [
		("no identifier", PING, refused(b"wrong identifier")),
		("another", call(encode(1), version=(1, 2, 3), identifier=b"usa"), refused(b"wrong identifier")),
		("a cast of another", packet(CAST, b"\x83j", identifier=b"them"), bare(b"wrong identifier")),
		("a Ref that cannot be read", packet(CALL, b"", identifier=b"them"), bare(b"wrong identifier")),
		("another version", call(encode(1), version=(2, 0, 0), identifier=b"us"), refused(b"incompatible version")),
		("a key", call(encode(1), key=b"k" * 16, **us), refused(b"authentication provided")),
		("an unknown atom", call(echo(encode(Atom("unheard_of"))), **us), BADARG),
		("an unknown atom in a key", call(echo(encode({Atom("unheard_of"): 1})), **us), BADARG),
	]
	with Daemon(folder, config=config) as daemon:
		peer = Peer(daemon.port())
		for name, octets, outcome in rows:
			peer.socket.sendall(octets + good)
			answer = peer.next()
			assert answer == outcome, (name, answer)
			assert peer.next() == PONG, name
		peer.socket.sendall(packet(CAST, b"\x83" + encode(Atom("unheard_of")), **us) + good)
		assert peer.next() == PONG
		peer.close()


def trailing(folder):
	"""What the original passes over is passed over where that is asked for."""
	with Daemon(folder, "store.path=mem:", "terms.trailing=true") as daemon:
		attack(daemon.port(), "octets behind the term", call(encode(Atom("ping")) + b"x"), [PONG])


def flat(folder):
	"""All of it again and again, on one thread with an innocent peer and mute ones."""
	# Of those that are about the cap, with another cap.
	attacks = [*costly(), *(row for row in TOLERANCE if "cap" not in row[0])]
	with Daemon(folder, "store.path=mem:", "node.threads=1", BIG) as daemon:
		port = daemon.port()
		innocent, at_start = Innocent(port), memory(daemon, "RssAnon")
		innocent.start()
		for round_number in range(WARM + ROUNDS):
			if round_number == WARM:
				before, peers = memory(daemon, "RssAnon"), mute(port)
			for row in attacks:
				attack(port, *row)
		after, high = memory(daemon, "RssAnon"), memory(daemon, "VmHWM")
		innocent.end()
		print(f"RssAnon: {at_start} at the start, {before} after {WARM} rounds, {after} after {ROUNDS} more; "
			f"VmHWM {high}, with {len(peers)} mute peers")
		assert after - before < GROWTH and high < HIGH_WATER, (before, after, high)
		for peer in peers:
			peer.close()


def main():
	with tempfile.TemporaryDirectory(prefix="sb-hostile-") as folder:
		with Daemon(folder, "store.path=mem:", "node.threads=2") as daemon:
			port = daemon.port()
			for part in (tolerance, opaque, split, many_bad, ours):
				part(port)
		for part in (identity, trailing, flat):
			part(folder)


if __name__ == "__main__":
	main()
