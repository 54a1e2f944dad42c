#!/usr/bin/env python3
"""smpp-load against the bare responder, and against a message centre that errs on purpose."""
import json
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import fake_centre
import harness
from fake_centre import (DELIVER_SM, ENQUIRE_LINK, GENERIC_NACK, RESPONSE, SUBMIT_SM, UNBIND,
                         Centre, deliver, pdu, receipt)

THROTTLED, INVALID_PASSWORD = 0x58, 0x0E


def run(address, *options):
    """Runs smpp-load to its end: (exit status, result or None, standard error)."""
    done = subprocess.run([harness.program("smpp-load"), "--json", *options, address],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def accepted(sequence, message_id):
    return pdu(SUBMIT_SM | RESPONSE, sequence, message_id.encode() + b"\0")


class Bare(unittest.TestCase):
    def serve(self, *options):
        server = harness.Server([harness.program("bare-smpp"), *options])
        self.addCleanup(server.stop)
        return server.address

    def test_every_message_is_answered(self):
        status, result, _ = run(self.serve(), "--connections", "5", "--window", "50", "--count",
                                "20000")
        self.assertEqual(status, 0)
        self.assertEqual((result["ops"], result["accepted"], result["sent"]), (20000,) * 3)
        self.assertEqual(result["statuses"], {"ESME_ROK": 20000})
        self.assertEqual(set(result["anomalies"].values()), {0})
        self.assertGreater(result["latency_us"]["p50"], 0)

    def test_every_message_is_answered_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = harness.certificate(folder)
            status, result, _ = run(self.serve("--cert", certificate, "--key", key), "--ca",
                                    certificate, "--window", "300", "--count", "5000")
        self.assertEqual((status, result["accepted"]), (0, 5000))

    def test_a_duration_with_a_rate_sends_that_many(self):
        status, result, errors = run(self.serve(), "--rate", "2000", "--duration", "1.2",
                                     "--window", "2000", "--bind", "tx")
        self.assertEqual(status, 0)
        self.assertLessEqual(result["ops"], 2400)
        self.assertGreater(result["ops"], 2000)
        self.assertIn("msg/s", errors)

    def test_text_and_window_larger_than_socket_buffers(self):
        status, result, _ = run(self.serve(), "--text-size", "65000", "--window", "200", "--count",
                                "1000")
        self.assertEqual((status, result["accepted"]), (0, 1000))

    def test_held_sessions_run_when_told(self):
        command = [harness.program("smpp-load"), "--connections", "20", self.serve()]
        with harness.Load(command) as load:
            self.assertEqual(load.count(100)["ops"], 100)
            self.assertEqual(load.count(333)["accepted"], 333)
            self.assertEqual(load.stop(), 0)

    def test_a_person_is_told_too(self):
        done = subprocess.run([harness.program("smpp-load"), "--count", "10", self.serve()],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertIn("10 answered of 10", done.stdout)
        self.assertIn("ESME_ROK", done.stdout)


class Fake(unittest.TestCase):
    def centre(self, **options):
        centre = Centre(**options)
        self.addCleanup(centre.close)
        return centre

    def test_requests_are_numbered_one_by_one_and_carry_what_was_asked(self):
        centre = self.centre()
        status, _, _ = run(centre.address, "--count", "40", "--source", "Shop", "--destination",
                           "4915#", "--text", "Hello", "--data-coding", "3")
        self.assertEqual(status, 0)
        submits = [one for one in centre.sessions[0].received if one[0] == SUBMIT_SM]
        self.assertEqual([one[2] for one in submits], list(range(2, 42)))
        self.assertRegex(submits[0][3], b"^\\0\5\\0Shop\\0\1\1" b"4915[0-9]\\0" b"\\0{7}\3\\0\5Hello$")
        self.assertGreater(len({one[3] for one in submits}), 5)
        self.assertEqual(centre.sessions[0].received[-1][0], UNBIND)

    def test_a_long_text_travels_as_message_payload(self):
        centre = self.centre()
        run(centre.address, "--count", "1", "--text-size", "300")
        body = next(one[3] for one in centre.sessions[0].received if one[0] == SUBMIT_SM)
        self.assertIn(b"\0\x04\x24" + (300).to_bytes(2, "big") + b"abc", body)

    def test_answers_in_any_order_and_octet_by_octet(self):
        late = []

        def submit(session, _number, sequence, _body):
            late.append(accepted(sequence, "x"))
            if len(late) == 10:
                session.send(b"".join(reversed(late)))
                late.clear()
        status, result, _ = run(self.centre(submit=submit, piece=1).address, "--window", "10",
                                "--count", "50")
        self.assertEqual((status, result["accepted"]), (0, 50))

    def test_errors_are_counted_by_status(self):
        def submit(session, number, sequence, _body):
            if number % 4 == 0:
                session.send(pdu(SUBMIT_SM | RESPONSE, sequence, status=THROTTLED))
            elif number % 4 == 1:
                session.send(pdu(GENERIC_NACK, sequence, status=0x412))
            else:
                session.send(accepted(sequence, "x"))
        status, result, _ = run(self.centre(submit=submit).address, "--count", "40")
        self.assertEqual(status, 1)
        self.assertEqual(result["statuses"],
                         {"ESME_ROK": 20, "ESME_RTHROTTLED": 10, "0x00000412": 10})
        self.assertEqual((result["ops"], result["accepted"]), (40, 20))

    def test_what_was_not_asked_for_is_an_anomaly(self):
        def submit(session, number, sequence, _body):
            session.send(accepted(sequence + 1000, "x"))
            session.send(accepted(sequence, "x") * 2)
            if number == 1:
                session.send(pdu(0x80000103, sequence + 2000, b"x\0") + pdu(0x7777, 9))
        centre = self.centre(submit=submit)
        status, result, _ = run(centre.address, "--count", "10", "--window", "1")
        self.assertEqual((status, result["accepted"]), (1, 10))
        self.assertEqual(result["anomalies"], {"unknown_sequence": 21, "wrong_response": 0,
                                               "malformed": 0, "unknown_request": 1})
        self.assertIn((GENERIC_NACK, 3, 9, b""), centre.sessions[0].received)

    def test_a_response_of_the_wrong_kind_is_an_anomaly_and_no_answer(self):
        def submit(session, _number, sequence, _body):
            session.send(pdu(0x80000103, sequence, b"x\0"))
        status, result, _ = run(self.centre(submit=submit).address, "--count", "3", "--drain",
                                "0.1")
        self.assertEqual(status, 1)
        self.assertEqual((result["unanswered"], result["anomalies"]["wrong_response"]), (3, 3))

    def test_lost_framing_ends_the_session(self):
        def submit(session, _number, _sequence, _body):
            session.send(b"\0\0\0\1" + b"\0" * 12)
        status, result, _ = run(self.centre(submit=submit).address, "--count", "3")
        self.assertEqual(status, 1)
        self.assertEqual((result["lost"], result["anomalies"]["malformed"],
                          result["sessions_lost"]), (3, 1, 1))

    def test_a_session_that_is_cut_loses_its_messages(self):
        def submit(session, number, sequence, _body):
            if number == 5:
                return "close"
            return session.send(accepted(sequence, "x"))
        status, result, _ = run(self.centre(submit=submit).address, "--window", "1", "--count",
                                "50", "--connections", "2")
        self.assertEqual(status, 1)
        self.assertEqual((result["accepted"], result["lost"], result["sessions_lost"]), (8, 2, 2))

    def test_an_unbind_is_answered_behind_the_answers_that_are_awaited(self):
        late = []

        def submit(session, number, sequence, _body):
            late.append(accepted(sequence, "x"))
            if number == 1:
                session.send(pdu(UNBIND, 77))
            if number == 10:
                session.send(b"".join(late))
        centre = self.centre(submit=submit)
        status, result, _ = run(centre.address, "--window", "10", "--count", "50")
        self.assertEqual((status, result["accepted"], result["lost"], result["sessions_lost"]), (1, 10, 0, 1))
        self.assertTrue(centre.sessions[0].ended.wait(30))
        self.assertEqual(centre.sessions[0].received[-1], (UNBIND | RESPONSE, 0, 77, b""))
        self.assertEqual(centre.sessions[0].submits, 10)

    def test_a_refused_bind_is_named(self):
        status, result, errors = run(self.centre(bind_status=INVALID_PASSWORD).address)
        self.assertEqual((status, result), (1, None))
        self.assertIn("ESME_RINVPASWD", errors)


class Receipts(unittest.TestCase):
    def run_with(self, submit, *options):
        centre = Centre(submit=submit)
        self.addCleanup(centre.close)
        return run(centre.address, "--count", "10", "--registered-delivery", "1",
                   "--match-receipts", "--drain", "1", *options), centre

    def test_receipts_match_before_and_after_the_response(self):
        def submit(session, number, sequence, _body):
            answer, news = accepted(sequence, f"m{number}"), receipt(number, f"m{number}")
            session.send(answer + news if number % 2 else news + answer)
        (status, result, _), centre = self.run_with(submit)
        self.assertEqual(status, 0)
        self.assertEqual(result["receipts"], {"count": 10, "matched": 10, "missing": 0,
                                              "unknown": 0, "repeated": 0, "untracked": 0})
        self.assertEqual(result["delivered"], 0)
        answers = [one for one in centre.sessions[0].received if one[0] == DELIVER_SM | RESPONSE]
        self.assertEqual(sorted(one[2] for one in answers), list(range(1, 11)))
        self.assertEqual({one[3] for one in answers}, {b"\0"})

    def test_missing_and_unknown_receipts_are_told_apart(self):
        def submit(session, number, sequence, _body):
            session.send(accepted(sequence, f"m{number}"))
            if number > 3:
                session.send(receipt(number, f"m{number}" if number > 5 else f"other{number}"))
        (status, result, _), _ = self.run_with(submit)
        self.assertEqual(status, 1)
        self.assertEqual((result["receipts"]["matched"], result["receipts"]["missing"],
                          result["receipts"]["unknown"]), (5, 5, 2))

    def test_an_id_given_twice_is_repeated(self):
        def submit(session, _number, sequence, _body):
            session.send(accepted(sequence, "same"))
        (status, result, _), _ = self.run_with(submit)
        self.assertEqual((status, result["receipts"]["repeated"]), (1, 9))

    def test_a_receiver_counts_messages_and_answers_pings(self):
        def bound(session):
            session.send(pdu(ENQUIRE_LINK, 70) + deliver(71, b"hello") + receipt(72, "x"))
        centre = Centre(bound=bound)
        self.addCleanup(centre.close)
        _, result, _ = run(centre.address, "--bind", "rx", "--duration", "0.3")
        self.assertEqual((result["delivered"], result["receipts"]["count"], result["sent"]),
                         (1, 1, 0))
        self.assertIn((ENQUIRE_LINK | RESPONSE, 0, 70, b""), centre.sessions[0].received)
        self.assertIn((DELIVER_SM | RESPONSE, 0, 71, b"\0"), centre.sessions[0].received)


class CommandLine(unittest.TestCase):
    def test_help_names_every_option(self):
        done = subprocess.run([harness.program("smpp-load"), "--help"], capture_output=True,
                              text=True, timeout=10)
        self.assertEqual(done.returncode, 0)
        for option in ("connections", "window", "rate", "duration", "system-id", "bind", "tls",
                       "registered-delivery", "match-receipts", "json", "control"):
            self.assertIn("--" + option, done.stdout)

    def test_bad_values_are_refused_by_name(self):
        for option, value in (("window", "0"), ("window", "-1"), ("rate", "fast"), ("bind", "rt"),
                              ("duration", "0"), ("connections", "10x"), ("text-size", "65536")):
            status, _, errors = run("127.0.0.1:1", f"--{option}", value)
            self.assertEqual(status, 2, option)
            self.assertIn(f"--{option}", errors)

    def test_a_message_that_cannot_be_encoded_is_refused(self):
        status, _, errors = run("127.0.0.1:1", "--destination", "1234567890123456789012")
        self.assertEqual(status, 1)
        self.assertIn("destination_addr", errors)

    def test_nobody_listens(self):
        centre = Centre()
        centre.close()
        status, _, errors = run(centre.address)
        self.assertEqual(status, 1)
        self.assertIn("refused", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
