#!/usr/bin/env python3
"""erpsd over TCP and TLS: each service as its peers see it, who may use what, and the end."""
import os
import signal
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from life import BINARY, CONFIG, PATIENCE, Daemon, until # noqa: E402
from peer import Atom, Peer, tls_client # noqa: E402

OK, ERROR = Atom("ok"), Atom("error")


def echoes(port):
	peer = Peer(port)
	for term in (1, -1, 2**40, 3.5, b"bin", None, True, [], [1, 256], (), (Atom("a"), [b"b"]), {b"k": 1}):
		assert peer.call((Atom("echo"), term)) == term, term
	assert peer.call(Atom("ping")) == Atom("pong")
	assert peer.refusal(Atom("nothing")) == b"undef"
	assert peer.refusal(17) == b"undef"
	assert peer.refusal((Atom("echo"), 1, 2)) == b"badarg"
	peer.cast((Atom("echo"), b"back"))
	assert peer.push() == b"back"
	refs = [peer.send_call((Atom("echo"), i)) for i in range(500)]
	assert [peer.answer() for _ in refs] == list(zip(range(500), refs))
	peer.close()


def put(peer, key, value):
	return peer.call((Atom("put"), key, value))


def error(reason):
	return (ERROR, Atom(reason) if isinstance(reason, str) else reason)


def keeps(port):
	a, b = Peer(port), Peer(port)
	value = (Atom("user"), {b"name": b"Ada", b"age": 36})
	assert a.call((Atom("get"), b"user:1")) == error("not_found")
	assert put(a, b"user:1", value) == (OK, 1)
	assert b.call((Atom("get"), b"user:1")) == (OK, value, 1)
	assert put(b, b"user:1", 2) == (OK, 2)
	# An atom and a binary of one spelling are two keys.
	assert put(a, Atom("user:1"), 3) == (OK, 1)
	assert a.call((Atom("get"), b"user:1")) == (OK, 2, 2)

	assert a.call((Atom("cas"), b"user:1", 1, 9)) == error((Atom("conflict"), 2))
	ok, revision = a.call((Atom("cas"), b"user:1", 2, 9))
	assert ok == OK and revision > 2
	assert b.call((Atom("get"), b"user:1")) == (OK, 9, revision)
	ok, first = a.call((Atom("cas"), b"lock", 0, b"mine"))
	assert ok == OK
	assert b.call((Atom("cas"), b"lock", 0, b"mine")) == error((Atom("conflict"), first))
	assert b.call((Atom("cas"), b"none", 7, 1)) == error((Atom("conflict"), 0))

	for i in range(5):
		put(a, b"user:%d" % (i + 2), i)
	assert a.call((Atom("keys"), b"user:", 4)) == (OK, [b"user:%d" % i for i in range(1, 5)], True)
	assert a.call((Atom("keys"), b"user:", 4, b"user:4")) == (OK, [b"user:5", b"user:6"], False)
	assert a.call((Atom("keys"), b"user:", 100, b"a")) == (OK, [b"user:%d" % i for i in range(1, 7)], False)
	assert a.call((Atom("keys"), Atom(""), 100)) == (OK, [Atom("user:1")], False)
	assert a.call((Atom("keys"), b"zzz", 100)) == (OK, [], False)
	assert a.call((Atom("keys"), b"", 0)) == (OK, [], True)

	assert a.call((Atom("delete"), b"user:1")) == OK
	assert a.call((Atom("delete"), b"user:1")) == error("not_found")
	assert b.call((Atom("get"), b"user:1")) == error("not_found")

	# Many of one key under way: each has its own end, in order.
	refs = {}
	for i in range(100):
		refs[a.send_call((Atom("put"), b"hot", i))] = i + 1
	refs[a.send_call((Atom("delete"), b"hot"))] = None
	refs[a.send_call((Atom("put"), b"hot", b"again"))] = 1
	for _ in refs:
		reply, ref = a.answer()
		assert reply == (OK if refs[ref] is None else (OK, refs[ref])), reply
	assert a.call((Atom("get"), b"hot")) == (OK, b"again", 1)

	assert put(a, b"big", bytes(70000)) == error("too_large")
	for request in ((Atom("put"), b"x"), (Atom("get"), 7), (Atom("get"), bytes(256)), Atom("get"),
			(Atom("cas"), b"x", -1, 0), (Atom("keys"), b"x", b"y")):
		assert a.refusal(request) == b"badarg", request
	b.cast((Atom("put"), b"cast", 1))
	until(lambda: b.call((Atom("get"), b"cast")) == (OK, 1, 1), "value of a cast")
	a.close()
	b.close()


