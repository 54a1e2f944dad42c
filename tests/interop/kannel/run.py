#!/usr/bin/env python3
"""Kannel's bearerbox as an ESME of smpp-mc: transceivers, a transmitter beside a receiver, TLS, an
account that is throttled, one whose password is wrong. Messages go in through its sendsms; what it
calls back tells what it has understood. Exit code 77: Kannel is not installed."""
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from centre import SOURCE, Centre, certificate, skip, until  # noqa: E402
from kannel import Kannel  # noqa: E402

OURS = """
account "slow" {{
	password = "secret3"
	throughput = 5
}}
account "dora" {{
	password = "secret4"
}}
account "eve" {{
	password = "secret5"
}}
route "3" {{
	account = "dora"
}}
sink "dead" {{
	fail_percent = 100
	error = 7
}}
route "66" {{
	sink = "dead"
}}
listener "tls" {{
	address = "127.0.0.1:0"
	tls {{
		certificate = "{cert}"
		key = "{key}"
	}}
}}
"""
ONLINE = ("alice", "bob", "slow", "dora")


def configuration(folder):
    key, cert = certificate(folder)
    with open(os.path.join(SOURCE, "daemons", "smpp-mc", "smpp-mc.conf")) as shipped:
        text = shipped.read() + OURS.format(key=key, cert=cert)
    path = os.path.join(folder, "smpp-mc.conf")
    with open(path, "w") as out:
        out.write(text)
    return path


def group(name, password, **more):
    """An smsc group that only takes what is meant for it; a transceiver unless told otherwise."""
    fields = {"smsc-id": name, "allowed-smsc-id": name, "smsc-username": name,
              "smsc-password": password, "system-type": "VMA", "reconnect-delay": 1,
              "enquire-link-interval": 1, "max-pending-submits": 20, "wait-ack": 10}
    fields.update({key.replace("_", "-"): value for key, value in more.items()})
    return fields


def groups(port, tls):
    return [group("alice", "secret1", port=port, transceiver_mode="true"),
            group("bob", "secret2", port=port),
            group("bob", "secret2", receive_port=port),
            group("slow", "secret3", port=port, transceiver_mode="true"),
            group("dora", "secret4", port=tls, use_ssl="true", transceiver_mode="true"),
            group("eve", "mistaken", port=port, transceiver_mode="true")]


def a_short_message_and_its_report(kannel):
    kannel.send("alice", "4915112345", "short", text="Hello!")
    assert b"stat:DELIVRD err:000 text:Hello!" in kannel.report("short", 1)
    kannel.report("short", 8)


def a_failed_message_and_its_report(kannel):
    kannel.send("alice", "66123", "dead", text="Hello?")
    assert b"stat:UNDELIV err:007" in kannel.report("dead", 2)


def between_two_accounts(kannel):
    kannel.send("alice", "2001", "text", text="to bob: @£é {[]}")
    got = kannel.message("bob", "text")
    assert got["text"].decode() == "to bob: @£é {[]}", got
    assert got["from"] == b"1000" and got["to"] == b"2001", got
    kannel.report("text", 1)


def a_transmitter_and_a_receiver(kannel):
    kannel.send("bob", "3001", text="from bob's transmitter")
    assert kannel.message("dora", "text over TLS")["text"] == b"from bob's transmitter"
    # Kannel learns a message's id on the one connection, and drops a report of it that is faster
    # on the other: so the report is asked of the sink, which takes its time.
    kannel.send("bob", "4915112345", "pair", text="from bob's transmitter")
    kannel.report("pair", 1)


def long_text_in_parts(kannel):
    text = "0123456789" * 50
    kannel.send("alice", "2002", "long", text=text)
    assert kannel.message("bob", "joined text")["text"].decode() == text
    kannel.report("long", 1)


def long_ucs2_in_parts(kannel):
    text = "Привет, 世界 € " * 12
    kannel.send("alice", "2003", "ucs2", text=text, coding=2, charset="UTF-8")
    got = kannel.message("bob", "joined UCS-2")
    assert got["coding"] == b"2", got
    # What Kannel makes of a space at its end is its own affair.
    assert got["text"].decode("utf-16-be").rstrip() == text.rstrip(), got
    kannel.report("ucs2", 1)


