"""A client that does nothing wrong, while others do: it submits, waits for its receipts, unbinds and
binds again, and notes how long it had to wait. A process of its own, so that the work of the attackers
does not make it slow. Argument: the port. At the end of its input it says what it has seen."""
import json
import select
import sys
import time

from wire import *  # noqa: F403 - the vocabulary of these tests

SOURCE = "127.0.0.2"
PAUSE = 0.01
MESSAGES_A_BIND = 40

seen = {"messages": 0, "binds": 0, "waits": []}


def is_over():
    return bool(select.select([sys.stdin], [], [], PAUSE)[0])


def timed(wait):
    began = time.monotonic()
    wait()
    seen["waits"].append(time.monotonic() - began)


def one_message(peer):
    got = peer.ask(SUBMIT, submit_body(to="4755", source="1001", text=b"innocent", registered=1))
    about = f"id:{message_id(got)} ".encode()
    receipt = peer.wait_for(lambda got: got.id == DELIVER)
    peer.send(pdu(DELIVER | RESPONSE, b"\0", receipt.sequence))
    assert delivered_text(receipt).startswith(about), receipt
    assert b"stat:DELIVRD" in delivered_text(receipt), receipt
    seen["messages"] += 1


def one_bind(port):
    with Peer(port, SOURCE) as peer:
        timed(lambda: peer.bind(name="innocent", password="secret"))
        seen["binds"] += 1
        for _ in range(MESSAGES_A_BIND):
            if is_over():
                break
            timed(lambda: one_message(peer))
        peer.ask(UNBIND)
        peer.ends()


def main():
    while not is_over():
        one_bind(int(sys.argv[1]))
    waits = sorted(seen.pop("waits"))
    print(json.dumps(dict(seen, median=waits[len(waits) // 2], p99=waits[len(waits) * 99 // 100],
                          longest=waits[-1])))


if __name__ == "__main__":
    main()
