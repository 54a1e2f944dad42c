#!/usr/bin/env python3
"""erps, the command line client, against a server that behaves well and badly: what is sent, what is printed,
and how it ends."""
import hashlib
import hmac
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import CALL, CALL_WITH, CAST, CREDIT, ERROR, PART, PATIENCE, Server, error, packet, push, reply, text  # noqa: E402

BINARY = os.environ["SB_BINARY_DIR"]
PROGRAM = os.path.join(BINARY, "bin", "erps")
DONE, USAGE, UNREACHABLE, REFUSED, TIMEOUT, BAD_TERM, LOST, FAILED = range(8)

# {:sum, 3, 1.5, "text", [a: nil]}
ANSWER = (b"h\x05w\x03suma\x03F\x3f\xf8\0\0\0\0\0\0" + text("text") + b"l\0\0\0\x01h\x02w\x01aw\x03nilj")


def erps(*arguments, given=None, locale="C"):
	done = subprocess.run([PROGRAM, *arguments], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
	                      text=True, timeout=PATIENCE, encoding="utf-8", env=dict(os.environ, LC_ALL=locale))
	return done.returncode, done.stdout, done.stderr


def expect(status, output, complaint, did):
	"""`complaint` is what standard error begins with behind "erps: "; None: nothing."""
	assert did[0] == status, did
	assert output is None or did[1] == output, did
	assert did[2] == "" if complaint is None else did[2].startswith("erps: " + complaint), did


def echo(one, connection):
	if one.kind == CALL:
		connection.sendall(reply(one.ref(), one.request()))


def answering(octets):
	def behave(one, connection):
		if one.kind == CALL:
			connection.sendall(octets(one) if callable(octets) else octets)
	return behave


def where(server):
	return f"127.0.0.1:{server.port}"


def test_a_call_prints_the_reply():
	with Server(answering(lambda one: reply(one.ref(), ANSWER))) as server:
		expect(DONE, '{:sum, 3, 1.5, "text", [a: nil]}\n', None, erps("call", where(server), "{:add, 1, 2}"))
		expect(DONE, '["sum",3,1.5,"text",[["a",null]]]\n', None, erps("call", where(server), "{:add, 1, 2}", "--json"))
		assert server.packets[0].request() == b"h\x03w\x03adda\x01a\x02"


def test_packets_say_who_we_are():
	with Server(echo) as server:
		expect(DONE, ":ping\n", None, erps("call", where(server), ":ping"))
		expect(DONE, ":ping\n", None, erps("--identifier", "tester", "call", "--version", "0.2.4", where(server), ":ping"))
		assert (server.packets[0].identifier, server.packets[0].version) == (b"", (0, 0, 0))
		assert (server.packets[1].identifier, server.packets[1].version) == (b"tester", (0, 2, 4))


def test_a_term_comes_from_standard_input():
	with Server(echo) as server:
		expect(DONE, "%{a: 1}\n", None, erps("call", where(server), "-", given="%{\n  a: 1\n}\n"))
		expect(DONE, "-5\n", None, erps("call", where(server), "--", "-5"))
		large = '"' + "x" * 3000000 + '"\n'
		expect(DONE, large, None, erps("call", where(server), "-", "--timeout", "60s", given=large))


def test_a_cast_is_sent():
	with Server(echo) as server:
		expect(DONE, "", None, erps("cast", where(server), '{:note, "x"}'))
		deadline = time.monotonic() + PATIENCE
		while not server.packets and time.monotonic() < deadline:
			time.sleep(0.01)
		assert server.packets[0].kind == CAST and server.packets[0].request() == b"h\x02w\x04note" + text("x")