def names(port):
	alice, bob = Peer(port), Peer(port)
	assert alice.call((Atom("register"), Atom("alice"))) == OK
	assert bob.call((Atom("register"), b"alice")) == error("taken")
	assert bob.call((Atom("register"), b"bob")) == OK
	assert bob.call((Atom("push"), b"alice", (Atom("news"), b"hello"))) == OK
	assert alice.push() == (Atom("news"), b"hello")
	assert bob.call((Atom("push"), Atom("carol"), 1)) == error("not_found")
	bob.cast((Atom("push"), b"alice", 2))
	assert alice.push() == 2

	me = alice.call(Atom("whoami"))
	assert me[Atom("names")] == [b"alice"] and me[Atom("subject")] is None, me
	assert me[Atom("address")] == b"127.0.0.1:%d" % alice.socket.getsockname()[1]
	who = alice.call(Atom("who"))
	assert sorted(sum((peer[Atom("names")] for peer in who), [])) == [b"alice", b"bob"], who
	assert len(alice.call((Atom("who"), 1))) == 1
	assert alice.call((Atom("who"), 0)) == []

	others = [Peer(port) for _ in range(8)]
	for other in others:
		other.call(Atom("ping"))
	assert alice.call((Atom("broadcast"), b"all")) == OK
	for other in (bob, *others):
		assert other.push() == b"all"
	assert alice.call((Atom("echo"), 1)) == 1 and not alice.pushes

	assert bob.call((Atom("unregister"), b"alice")) == error("not_found")
	assert bob.call((Atom("unregister"), b"bob")) == OK
	for i in range(16):
		assert bob.call((Atom("register"), b"bob%d" % i)) == OK
	assert bob.call((Atom("register"), b"one more")) == error("too_many")
	for name in (b"", bytes(3), bytes(201), 7):
		assert bob.refusal((Atom("register"), name)) == b"badarg"
	# A name is free again when its peer has gone.
	alice.close()
	until(lambda: others[0].call((Atom("register"), b"alice")) == OK, "free name")
	for peer in (bob, *others):
		peer.close()


def rules(folder):
	"""Who may use what; identifier and version."""
	config = os.path.join(folder, "rules.conf")
	with open(config, "w") as file:
		file.write('listener "erps" { address = "127.0.0.1:0" }\n'
			'service "echo" { }\nservice "kv" { }\n'
			'rpc { identifier = "us" versions = "~> 1.2" safe = true atoms = { colour } }\n'
			'access "no writes" { methods = { put, delete } allow = false }\n'
			'access "rest" { networks = { "127.0.0.0/8" } }\n')
	with Daemon(folder, config=config) as daemon:
		peer = Peer(daemon.port(), version=(1, 2, 3), identifier=b"us")
		assert peer.refusal((Atom("put"), b"k", 1)) == b"access denied"
		daemon.logged(r"erps.access_denied .*method=:put")
		assert peer.call((Atom("get"), b"k")) == error("not_found")
		assert peer.call((Atom("echo"), Atom("colour"))) == Atom("colour")
		assert peer.refusal((Atom("echo"), Atom("unheard_of"))) == b"badarg"
		daemon.logged(r"erps.badarg .*method=:echo")
		peer.version = (2, 0, 0)
		assert peer.refusal(Atom("ping")) == b"incompatible version"
		daemon.logged(r"erps.refused .*method=:ping")
		peer.version, peer.identifier = (1, 9, 0), b"them"
		assert peer.refusal(Atom("ping")) == b"wrong identifier"
		peer.identifier = b"us"
		assert peer.call(Atom("ping")) == Atom("pong")
		daemon.logged("erps.access_denied .* type=call method=:put")
		daemon.logged("erps.refused .* identifier=us version=2.0.0")
		with socket.create_connection(("127.0.0.1", daemon.port())) as stranger:
			stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
			assert stranger.recv(1) == b""
		daemon.logged('erps.no_packet .* begins="GET / HTTP/1.1')
		peer.close()


def erps(port, request, *options):
	"""What the command line client makes of it: its exit status, what it prints, what it says."""
	done = subprocess.run([os.path.join(BINARY, "bin", "erps"), "call", f"127.0.0.1:{port}", request, *options],
		capture_output=True, text=True, timeout=PATIENCE)
	return done.returncode, done.stdout, done.stderr


def signed(folder):
	"""With secrets, only who knows one of them is heard; each packet is signed."""
	path = lambda name: os.path.join(folder, name) # noqa: E731
	for name, words in (("right", "swordfish\n"), ("other", "correct horse"), ("wrong", "sardine")):
		with open(path(name), "w") as file:
			file.write(words)
	config = path("signed.conf")
	with open(config, "w") as file:
		file.write('listener "erps" { address = "127.0.0.1:0" }\nservice "echo" { }\n'
			'secret "main" { secret_file = "right" }\n'
			f'secret "{"0f" * 16}" {{ secret = "correct horse" }}\n')
	sign = lambda key, name: ("--secret-key", key, "--secret-file", path(name)) # noqa: E731
	with Daemon(folder, config=config) as daemon:
		port = daemon.port()
		for right in (sign("main", "right"), sign("0f" * 16, "other")):
			assert erps(port, "{:echo, 1}", *right) == (0, "1\n", "")
			assert erps(port, f'{{:echo, "{"x" * 5000}"}}', "--compressed", *right)[0] == 0
		for why, options in (
			("authentication failed", sign("main", "wrong")),
			("authentication failed", sign("main", "other")),
			("authentication failed", sign("unknown", "right")),
			("authentication required", ()),
		):
			said = erps(port, "{:echo, 1}", *options)
			assert said == (3, "", f"erps: the server says: {why}\n"), (options, said)
			daemon.logged(f'erps.refused .*reason="{why}" .*method=:echo')
		peer = Peer(port)
		assert peer.refusal(Atom("ping")) == b"authentication required"
		peer.close()
	with Daemon(folder, "store.path=mem:") as daemon:
		said = erps(daemon.port(), "{:echo, 1}", *sign("main", "right"))
		assert said == (3, "", "erps: the server says: authentication provided\n"), said


