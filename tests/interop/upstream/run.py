#!/usr/bin/env python3
"""smpp-mc as the upstream of another smpp-mc, plain and over TLS: messages through both to the handset of
the far one, their receipts back under the near one's ids; messages of the far one's clients to those of
the near one; and either of the two killed while the other has what is its own to finish."""
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE),
                os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "daemons", "smpp-mc", "hostile")]
from centre import BINARY, Centre, certificate, free_ports, until  # noqa: E402
from wire import (BIND_TRX, DELIVER, RESPONSE, SUBMIT, bound, delivered_text, message_id, pdu,  # noqa: E402
                  submit_body)

MESSAGES = 100


class Pair:
    """Both centres, each on a store of its own. `far` settings are for the far one."""

    def __init__(self, folder, name, far=(), tls=None):
        self.folder, self.name, self.lives = folder, name, 0
        self.far_port = free_ports(1)[0]
        self.far_settings = [f"listener.smpp.address=127.0.0.1:{self.far_port}", *far]
        self.near_settings = [f"upstream.far.port={self.far_port}"]
        if tls:
            key, cert = tls
            self.far_settings += [f"listener.smpp.tls.certificate={cert}", f"listener.smpp.tls.key={key}"]
            self.near_settings += [f"upstream.far.tls.ca={cert}"]
        self.far = self.start("far")
        try:
            self.near = self.start("near")
        except BaseException:
            self.far.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        ends = [self.near.stop(), self.far.stop()]
        if error:
            print(self.near.text()[-4000:], self.far.text()[-4000:], sep="\n")
        else:
            assert ends == [0, 0], f"the centres ended with {ends}"

    def store(self, which):
        return os.path.join(self.folder, f"{self.name}-{which}.db")

    def start(self, which):
        self.lives += 1
        settings = self.far_settings if which == "far" else self.near_settings
        centre = Centre(self.folder, os.path.join(HERE, f"{which}.conf"),
                        [f"store.path={self.store(which)}", "node.threads=2", *settings],
                        name=f"{self.name}-{which}-{self.lives}")
        centre.port("smpp")
        return centre

    def kill(self, which):
        centre = getattr(self, which)
        centre.process.send_signal(signal.SIGKILL)
        centre.process.wait()
        setattr(self, which, self.start(which))

    def rows(self, which, table):
        """As an operator would look, while it runs."""
        database = sqlite3.connect(f"file:{self.store(which)}?mode=ro", uri=True, timeout=10)
        count = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        database.close()
        return count

    def alice(self):
        return bound(self.near.port("smpp"))


def submit_all(peer, count=MESSAGES):
    """As many messages as that, each with a receipt; their ids."""
    for i in range(count):
        peer.request(SUBMIT, submit_body(to=f"49{i:04}", text=b"text %d" % i, registered=1))
    return {message_id(peer.wait_for(lambda got: got.id == SUBMIT | RESPONSE).body) for _ in range(count)}


def take(peer):
    got = peer.wait_for(lambda got: got.id == DELIVER)
    peer.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence))
    return delivered_text(got)


def take_receipts(peer, ids):
    """Until there is one of each; all of them must say the same, and none of another message."""
    left = set(ids)
    while left:
        words = take(peer).decode().split()
        told = words[0].removeprefix("id:")
        assert told in ids, f"a receipt of {told}"
        assert "stat:DELIVRD" in words, words
        left.discard(told)


def through_both(folder, tls):
    """At full speed; smpp-load matches every receipt to an id that it was given."""
    with Pair(folder, "load-tls" if tls else "load", tls=tls) as pair:
        done = subprocess.run(
            [os.path.join(BINARY, "bin", "smpp-load"), "--quiet", "--connections", "4", "--window", "50",
             "--count", "5000", "--registered-delivery", "1", "--match-receipts", "--drain", "60",
             "--destination", "49151####", f"127.0.0.1:{pair.near.port('smpp')}"],
            stdout=subprocess.PIPE, text=True, timeout=100)
        assert done.returncode == 0, done.stdout
        until(lambda: pair.rows("near", "msg") == 0, "empty store at the near one")
        until(lambda: pair.rows("far", "msg") == 0, "empty store at the far one")
        assert pair.rows("near", "sent") == 0


def back_through_both(folder):
    with Pair(folder, "mo") as pair, pair.alice() as alice, \
            bound(pair.far_port, BIND_TRX, "bob") as bob:
        bob_id = message_id(bob.ask(SUBMIT, submit_body(to="1555", source="49", text=b"from afar",
                                                        registered=1)))
        assert take(alice) == b"from afar"
        take_receipts(bob, {bob_id})


def near_killed(folder):
    """While the far one's handset has all of them: none is sent again, every receipt finds its message."""
    with Pair(folder, "near", far=["sink.handset.delay=3s"]) as pair:
        with pair.alice() as alice:
            ids = submit_all(alice)
            until(lambda: pair.rows("near", "sent") == MESSAGES, "messages at the far one")
            assert pair.rows("near", "messages WHERE state = 'upstream'") == MESSAGES
        pair.kill("near")
        with pair.alice() as alice:
            take_receipts(alice, ids)
        until(lambda: pair.rows("near", "sent") == 0, "end of what was sent")
        until(lambda: pair.rows("far", "msg") == 0, "empty store at the far one")
        until(lambda: pair.rows("near", "msg") == 0, "empty store at the near one")


def near_killed_at_once(folder):
    """Right after it has acknowledged: what it had not sent, or had no answer of, is sent after that."""
    with Pair(folder, "atonce", far=["sink.handset.delay=500ms"]) as pair:
        with pair.alice() as alice:
            ids = submit_all(alice)
        pair.kill("near")
        with pair.alice() as alice:
            take_receipts(alice, ids)
        until(lambda: pair.rows("near", "sent") == 0, "end of what was sent")


def far_killed(folder):
    """It has acknowledged them: its receipts come in its next life, on new binds of ours."""
    with Pair(folder, "far", far=["sink.handset.delay=1s"]) as pair, pair.alice() as alice:
        ids = submit_all(alice)
        until(lambda: pair.rows("near", "sent") == MESSAGES, "messages at the far one")
        pair.kill("far")
        take_receipts(alice, ids)
        ids = submit_all(alice)
        take_receipts(alice, ids)


def main():
    with tempfile.TemporaryDirectory(prefix="sb-upstream-", dir=os.environ.get("SB_DISK")) as folder:
        for name, test in (("through both", lambda: through_both(folder, None)),
                           ("through both, over TLS", lambda: through_both(folder, certificate(folder))),
                           ("back through both", lambda: back_through_both(folder)),
                           ("the near one killed", lambda: near_killed(folder)),
                           ("the near one killed at once", lambda: near_killed_at_once(folder)),
                           ("the far one killed", lambda: far_killed(folder))):
            test()
            print(f"ok: {name}", flush=True)


if __name__ == "__main__":
    main()