def octets_with_ports(kannel):
    header = bytes.fromhex("0605040b8423f0")
    kannel.send("dora", "2004", "wap", text=b"\x00\x01\xff", coding=1, udh=header)
    got = kannel.message("bob", "octets")
    assert got["udh"] == header and got["text"] == b"\x00\x01\xff", got
    kannel.report("wap", 1)


def a_validity_in_kannels_form(kannel):
    kannel.send("alice", "4915112345", "valid", text="valid", validity=60, deferred=0)
    assert b"stat:DELIVRD" in kannel.report("valid", 1)


def throttled_and_sent_again(kannel):
    """Kannel queues again what was answered RTHROTTLED."""
    for i in range(12):
        kannel.send("slow", "4915112345", f"slow{i}", text="slow")
    for i in range(12):
        kannel.report(f"slow{i}", 1)
    assert "0x00000058" in kannel.log(), "nothing was throttled"


def many_at_once(kannel):
    for i in range(150):
        kannel.send("dora", "2005", f"many{i}", text=f"text {i}")
    for i in range(150):
        kannel.report(f"many{i}", 1)
    texts = {kannel.message("bob", "one of many")["text"] for _ in range(150)}
    assert len(texts) == 150, len(texts)


def a_wrong_password_is_told(kannel):
    until(lambda: "0x0000000e" in kannel.log(), "refusal of eve's bind")


def unbound_and_bound_again(kannel):
    kannel.command("stop-smsc", smsc="alice")
    until(lambda: not kannel.online("alice"), "end of alice's bind")
    kannel.command("start-smsc", smsc="alice")
    until(lambda: kannel.online("alice"), "alice's next bind")
    kannel.send("alice", "4915112345", "again", text="again")
    kannel.report("again", 1)


SCENARIOS = (a_short_message_and_its_report, a_failed_message_and_its_report, between_two_accounts,
             a_transmitter_and_a_receiver, long_text_in_parts, long_ucs2_in_parts,
             octets_with_ports, a_validity_in_kannels_form, throttled_and_sent_again, many_at_once,
             a_wrong_password_is_told, unbound_and_bound_again)


def settings(port):
    return [f"listener.smpp.address=127.0.0.1:{port}"]


def the_centre_comes_back(kannel, folder, config, port):
    """It was told to stop while Kannel was bound. Kannel sends what it was given meanwhile."""
    until(lambda: not kannel.online("alice"), "loss of the connection")
    kannel.send("alice", "4915112345", "meanwhile", text="meanwhile")
    centre = Centre(folder, config, settings(port), "restarted")
    centre.port("smpp")
    until(lambda: all(kannel.online(name) for name in ("alice", "bob")), "binds after a restart")
    kannel.report("meanwhile", 1)
    return centre


def play(kannel):
    for name in ONLINE:
        until(lambda: kannel.online(name), f"bind of {name}")
    for scenario in SCENARIOS:
        began = time.monotonic()
        scenario(kannel)
        print(f"ok: {scenario.__name__} ({time.monotonic() - began:.1f} s)")


def test(folder):
    config = configuration(folder)
    centres = [Centre(folder, config, settings(0))]
    kannel = None
    try:
        port = centres[0].port("smpp")
        kannel = Kannel(folder, groups(port, centres[0].port("tls")))
        play(kannel)
        assert centres[0].stop() == 0, "smpp-mc did not drain"
        centres.append(the_centre_comes_back(kannel, folder, config, port))
        print("ok: the_centre_comes_back")
        codes, kannel = kannel.stop(), None
        assert codes == [0, 0], codes
        until(lambda: centres[1].text().count("mc.bind_ended") >= 4, "unbinds")
        assert centres[1].stop() == 0, "smpp-mc did not drain"
    except BaseException:
        print(centres[-1].text()[-6000:])
        raise
    finally:
        if kannel:
            print(kannel.complaints())
            kannel.stop()
        for centre in centres:
            centre.stop()


def main():
    if not os.path.exists("/usr/sbin/bearerbox"):
        skip("kannel is not installed")
    with tempfile.TemporaryDirectory() as folder:
        test(folder)


if __name__ == "__main__":
    main()
