#!/usr/bin/env python3
"""sb-room with two guests: one tells the other something, waits for a bell, and takes a name that is taken."""
import struct

from program import Program, read_exactly

REPLY, PUSH, ERROR, CALL = 2, 3, 1, 4
REF = b"b" + struct.pack(">i", 1 << 28) # no Erps.Client has it: it is not paced
OK = b"\x83h\x02w\x02ok" + REF


def atom(name):
	return b"w" + bytes([len(name)]) + name


def text(octets):
	return b"m" + struct.pack(">I", len(octets)) + octets


def tuple_of(*terms):
	return b"h" + bytes([len(terms)]) + b"".join(terms)


def call(guest, *terms):
	payload = b"\x83" + tuple_of(REF, tuple_of(*terms))
	guest.sendall(b"erps" + struct.pack(">IB", len(payload), CALL) + bytes(87) + payload)


def expect(guest, kind, payload):
	head = read_exactly(guest, 96)
	assert head[:4] == b"erps" and head[8] == kind, head
	got = read_exactly(guest, struct.unpack(">I", head[4:8])[0])
	assert got == payload, got


def refused(reason):
	return b"\x83" + tuple_of(text(reason), REF)


def main():
	with Program("sb-room") as program:
		ann, bob = program.connect(), program.connect()
		call(ann, atom(b"tell"), text(b"bob"), atom(b"x"))
		expect(ann, ERROR, refused(b"enter first"))
		call(ann, atom(b"enter"), text(b"ann"))
		expect(ann, REPLY, OK)
		call(bob, atom(b"enter"), text(b"ann"))
		expect(bob, ERROR, refused(b"taken"))
		call(bob, atom(b"enter"), text(b"bob"))
		expect(bob, REPLY, OK)
		call(ann, atom(b"tell"), text(b"bob"), tuple_of(atom(b"news"), b"a\x07"))
		expect(ann, REPLY, OK)
		expect(bob, PUSH, b"\x83" + tuple_of(atom(b"told"), text(b"ann"), tuple_of(atom(b"news"), b"a\x07")))
		call(ann, atom(b"tell"), text(b"eve"), atom(b"x"))
		expect(ann, ERROR, refused(b"nobody"))
		call(bob, atom(b"bell"), b"a\x05")
		expect(bob, REPLY, b"\x83" + tuple_of(atom(b"ding"), REF))
		ann.close()
		program.terminate()
		assert bob.recv(1) == b""
		bob.close()


if __name__ == "__main__":
	main()
