#!/usr/bin/env python3
"""smpp-mc on a file, ended and started again in the middle of everything: by SIGKILL and by SIGTERM,
with other numbers of partitions and shards. What waited, what was scheduled, receipts, final states,
cancels and replaced texts are where they were, and sqlite3 shows them in words meanwhile."""
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "interop"),
                os.path.join(os.path.dirname(HERE), "hostile")]
from centre import SOURCE, Centre, until  # noqa: E402
from wire import *  # noqa: E402,F403

CONFIG = os.path.join(SOURCE, "daemons", "smpp-mc", "smpp-mc.conf")
DELIVERED, DELETED, ENROUTE = 2, 4, 1


class Life:
    """One process after the other on the same file."""

    def __init__(self, folder):
        self.folder, self.number, self.centre = folder, 0, None
        self.path = os.path.join(folder, "mc.db")

    def start(self, *settings):
        self.number += 1
        self.centre = Centre(self.folder, CONFIG,
                             ["listener.smpp.address=127.0.0.1:0", f"store.path={self.path}", *settings],
                             f"life-{self.number}")
        self.port = self.centre.port("smpp")

    def kill(self):
        self.centre.process.send_signal(signal.SIGKILL)
        self.centre.process.wait()

    def again(self, *settings):
        self.kill()
        self.start(*settings)

    def rows(self, sql):
        """As an operator asks, while it runs."""
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


def submit(peer, **fields):
    return message_id(peer.ask(SUBMIT, submit_body(source="2000", **fields)))


def state(peer, which):
    return peer.ask(QUERY, query_body(which, "2000"))[-2]


def deliver(peer):
    got = peer.next()
    assert got and got.id == DELIVER, got
    peer.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence))
    return delivered_text(got)


def play(life):
    life.start()
    bob = bound(life.port, BIND_TX, "bob")
    ids = [submit(bob, to="1555", text=b"text %d" % i, registered=1) for i in range(20)]
    later = submit(bob, to="1556", text=b"later", schedule="000000000005000R")
    cancelled = submit(bob, to="1557", text=b"never")
    bob.ask(CANCEL, cancel_body(cancelled, "2000"))
    replaced = submit(bob, to="1558", text=b"old")
    bob.ask(REPLACE, replace_body(replaced, "2000", b"new"))
    done = submit(bob, to="999", text=b"to the handset", registered=1)
    until(lambda: state(bob, done) == DELIVERED, "delivery")
    # It is said before it is stored.
    until(lambda: life.rows("SELECT * FROM messages WHERE kind = 'receipt'"), "receipt")

    shown = life.rows("SELECT message_id, kind, state, account, source, destination, tries FROM messages "
                      "ORDER BY id")
    assert shown[0] == (ids[0], "message", "waiting", "bob", "2000", "1555", 0), shown[0]
    assert (later, "message", "scheduled", "bob", "2000", "1556", 0) in shown, shown
    assert [row[4:6] for row in shown if row[1] == "receipt"] == [("999", "2000")], shown
    finals = life.rows("SELECT message_id, state FROM final_states")
    assert sorted(finals) == sorted([(cancelled, "deleted"), (done, "delivered")]), finals

    life.again("node.threads=3", "delivery.partitions_per_shard=3")
    assert "messages=22 receipts=1 sent=0 finals=2 orphans=0 damaged=0" in life.centre.text()
    bob = bound(life.port, BIND_TRX, "bob")
    assert f"id:{done} ".encode() in deliver(bob), "the receipt that was owed"
    assert [state(bob, which) for which in (done, cancelled, ids[3])] == [DELIVERED, DELETED, ENROUTE]
    bob.ask(CANCEL, cancel_body(ids[19], "2000"))
    assert f"id:{ids[19]} ".encode() in deliver(bob)
    # Its answer is heeded when the row has gone: or the receipt comes again.
    until(lambda: life.rows("SELECT count(*) FROM messages WHERE kind = 'receipt'") == [(0,)], "no receipts")

    life.again("node.threads=1")
    alice = bound(life.port, BIND_RX)
    texts = [deliver(alice) for _ in range(21)]
    assert [text for text in texts if text.startswith(b"text")] == [b"text %d" % i for i in range(19)], texts
    assert sorted(text for text in texts if not text.startswith(b"text")) == [b"later", b"new"], texts
    until(lambda: life.rows("SELECT count(*) FROM messages WHERE kind = 'message'") == [(0,)], "empty queue")

    # Nineteen receipts are owed now; a drain keeps them as a kill does.
    assert life.centre.stop() == 0
    life.start()
    alice, bob = bound(life.port, BIND_RX), bound(life.port, BIND_TRX, "bob")
    receipts = [deliver(bob) for _ in range(19)]
    assert sorted(receipts) == sorted(receipt for i in range(19) for receipt in receipts
                                      if f"id:{ids[i]} ".encode() in receipt), receipts
    until(lambda: life.rows("SELECT count(*) FROM msg") == [(0,)], "empty store")
    for peer in (alice, bob):
        peer.lives()
    assert life.centre.stop() == 0


def repair(life):
    """A page in the middle is ruined: the start says how to save the rest, and that is what can be done."""
    count = 2000
    life.start()
    bob = bound(life.port, BIND_TX, "bob")
    for i in range(count):
        submit(bob, to="1555", text=b"text %d" % i)
    assert life.centre.stop() == 0
    with open(life.path, "r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 4096)
    try:
        life.start()
        raise AssertionError("a damaged file was opened")
    except SystemExit as end:
        recipe = re.search(r'recover="copy the file with its -wal; (.*)"', str(end))[1]
    saved = os.path.join(life.folder, "saved.db")
    subprocess.run(recipe.replace("COPY", life.path).replace("NEW", saved), shell=True, check=True)
    life.path = saved
    life.start()
    left, = life.rows("SELECT count(*) FROM messages WHERE source = '2000'")[0]
    assert count * 9 // 10 < left < count, left
    assert f"messages={left} " in life.centre.text()
    assert life.centre.stop() == 0


def main():
    with tempfile.TemporaryDirectory(prefix="sb-durable-") as folder:
        life = Life(folder)
        try:
            play(life)
            repair(life)
        finally:
            if life.centre and life.centre.process.poll() is None:
                life.kill()
    print(f"{life.number} lives on one file")


if __name__ == "__main__":
    main()
