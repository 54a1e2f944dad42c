#!/usr/bin/env python3
"""The hostile peers: all that a client can do to a running smpp-mc, one thing after the other, each
with the exact answer that is due, while an innocent client beside them must notice nothing. At the
end the daemon drains although the worst of them are still there, and no sanitizer has complained.
SCENARIO=word runs those whose name has it."""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "interop"))
from centre import SOURCE, Centre  # noqa: E402
import deliveries  # noqa: E402
import floods  # noqa: E402
import flow  # noqa: E402
import malformed  # noqa: E402
import noise  # noqa: E402
from wire import *  # noqa: E402,F403

DESCRIPTORS = 4096
SETTINGS = ["listener.smpp.address=127.0.0.1:0", "listener.smpp.frame_timeout=2s",
            "account.alice.max_binds=1000"]  # torn connections count until they are known to be

# What the innocent client may have to wait: no attack is felt, but the machine may be busy.
MEDIAN, LONGEST = 0.2, 5


def configuration(folder):
    path = os.path.join(folder, "smpp-mc.conf")
    parts = (os.path.join(SOURCE, "daemons", "smpp-mc", "smpp-mc.conf"),
             os.path.join(HERE, "hostile.conf"))
    with open(path, "w") as out:
        for part in parts:
            with open(part) as text:
                out.write(text.read())
    return path


class Innocent:
    def __init__(self, port):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "innocent.py"), str(port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def judge(self):
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, "the innocent client met with trouble"
        seen = json.loads(out)
        print("the innocent client:", ", ".join(
            f"{name} {value:.4f} s" if isinstance(value, float) else f"{name} {value}"
            for name, value in seen.items()))
        assert seen["messages"] and seen["median"] < MEDIAN and seen["longest"] < LONGEST, seen


def play(given):
    for module in (malformed, noise, flow, deliveries, floods):
        for test in module.TESTS:
            if os.environ.get("SCENARIO", "") not in test.__name__:
                continue
            began = time.monotonic()
            names = test.__code__.co_varnames[:test.__code__.co_argcount]
            test(*(given[name] for name in names))
            print(f"ok: {test.__name__} ({time.monotonic() - began:.2f} s)", flush=True)


def left_behind(port):
    """Peers that will not help the centre to stop."""
    half = bound(port, BIND_TX)
    half.send(pdu(SUBMIT, submit_body())[:20])
    deaf = bound(port, BIND_TX, receive_buffer=4096)
    deaf.socket.setblocking(False)
    try:
        while True:
            deaf.send(pdu(ENQUIRE) * 1000)
    except BlockingIOError:
        pass
    mute = bound(port, name="eve")
    mute.ask(SUBMIT, submit_body(to="5009", text=b"last"))
    mute.wait_for(lambda got: got.id == DELIVER)
    guesser = Peer(port, "127.0.0.9")
    for _ in range(5):
        guesser.request(BIND_TRX, bind_body(password="guess"))
    return Peer(port), half, deaf, mute, guesser


def drains(centre, port):
    peers = left_behind(port)
    began = time.monotonic()
    code = centre.stop()
    took = time.monotonic() - began
    assert code == 0, f"smpp-mc ended with {code}"
    assert took < 20, f"the drain took {took:.1f} s"
    said = peers[3].wait_for(lambda got: got.id == UNBIND)
    assert said, "no unbind for who is bound"
    print(f"ok: drains ({took:.2f} s)")


def complaints(centre):
    """Lines of the log that are none of its own: of a sanitizer, or of a peer's making."""
    with open(centre.log, newline="\n", encoding="latin-1") as log:
        return [line for line in log if not re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z [A-Z]+ [a-z_.]+( |$)", line)
                or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", line)]


def descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def main():
    descriptors()
    # What ASan keeps of freed memory would hide what the daemon keeps.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
    with tempfile.TemporaryDirectory() as folder:
        centre = Centre(folder, configuration(folder), SETTINGS)
        port = centre.port("smpp")
        innocent = Innocent(port)
        try:
            play({"port": port, "tight": centre.port("tight"), "resident": centre.resident})
            innocent.judge()
            drains(centre, port)
            assert not complaints(centre), complaints(centre)
        except BaseException:
            print(centre.text()[-6000:])
            raise
        finally:
            innocent.process.kill()
            centre.stop()


if __name__ == "__main__":
    main()
