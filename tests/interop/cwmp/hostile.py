#!/usr/bin/env python3
"""acs and devices that mean no good, or do not know better, again and again on one thread; an innocent device, an innocent
operator and an innocent STUN client beside them all the while. Memory stays what it was, and the log is not flooded. By hand:

    SB_SOURCE_DIR=. SB_BINARY_DIR=build/release tests/interop/cwmp/hostile.py --rounds 20 --half-open 10000
"""
import argparse
import gzip
import os
import re
import socket
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
from bed import PATIENCE, Daemon, request, until # noqa: E402
from life import ENVELOPE, Cpe # noqa: E402

MIB = 1 << 20
GROWTH = 3 * MIB # of RssAnon, once all has been there
EACH = 16384 # octets of a session that is half open, its device and the row of that included
LINES = 400 # of the log, a round of some thousand things to complain of

# 32 MiB each.
BLANKS, ZEROS = gzip.compress(b" " * (32 * MIB)), zlib.compress(bytes(32 * MIB))
FAULT = "<SOAP-ENV:Fault><faultcode>Client</faultcode></SOAP-ENV:Fault>"
METHODS = "<cwmp:GetRPCMethods></cwmp:GetRPCMethods>"
KICKED = "<cwmp:Kicked><Command></Command><Referer></Referer><Arg></Arg><Next>n</Next></cwmp:Kicked>"
COMPLETE = ("<cwmp:TransferComplete><CommandKey>unheard of</CommandKey><FaultStruct><FaultCode>0</FaultCode><FaultString/>"
	"</FaultStruct><StartTime/><CompleteTime/></cwmp:TransferComplete>")
WANTED = "<cwmp:RequestDownload><FileType>1 Firmware Upgrade Image</FileType><FileTypeArg/></cwmp:RequestDownload>"


def envelope(body, identifier="1", version="cwmp-1-0", header=""):
	made = ENVELOPE % (identifier, body)
	return made.replace("cwmp-1-0", version).replace("</SOAP-ENV:Header>", f"{header}</SOAP-ENV:Header>").encode()


def inform(serial, most="1"):
	body = Cpe(0, serial).inform(("2 PERIODIC", ""))
	return body.replace("<MaxEnvelopes>1", f"<MaxEnvelopes>{most}")