def test_errors_are_said():
	with Server(answering(lambda one: error(one.ref(), "badarg"))) as server:
		expect(REFUSED, "", "the server says: badarg\n", erps("call", where(server), ":x"))
	with Server(answering(lambda one: packet(ERROR, b"\x83h\x02w\x05undef" + one.ref()))) as server:
		expect(REFUSED, "", "the server answered with the error :undef\n", erps("call", where(server), ":x"))
	with Server(answering(packet(ERROR, b"\x83" + text("wrong identifier")))) as server:
		did = erps("call", where(server), ":x")
		expect(REFUSED, "", "the server says: wrong identifier\n", did)
		assert did[2].count("\n") == 1, did


def test_no_answer_is_a_timeout():
	with Server(answering(b"")) as server:
		expect(TIMEOUT, "", "no answer within 300 ms\n", erps("call", where(server), ":x", "--timeout", "300ms"))


def test_an_answer_that_is_no_term_is_said():
	with Server(answering(lambda one: reply(one.ref(), b"q\0"))) as server:
		expect(BAD_TERM, "", "the server's answer", erps("call", where(server), ":x", "--timeout", "1s"))


def test_a_term_that_is_none_goes_nowhere():
	with Server(echo) as server:
		status, output, complaint = erps("call", where(server), "{:add, 1 2}")
		assert (status, output) == (BAD_TERM, "")
		assert complaint == "erps: the term: line 1, column 10: a comma or } is missing\n  {:add, 1 2}\n           ^\n", complaint
		expect(BAD_TERM, "", "the term: line 2, column 3: ", erps("call", where(server), "-", given="{1,\n }}"))
		expect(BAD_TERM, "", "the term: line 1, column 1: ", erps("call", where(server), ""))
		assert not server.packets
		# The mark stands below the fault where characters are wide, too.
		wide = erps("call", where(server), '{"日本" 5}', locale="C.UTF-8")[2]
		assert wide.endswith('\n  {"日本" 5}\n          ^\n'), wide


def test_a_connection_that_ends_is_lost():
	with Server(lambda one, connection: "close") as server:
		expect(LOST, "", "the server closed the connection\n", erps("call", where(server), ":x"))
		expect(LOST, "", "the server closed the connection\n", erps("listen", where(server), "--call", ":x"))
	with Server(answering(b"no packet at all, but octets")) as server:
		expect(LOST, "", "the connection was lost", erps("call", where(server), ":x"))


def test_no_connection_is_said():
	with socket.create_server(("127.0.0.1", 0)) as closed:
		port = closed.getsockname()[1]
	expect(UNREACHABLE, "", f"no connection to 127.0.0.1:{port}: connection refused\n", erps("call", f"127.0.0.1:{port}", ":x"))
	expect(UNREACHABLE, "", "no connection to no-such-host.invalid: the name could not be resolved\n",
	       erps("cast", "no-such-host.invalid", ":x"))


def pushing(one, connection):
	"""Subscribes at once; three pushes arrive together with the reply."""
	if one.kind == CALL:
		connection.sendall(reply(one.ref(), b"w\x02ok") + b"".join(push(b"h\x02w\x04newsa" + bytes([n])) for n in range(3)))


def test_pushes_are_listened_for():
	with Server(pushing) as server:
		expect(DONE, "{:news, 0}\n{:news, 1}\n{:news, 2}\n", "the reply: :ok\n",
		       erps("listen", where(server), "--call", ":subscribe", "--count", "3"))
		expect(DONE, '["news",0]\n["news",1]\n', "the reply: :ok\n",
		       erps("listen", where(server), "--call", ":subscribe", "--count", "2", "--json"))
		expect(DONE, "", None, erps("listen", where(server), "--for", "200ms"))


