#!/usr/bin/env python3
"""kv on a file: whatever kills the process, what was acknowledged is there in the next life, and what
was never asked for is not. sqlite3 shows it meanwhile, and what is damaged stays where it is."""
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from life import Daemon # noqa: E402
from peer import Atom, Peer # noqa: E402

OK = Atom("ok")
ROUNDS, WRITERS, DEPTH, KEYS = 5, 3, 32, 60


class Writer(threading.Thread):
	"""Puts, deletes and swaps its own keys, DEPTH at a time, until the connection is lost. `known` is what
	was acknowledged; what is under way may have happened or not: `open` has, by key, what it may be."""

	def __init__(self, port, number, known):
		super().__init__()
		self.peer, self.number, self.known, self.open = Peer(port), number, known, {}
		self.dice, self.acknowledged = random.Random(time.monotonic_ns()), 0

	def ask(self):
		key = b"w%d:%d" % (self.number, self.dice.randrange(KEYS))
		value = None if self.dice.random() < 0.2 else self.dice.randbytes(self.dice.randrange(300))
		request = (Atom("delete"), key) if value is None else (Atom("put"), key, value)
		self.open.setdefault(key, []).append(value)
		return self.peer.send_call(request), key

	def heed(self, refs):
		reply, ref = self.peer.answer()
		key = refs.pop(ref)
		value = self.open[key].pop(0)
		assert reply == OK or reply[0] == OK or (value is None and reply[1] == Atom("not_found")), reply
		self.known[key] = value
		self.acknowledged += 1

	def run(self):
		refs = {}
		try:
			while True:
				while len(refs) < DEPTH:
					ref, key = self.ask()
					refs[ref] = key
				self.heed(refs)
		except (OSError, EOFError):
			pass


def check(port, writer):
	peer = Peer(port)
	for key in {*writer.known, *writer.open}:
		reply = peer.call((Atom("get"), key))
		value = reply[1] if reply[0] == OK else None
		allowed = [writer.known.get(key), *writer.open.get(key, [])]
		assert value in allowed, (key, value, allowed)
		writer.known[key] = value
	peer.close()


def kills(folder):
	"""Rounds of writing, each ended by SIGKILL in the middle."""
	store = f"store.path={folder}/kv.db"
	known, writers, acknowledged = [{} for _ in range(WRITERS)], [], 0
	for round_number in range(ROUNDS):
		with Daemon(folder, store, f"node.threads={round_number % 2 + 1}") as daemon:
			port = daemon.port()
			for writer in writers:
				check(port, writer)
			writers = [Writer(port, i, known[i]) for i in range(WRITERS)]
			for writer in writers:
				writer.start()
			time.sleep(0.3) # of writing
			daemon.process.kill()
			for writer in writers:
				writer.join()
			daemon.process.returncode = 0 if daemon.process.wait() == -9 else 1
		acknowledged += sum(writer.acknowledged for writer in writers)
	with Daemon(folder, store) as daemon:
		for writer in writers:
			check(daemon.port(), writer)
	assert acknowledged > 100 * ROUNDS, acknowledged
	return acknowledged


def rows(path, sql, *arguments):
	database = sqlite3.connect(path, timeout=10, isolation_level=None)
	try:
		return database.execute(sql, arguments).fetchall()
	finally:
		database.close()


def looks(folder):
	"""What an operator sees while it runs; revisions go on; a damaged row is told and left alone."""
	path = os.path.join(folder, "seen.db")
	with Daemon(folder, f"store.path={path}") as daemon:
		peer = Peer(daemon.port())
		for key, value in ((b"text", b"hello"), (b"number", 7), (Atom("atom"), Atom("blue")), (b"list", [])):
			peer.call((Atom("put"), key, value))
		peer.call((Atom("put"), b"text", b"again"))
		assert sorted(rows(path, "SELECT key, value, revision FROM pairs")) == [
			(":atom", ":blue", 1), ("list", "[]", 1), ("number", "836107", 1), ("text", '"again"', 2)]
		peer.close()
	rows(path, "UPDATE kv SET body = x'00' WHERE key_size = 6")
	with Daemon(folder, f"store.path={path}") as daemon:
		peer = Peer(daemon.port())
		daemon.logged("erpsd.kv_row_damaged")
		daemon.logged("keys=3 octets=[0-9]+ damaged=1")
		assert peer.call((Atom("get"), b"number"))[1] == Atom("not_found")
		assert peer.call((Atom("put"), b"text", b"more")) == (OK, 3)
		assert peer.call((Atom("put"), b"number", 8)) == (OK, 1)
		# One that is damaged later is found by who asks for it.
		rows(path, "UPDATE kv SET body = CAST('text' AS BLOB) || x'83ff'"
			" WHERE id = (SELECT id FROM pairs WHERE key = 'text')")
		assert peer.call((Atom("get"), b"text"))[1] == Atom("corrupt")
		peer.close()
	assert rows(path, "SELECT count(*) FROM kv") == [(5,)]


def main():
	with tempfile.TemporaryDirectory(prefix="sb-erpsd-") as folder:
		acknowledged = kills(folder)
		looks(folder)
	print(f"{acknowledged} writes were acknowledged and none was lost")


if __name__ == "__main__":
	main()