class Line:
	"""A connection to acs, whose device keeps its cookie."""

	def __init__(self, port):
		self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
		self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		self.left, self.cookie, self.body = b"", None, b""

	def send(self, body=b"", fields=""):
		cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
		self.raw(f"POST /acs HTTP/1.1\r\nHost: acs\r\n{cookie}{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body)

	def raw(self, octets):
		try:
			self.socket.sendall(octets)
		except ConnectionError:
			pass # what it says of the reason may be there

	def fill(self):
		more = self.socket.recv(65536)
		if not more:
			raise EOFError
		self.left += more

	def status(self):
		"""Of the next answer; 0: the connection has ended."""
		try:
			while b"\r\n\r\n" not in self.left:
				self.fill()
			head, _, self.left = self.left.partition(b"\r\n\r\n")
			size = int((re.search(rb"Content-Length: (\d+)", head) or [0, 0])[1])
			while len(self.left) < size:
				self.fill()
		except (EOFError, ConnectionError):
			return 0
		self.body, self.left = self.left[:size], self.left[size:]
		cookie = re.search(rb"Set-Cookie: ([^;]*)", head)
		if cookie:
			self.cookie = cookie[1].decode()
		return int(head.split(b" ")[1])

	def ask(self, body=b"", **more):
		self.send(envelope(body, **more) if body else b"")
		return self.status()

	def close(self):
		self.socket.close()


class Attacks:
	"""Each method that begins with `a_` is one; what acs should answer to it is there."""

	def __init__(self, api, cwmp, stun):
		self.api, self.cwmp, self.stun = api, cwmp, stun
		self.lines = []

	def line(self):
		made = Line(self.cwmp)
		self.lines.append(made)
		return made

	def run(self):
		for name in dir(self):
			if name.startswith("a_"):
				getattr(self, name)()
				for line in self.lines:
					line.close()
				self.lines = []

	def expect(self, got, wanted, what):
		assert got == wanted, (what, got, wanted)

	def begun(self, serial="evil", **more):
		line = self.line()
		self.expect(line.ask(inform(serial), **more), 200, "Inform")
		return line

	# ---- sessions ----

	def a_first_message_that_is_none(self):
		line = self.line()
		for body, status in ((b"", 204), (KICKED, 400), (METHODS, 400), (FAULT, 400), ("<cwmp:RebootResponse/>", 400)):
			self.expect(line.ask(body), status, body)

	def a_number_of_envelopes(self):
		for most in ("0", "100", "-1", "4294967296", "x", ""):
			line = self.line()
			self.expect(line.ask(inform("evil", most)), 200, most)
			assert b"<MaxEnvelopes>1<" in line.body
			self.expect(line.ask(), 204, most)

	def a_language_of_its_own(self):
		for version in ("cwmp-9-9", "cwmp", "&lt;", "x" * 500):
			line = self.line()
			assert line.ask(inform("evil"), version=version) in (200, 400), version
		line = self.begun(version="cwmp-1-0")
		for version in ("cwmp-1-4", "cwmp-1-2", "cwmp-9-9"):
			self.expect(line.ask(COMPLETE, version=version), 200, version)
			assert b"cwmp-1-0" in line.body and b"TransferCompleteResponse" in line.body
		self.expect(line.ask(), 204, "the end")

	def a_second_session_beside_the_first(self):
		first = self.begun()
		second = self.begun()
		self.expect(first.ask(), 204, "the first is over")
		self.expect(first.ask(KICKED), 400, "the first is over")
		self.expect(second.ask(), 204, "the second is not")
		self.expect(second.ask(), 204, "the end comes twice")

	def a_device_that_answers_what_it_likes(self):
		name = Cpe(0, "evil").name
		task = request(self.api, "POST", f"/devices/{name}/tasks", {"method": "GetRPCMethods", "attempts": 1}).expect(201).json()
		line = self.begun(header="<cwmp:HoldRequests>1</cwmp:HoldRequests><cwmp:NoMoreRequests>1</cwmp:NoMoreRequests>")
		self.expect(line.ask(), 200, "the call")
		for body in (COMPLETE, KICKED, WANTED, METHODS, "<cwmp:X_EVIL_Do/>"):
			self.expect(line.ask(body, identifier="9"), 200, body)
			assert b"GetRPCMethodsResponse" in line.body or b">9<" in line.body, line.body
		assert line.ask("<cwmp:GetRPCMethodsResponse><MethodList/></cwmp:GetRPCMethodsResponse>", identifier="other") == 204
		self.expect(line.ask("<cwmp:GetRPCMethodsResponse/>"), 400, "the same to nothing")
		until(lambda: request(self.api, "GET", f"/devices/{name}/tasks/{task['id']}").json()["state"] == "failed", "failure")

	def a_device_that_never_ends(self):
		line = self.begun()
		sent = 0
		while sent < 1000:
			for _ in range(100):
				line.send(envelope(METHODS))
			for _ in range(100):
				self.expect(line.status(), 200, sent)
			sent += 100
		self.expect(line.ask(METHODS), 400, "one more")
		self.expect(line.ask(), 204, "it is over")

	# ---- HTTP ----

	def a_pipeline(self):
		line = self.line()
		for body in (envelope(inform("evil")), envelope(COMPLETE), b"", b"", envelope(KICKED)):
			line.send(body)
		self.expect([line.status() for _ in range(5)], [200, 200, 204, 204, 400], "in their order")

	def a_bomb(self):
		for body, coding in ((BLANKS, "gzip"), (ZEROS, "deflate"), (gzip.compress(BLANKS), "gzip"), (BLANKS[:1000], "gzip"),
				(b"\x1f\x8b\x08" + bytes(40), "gzip")):
			line = self.line()
			line.send(body, f"Content-Encoding: {coding}\r\n")
			assert line.status() in (400, 413), coding

	def a_document_that_costs(self):
		deep = "<a>" * 100000
		entities = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
			f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)) + "]><x>&j;</x>")
		for body in (deep, entities, "<", "<a>\0</a>", "<a " + "b='c' " * 5000 + "/>"):
			line = self.line()
			line.send(body.encode())
			assert line.status() in (400, 413), body[:20]
		line = self.line()
		self.expect(line.ask("<cwmp:Inform><Event>" + "<EventStruct/>" * 200000 + "</Event></cwmp:Inform>"), 413, "many events")

	def a_frame_of_two_lengths(self):
		for head in ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
				"Transfer-Encoding: chunked, gzip\r\n", "Content-Length: 18446744073709551617\r\n"):
			line = self.line()
			line.raw(f"POST / HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())
			assert line.status() in (400, 413, 501), head
		line = self.line()
		line.raw(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n")
		self.expect(line.status(), 400, "a chunk of 2^68")

	# ---- UDP ----

	def a_flood(self):
		"""Noise, and questions of every kind, faster than they are read: answers are no larger than questions."""
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.settimeout(0.2)
			header = struct.pack(">HH", 1, 0) + os.urandom(16)
			noise = [os.urandom(size) for size in (1, 19, 20, 100, 1400)] + [bytes(1472), b"GET http://x?ts=1 HTTP/1.1\r\n\r\n" * 9]
			noise += [header[:2] + b"\0\4" + header[4:] + b"\0\6\0\xff", b"\1\1" + header[2:], b"\xff" * 1472]
			for _ in range(200):
				for datagram in noise:
					s.sendto(datagram, ("127.0.0.1", self.stun))
			for _ in range(1000):
				s.sendto(header, ("127.0.0.1", self.stun))
			for attributes in (b"", b"\0\3\0\4" + bytes(4), b"\xc0\1\0\x14dslforum.org/TR-111 ", b"\0\2\0\x08\0\1\0\x35\x7f\0\0\1",
					b"\0\6\0\4evil\0\x08\0\x14" + bytes(20)):
				question = struct.pack(">HH", 1, len(attributes)) + os.urandom(16) + attributes
				s.sendto(question, ("127.0.0.1", self.stun))
				try:
					while (answer := s.recv(2048))[4:20] != question[4:20]:
						pass
					assert len(answer) <= max(len(question), 32), attributes
				except TimeoutError:
					pass # it went to the port that was asked for, or was lost in the flood


class Innocent(threading.Thread):
	"""Does the same again and again until it is told to stop; nothing of it may fail, or take long."""

	def __init__(self, what, do, rest=0.005):
		super().__init__(daemon=True)
		self.what, self.do, self.rest = what, do, rest
		self.stopped, self.times, self.failure = False, [], None

	def run(self):
		try:
			while not self.stopped:
				since = time.monotonic()
				self.do()
				self.times.append(time.monotonic() - since)
				time.sleep(self.rest)
		except Exception as failure: # whatever it is, the main thread says it
			self.failure = failure

	def end(self):
		self.stopped = True
		self.join()
		if self.failure:
			raise self.failure
		times = sorted(self.times)
		assert len(times) > 5 and times[-1] < 10, (self.what, len(times), times[-1:])
		print(f"{self.what}: {len(times)} times, in the middle {times[len(times) // 2] * 1000:.1f} ms, at most "
			f"{times[-1] * 1000:.0f} ms")


def binding(stun):
	"""As a device does it: asked again where no answer comes."""
	attributes = b"\xc0\1\0\x14dslforum.org/TR-111 "
	question = struct.pack(">HH", 1, len(attributes)) + os.urandom(16) + attributes
	with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
		s.settimeout(0.2)
		for _ in range(9):
			s.sendto(question, ("127.0.0.1", stun))
			try:
				assert s.recv(2048)[4:20] == question[4:20]
				return
			except TimeoutError:
				pass
	raise AssertionError("no answer to a binding request")


class Slow(threading.Thread):
	"""Bodies that come octet by octet, and heads, for as long as they are let."""

	def __init__(self, port, count=40):
		super().__init__(daemon=True)
		self.stopped, body = False, envelope(inform("slow"))
		self.octets = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
		self.sockets = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(count)]

	def run(self):
		at = 0
		while not self.stopped:
			for s in self.sockets:
				try:
					s.send(self.octets[at:at + 1])
				except OSError:
					pass
			at += at + 1 < len(self.octets)
			time.sleep(0.05)

	def end(self):
		self.stopped = True
		self.join()
		for s in self.sockets:
			s.close()


def memory(daemon):
	with open(f"/proc/{daemon.process.pid}/status") as status:
		return int(re.search(r"RssAnon:\s+(\d+)", status.read())[1]) * 1024


def half_open(daemon, api, cwmp, count):
	"""Sessions that are begun and left in their middle, over one connection; in the end they come to theirs."""
	line, before, cookies = Line(cwmp), memory(daemon), []
	def each_of(bodies, wanted):
		for body, cookie in bodies:
			line.cookie = cookie
			line.send(body)
		for _ in bodies:
			assert line.status() == wanted
			cookies.append(line.cookie)
	for first in range(0, count, 50):
		each_of([(envelope(inform(f"h{number}")), None) for number in range(first, first + 50)], 200)
	each = (memory(daemon) - before) // count
	open_now = int(re.search(rb"^cwmp_sessions_open\S* (\d+)", request(api, "GET", "/metrics").octets, re.M)[1])
	print(f"{open_now} sessions open at once, {each} octets each")
	assert open_now >= count and each < EACH, (open_now, each)
	for first in range(0, count, 50):
		each_of([(b"", cookie) for cookie in cookies[first:first + 50]], 204)
	line.close()


def flat(daemon, attacks, rounds):
	attacks.run()
	before, lines = memory(daemon), daemon.text().count("\n")
	for _ in range(rounds):
		attacks.run()
	after, said = memory(daemon), daemon.text().count("\n") - lines
	print(f"RssAnon: {before} after a round, {after} after {rounds} more; {said} lines in the log")
	assert after - before < GROWTH, (before, after)
	assert said < rounds * LINES, said


def main():
	arguments = argparse.ArgumentParser()
	arguments.add_argument("--rounds", type=int, default=1)
	arguments.add_argument("--half-open", type=int, default=500)
	options = arguments.parse_args()
	settings = ("store.path=mem:", "node.threads=1", "stun.address=127.0.0.1:0")
	with tempfile.TemporaryDirectory(prefix="sb-hostile-") as folder, Daemon(folder, *settings) as daemon:
		api, cwmp, stun = daemon.port("api"), daemon.port("cwmp"), daemon.port("cwmp.udp")
		Line(cwmp).ask(inform("evil")) # it is known from here on
		good = Cpe(cwmp, "good")
		others = [Innocent("a good device's session", good.session), Innocent("a binding", lambda: binding(stun), 0.05),
			Innocent("an operator's question", lambda: request(api, "GET", f"/devices/{good.name}").expect(200), 0.05)]
		good.session()
		slow = Slow(cwmp)
		for one in (*others, slow):
			one.start()
		flat(daemon, Attacks(api, cwmp, stun), options.rounds)
		half_open(daemon, api, cwmp, options.half_open)
		for one in (*others, slow):
			one.end()


if __name__ == "__main__":
	main()