def streaming(count):
	"""A server of ours: the first answer says so. Then a part for each credit, and the reply."""
	sent = []

	def parts(ref, credit, connection):
		for n in range(len(sent), min(len(sent) + credit, count)):
			sent.append(n)
			connection.sendall(packet(PART, b"\x83h\x02a" + bytes([n]) + ref))
		if len(sent) == count:
			sent.append(None)
			connection.sendall(reply(ref, b"w\x04done"))

	def behave(one, connection):
		if one.kind == CALL:
			answer = bytearray(reply(one.ref(), one.request()))
			answer[9:23] = b"\1\0\0switchboard"
			connection.sendall(answer)
		elif one.kind == CALL_WITH:
			assert b"w\x06credita\x02" in one.payload, one.payload
			parts(one.payload[3:8], 2, connection)
		elif one.kind == CREDIT:
			parts(one.payload[3:8], 1, connection)
	return behave


def test_parts_of_an_answer_are_lines_before_it():
	with Server(streaming(5)) as server:
		expect(DONE, "0\n1\n2\n3\n4\n:done\n", None, erps("call", where(server), ":count", "--credit", "2"))
		assert server.packets[0].request() == b"w\x04ping"
	# Any other server answers as ever, and is sent no extension.
	with Server(echo) as server:
		expect(DONE, ":count\n", None, erps("call", where(server), ":count", "--credit", "2"))
		assert [one.kind for one in server.packets] == [CALL, CALL]
	expect(USAGE, "", "--credit is for call", erps("cast", "host", ":x", "--credit", "1"))
	expect(USAGE, "", "--credit 0: a number", erps("call", "host", ":x", "--credit", "0"))


def test_a_signal_ends_listening():
	with Server(pushing) as server:
		process = subprocess.Popen([PROGRAM, "listen", where(server), "--call", ":x"], stdout=subprocess.PIPE,
		                           stderr=subprocess.PIPE, text=True)
		# Each line is there when its push is.
		assert [process.stdout.readline() for _ in range(3)][2] == "{:news, 2}\n"
		process.send_signal(signal.SIGINT)
		assert process.communicate(timeout=PATIENCE) == ("", "erps: the reply: :ok\n")
		assert process.returncode == DONE


def test_a_reader_that_leaves_ends_listening():
	with Server(pushing) as server:
		process = subprocess.Popen([PROGRAM, "listen", where(server), "--call", ":x"], stdout=subprocess.PIPE,
		                           stderr=subprocess.PIPE, text=True)
		process.stdout.close()
		assert process.wait(PATIENCE) == FAILED, process.returncode
		assert "cannot be written" in process.stderr.read()
		process.stderr.close()


def test_terms_are_compressed_on_request():
	term = '"' + "a" * 1000 + '"'
	with Server(answering(reply(b"bSBX\x01", b"a\x01"))) as server:
		for option in ("--compressed", "--compressed=9"):
			expect(DONE, "1\n", None, erps("call", where(server), term, option))
			assert server.packets[-1].payload[:2] == b"\x83P" and len(server.packets[-1].payload) < 100


def test_packets_are_signed():
	with Server(echo_signed) as server, tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "secret")
		with open(path, "w", encoding="ascii") as file:
			file.write("swordfish\n")
		expect(DONE, ":x\n", None, erps("call", where(server), ":x", "--secret-key", "main", "--secret-file", path))
		one = server.packets[0]
		assert one.key == b"main".ljust(16, b"\0")
		signed = one.octets[:64] + bytes(32) + one.payload
		assert one.signature == hmac.new(b"swordfish", signed, hashlib.sha256).digest()
		expect(DONE, ":x\n", None, erps("call", where(server), ":x", "--secret-key", "0f" * 16, "--secret-file", path))
		assert server.packets[1].key == b"\x0f" * 16
		expect(USAGE, "", "--secret-key and --secret-file", erps("call", where(server), ":x", "--secret-key", "main"))
		expect(USAGE, "", "--secret-key: a key", erps("call", where(server), ":x", "--secret-key", "", "--secret-file", path))
		expect(USAGE, "", folder + "/none: No such file", erps("call", where(server), ":x", "--secret-key", "k", "--secret-file", folder + "/none"))


def echo_signed(one, connection):
	connection.sendall(reply(one.ref(), one.request()))