def limits(folder):
	"""kv is bounded, and a place that is given back can be taken."""
	with Daemon(folder, "store.path=mem:", "kv.max_keys=2", "kv.max_size=1000", "node.threads=1") as daemon:
		peer = Peer(daemon.port())
		assert put(peer, b"a", 1) == (OK, 1) and put(peer, b"b", 1) == (OK, 1)
		assert put(peer, b"c", 1) == error("full")
		assert peer.call((Atom("delete"), b"a")) == OK
		assert put(peer, b"c", bytes(1000)) == error("full")
		assert put(peer, b"c", bytes(900)) == (OK, 1)
		assert put(peer, b"b", bytes(100)) == error("full")
		assert peer.call((Atom("get"), b"b")) == (OK, 1, 1)
		peer.close()


def mutual(folder):
	"""TLS on both ends: the subject is the registry's to tell, and rules may ask for it."""
	subprocess.run([os.path.join(BINARY, "bin", "tests", "support", "make-certificates"), folder], check=True)
	path = lambda name: os.path.join(folder, name) # noqa: E731
	config = path("tls.conf")
	with open(config, "w") as file:
		file.write('listener "erps" { address = "127.0.0.1:0"\n'
			'tls { certificate = "server.pem" key = "server.key" ca = "ca.pem" verify = required } }\n'
			'service "echo" { }\nservice "registry" { }\n'
			'access "known" { subject = "CN=client" }\n')
	with Daemon(folder, config=config) as daemon:
		port = daemon.port()
		peer = Peer(port, tls_client(path("ca.pem"), path("client.pem"), path("client.key")))
		assert peer.call((Atom("echo"), b"x" * 100000)) == b"x" * 100000
		assert b"CN=client" in peer.call(Atom("whoami"))[Atom("subject")]
		peer.close()
		try:
			Peer(port, tls_client(path("ca.pem"))).call(Atom("ping"))
			raise AssertionError("a peer without a certificate was served")
		except (OSError, EOFError):
			pass


def end(folder):
	"""What was read before SIGTERM is answered after it; then the connection ends."""
	with Daemon(folder, f"store.path={folder}/end.db") as daemon:
		peer = Peer(daemon.port())
		refs = {peer.send_call((Atom("put"), b"%d" % i, i)) for i in range(200)}
		# Nothing is reloaded, and nobody cut off.
		daemon.process.send_signal(signal.SIGHUP)
		daemon.logged("node.hangup")
		# Once this is answered, what was sent before it is read.
		refs.add(last := peer.send_call(Atom("ping")))
		while last in refs:
			refs.discard(peer.answer()[1])
		daemon.terminate()
		while refs:
			reply, ref = peer.answer()
			assert reply == (OK, 1), reply
			refs.discard(ref)
		try:
			peer.next()
			raise AssertionError("a packet after the last answer")
		except EOFError:
			pass
		peer.close()


def mistakes(folder):
	"""-t says what is wrong; a port that is taken ends the program."""
	erpsd = os.path.join(BINARY, "bin", "erpsd")
	checked = subprocess.run([erpsd, "-c", CONFIG, "-t"], capture_output=True, text=True)
	assert (checked.returncode, checked.stdout) == (0, "configuration ok\n"), checked
	wrong = subprocess.run([erpsd, "-c", CONFIG, "-t", "--set", "kv.max_key=1MiB"],
		capture_output=True, text=True)
	assert wrong.returncode == 1 and "max_key" in wrong.stderr, wrong
	with socket.create_server(("127.0.0.1", 0)) as holder:
		taken = subprocess.run([erpsd, "-c", CONFIG, "--set", "store.path=mem:", "--set",
			f"listener.erps.address=127.0.0.1:{holder.getsockname()[1]}"],
			capture_output=True, text=True, timeout=PATIENCE)
	assert taken.returncode == 1 and "erpsd.listen_failed" in taken.stderr, taken
	with Daemon(folder, "store.path=mem:") as first:
		second = subprocess.run([erpsd, "-c", CONFIG, "--set", "store.path=mem:", "--set",
			f"listener.erps.address=127.0.0.1:{first.port()}"],
			capture_output=True, text=True, timeout=PATIENCE)
	assert second.returncode == 1 and "SB_EADDRINUSE" in second.stderr, second


def main():
	with tempfile.TemporaryDirectory(prefix="sb-erpsd-") as folder:
		with Daemon(folder, "store.path=mem:", "node.threads=3") as daemon:
			for part in (echoes, keeps, names):
				part(daemon.port())
		for part in (rules, signed, limits, mutual, end, mistakes):
			part(folder)


if __name__ == "__main__":
	main()