def server_context(folder, certificate="server", is_mutual=False):
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(f"{folder}/{certificate}.pem", f"{folder}/{certificate}.key")
	if is_mutual:
		context.verify_mode = ssl.CERT_REQUIRED
		context.load_verify_locations(f"{folder}/ca.pem")
	return context


def test_tls_is_checked():
	with tempfile.TemporaryDirectory() as folder:
		subprocess.run([os.path.join(BINARY, "bin", "tests", "support", "make-certificates"), folder], check=True)
		ca = ("--ca", f"{folder}/ca.pem")
		ours = ("--cert", f"{folder}/client.pem", "--key", f"{folder}/client.key")
		with Server(echo, server_context(folder)) as server:
			expect(DONE, ":x\n", None, erps("call", where(server), ":x", *ca))
			expect(DONE, ":x\n", None, erps("call", where(server), ":x", "--insecure"))
			expect(UNREACHABLE, "", f"no connection to {where(server)}: ", erps("call", where(server), ":x", "--tls"))
			expect(UNREACHABLE, "", f"no connection to {where(server)}: ", erps("call", where(server), ":x", *ca, "--server-name", "other.example"))
			expect(UNREACHABLE, "", f"no connection to {where(server)}: ", erps("call", where(server), ":x", "--ca", f"{folder}/other-ca.pem"))
		with Server(echo, server_context(folder, is_mutual=True)) as server:
			expect(DONE, ":x\n", None, erps("call", where(server), ":x", *ca, *ours))
			status, _, complaint = erps("call", where(server), ":x", *ca)
			assert status in (UNREACHABLE, LOST) and "certificate" in complaint, (status, complaint)
		expect(USAGE, "", "TLS: ", erps("call", "127.0.0.1:1", ":x", "--ca", f"{folder}/none.pem"))
		expect(USAGE, "", "--cert and --key go together", erps("call", "127.0.0.1:1", ":x", *ours[:2]))


def test_a_wrong_command_line_is_explained():
	for complaint, arguments in (
		("what is to be done?", ()),
		("cal: call, cast or listen?", ("cal", "host", ":x")),
		("call takes HOST:PORT and a term", ("call", "host")),
		("listen takes HOST:PORT", ("listen",)),
		("2: one argument too many", ("call", "host", ":x", "2")),
		("host:: where to?", ("call", "host:", ":x")),
		("host:0: where to?", ("call", "host:0", ":x")),
		("host:70000: where to?", ("call", "host:70000", ":x")),
		("[::1: where to?", ("call", "[::1", ":x")),
		("--timeout 5: a time", ("call", "host", ":x", "--timeout", "5")),
		("--version 1.2: a version", ("call", "host", ":x", "--version", "1.2")),
		("--version 1.2.256: a version", ("call", "host", ":x", "--version", "1.2.256")),
		("--compressed=10: a level", ("call", "host", ":x", "--compressed=10")),
		("--count 0: a number", ("listen", "host", "--count", "0")),
		("--count and --for", ("call", "host", ":x", "--count", "1")),
		("--identifier: it has 36", ("call", "host", ":x", "--identifier", "x" * 37)),
	):
		status, output, said = erps(*arguments)
		assert (status, output) == (USAGE, "") and said.startswith("erps: " + complaint), (arguments, said)
		assert said.endswith("Try 'erps --help'.\n"), said
	assert erps("call", "host", ":x", "--nonsense")[0] == USAGE


def test_help_and_version():
	status, output, complaint = erps("--help")
	assert status == DONE and output.startswith("usage: erps call HOST:PORT TERM") and not complaint
	assert all(len(line) <= 90 for line in output.splitlines())
	assert erps("-V")[1].startswith("erps 0.")


def main():
	for name, test in sorted(globals().items()):
		if name.startswith("test_"):
			print(name, flush=True)
			test()


if __name__ == "__main__":
	main()
