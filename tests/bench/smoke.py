#!/usr/bin/env python3
"""The benchmark programs end to end, for a moment each: counts must add up, and octets be right."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import benchmarks
import harness
import run


def load(name, address, *options):
    """Runs a load to its end; returns its exit status and its result."""
    done = subprocess.run([harness.program(name), *options, address], capture_output=True,
                          text=True, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else None


class Echo(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server([harness.program("bare-echo")])
        self.addCleanup(self.server.stop)

    def test_every_message_comes_back(self):
        status, result = load("echo-load", self.server.address, "--connections", "20", "--depth",
                              "8", "--count", "20000")
        self.assertEqual(status, 0)
        self.assertEqual(result["ops"], 20000)
        self.assertEqual((result["mismatched"], result["lost"], result["failed"]), (0, 0, 0))
        self.assertLessEqual(result["latency_us"]["p50"], result["latency_us"]["max"])

    def test_messages_larger_than_a_socket_buffer_come_back(self):
        status, result = load("echo-load", self.server.address, "--connections", "3", "--depth",
                              "40", "--size", "200003", "--count", "400")
        self.assertEqual((status, result["ops"], result["mismatched"]), (0, 400, 0))

    def test_churn_counts_connections(self):
        status, result = load("echo-load", self.server.address, "--connections", "10", "--churn",
                              "--count", "500")
        self.assertEqual((status, result["ops"], result["failed"]), (0, 500, 0))

    def test_a_server_that_goes_is_reported(self):
        with harness.Load([harness.program("echo-load"), self.server.address]) as held:
            self.server.stop()
            self.assertNotEqual(held.stop(), 0)

    def test_nobody_listens(self):
        self.server.stop()
        status, _ = load("echo-load", self.server.address)
        self.assertEqual(status, 1)


class Erps(unittest.TestCase):
    def test_every_call_has_its_reply(self):
        with harness.Server([harness.program("bare-erps")]) as server:
            for options in (["--connections", "20", "--depth", "8", "--count", "20000"],
                            ["--connections", "3", "--depth", "40", "--size", "50003", "--count", "400"],
                            ["--connections", "10", "--churn", "--count", "500"]):
                status, result = load("erps-load", server.address, *options)
                self.assertEqual((status, result["ops"], result["mismatched"]), (0, int(options[-1]), 0))

    def test_our_servers_answer_every_call(self):
        for command in (benchmarks.MINIMAL_ERPS, benchmarks.ERPSD):
            with harness.Server([harness.program(command[0]), *command[1:]]) as server:
                for options in (["--depth", "100", "--count", "20000"],
                                ["--connections", "20", "--depth", "3", "--size", "20000", "--count", "2000"],
                                ["--connections", "10", "--churn", "--count", "200"]):
                    status, result = load("erps-load", server.address, *options)
                    self.assertEqual((status, result["ops"], result["mismatched"]), (0, int(options[-1]), 0))
                self.assertEqual(server.stop(), 0)

    def test_a_benchmark_has_a_figure_for_each_goal(self):
        options = run.parse(["--rounds", "2", "--seconds", "0.2"])
        known = {one.name: one for one in benchmarks.BENCHMARKS + benchmarks.SELF_CHECKS}
        for name in ("erps-1x100", "noise-erps-1-serial"):
            result = run.run_one(known[name], None, options)
            self.assertIn(result["verdict"], ("met", "missed", "undecided"), result)
            self.assertGreater(result["ours"]["per_second"], 0)
            self.assertIn("p99 of bare", result["goals"])

    def test_newcomers_are_timed_beside_mute_peers(self):
        options = run.parse(["--rounds", "2", "--seconds", "0.4"])
        with tempfile.TemporaryDirectory() as folder:
            one = benchmarks.erps.Newcomers("x", "", benchmarks.MINIMAL_ERPS, 5, {})
            result = run.run_one(one, harness.certificate(folder), options)
        self.assertEqual(result["verdict"], "reported", result)
        self.assertGreater(result["with"]["per_second"], 0)

    def test_what_is_no_reply_is_seen(self):
        with harness.Server([harness.program("bare-echo")]) as server:
            status, _ = load("erps-load", server.address, "--count", "10")
            self.assertEqual(status, 1)


class Cwmp(unittest.TestCase):
    def test_every_session_is_served_to_its_end(self):
        for parameters in ([], ["--parameters", "1000"]):
            for name in ("bare-cwmp", "minimal-cwmp"):
                with harness.Server([harness.program(name), *parameters]) as server:
                    for options in (["--connections", "20", "--count", "200"],
                                    ["--connections", "10", "--new", "--count", "100"]):
                        status, result = load("cwmp-load", server.address, *options, *parameters)
                        self.assertEqual((status, result["ops"], result["mismatched"]), (0, int(options[-1]), 0))
                    self.assertEqual(server.stop(), 0)

    def test_what_is_no_acs_is_seen(self):
        with harness.Server([harness.program("bare-echo")]) as server:
            status, _ = load("cwmp-load", server.address, "--count", "10")
            self.assertEqual(status, 1)


class EchoTls(unittest.TestCase):
    def test_every_message_comes_back(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = harness.certificate(folder)
            command = [harness.program("bare-echo"), "--cert", certificate, "--key", key]
            with harness.Server(command) as server:
                status, result = load("echo-load", server.address, "--ca", certificate, "--size",
                                      "70000", "--depth", "10", "--count", "300")
        self.assertEqual((status, result["ops"], result["mismatched"]), (0, 300, 0))


class Ours(unittest.TestCase):
    """The same loads against the framework, which are tests of it as well."""

    def serve(self, name, *options):
        server = harness.Server([harness.program(name), *options])
        self.addCleanup(server.stop)
        return server

    def test_echo_plain(self):
        address = self.serve("core-echo", "--threads", "2").address
        for options in (["--connections", "50", "--depth", "8", "--count", "20000"],
                        ["--connections", "3", "--depth", "40", "--size", "200003", "--count", "400"],
                        ["--connections", "10", "--churn", "--count", "500"]):
            status, result = load("echo-load", address, *options)
            self.assertEqual((status, result["ops"], result["mismatched"]), (0, int(options[-1]), 0))

    def test_echo_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = harness.certificate(folder)
            server = self.serve("core-echo", "--cert", certificate, "--key", key)
            for options in (["--size", "70000", "--depth", "10", "--count", "300"],
                            ["--connections", "10", "--churn", "--count", "50"]):
                status, result = load("echo-load", server.address, "--ca", certificate, *options)
                self.assertEqual((status, result["mismatched"]), (0, 0))

    def test_the_minimal_centre_gives_every_message_an_id_of_its_own(self):
        server = self.serve("minimal-mc", "--threads", "2")
        status, result = load("smpp-load", server.address, "--json", "--quiet", "--connections",
                              "8", "--window", "100", "--count", "20000", "--drain", "0.1",
                              "--registered-delivery", "1", "--match-receipts")
        self.assertEqual((status, result["accepted"]), (1, 20000))
        self.assertEqual(result["receipts"]["repeated"], 0)
        self.assertEqual(result["receipts"]["missing"], 20000)
        self.assertEqual(set(result["anomalies"].values()), {0})
        self.assertEqual(server.stop(), 0)

    def test_smpp_mc_gives_every_message_one_receipt(self):
        server = self.serve(*benchmarks.SMPP_MC)
        status, result = load("smpp-load", server.address, "--json", "--quiet", "--connections",
                              "5", "--window", "50", "--count", "5000", "--drain", "30",
                              "--registered-delivery", "1", "--match-receipts")
        self.assertEqual((status, result["accepted"]), (0, 5000))
        self.assertEqual(result["receipts"], {"count": 5000, "matched": 5000, "missing": 0,
                                              "unknown": 0, "repeated": 0, "untracked": 0})
        self.assertEqual(result["delivered"], 0)
        self.assertEqual(server.stop(), 0)


class Measure(unittest.TestCase):
    def test_a_run_costs_cpu_and_a_pause_none(self):
        with harness.Server([harness.program("bare-echo")]) as server:
            with harness.Load([harness.program("echo-load"), server.address]) as held:
                before = server.cpu_seconds()
                self.assertEqual(held.count(1000)["ops"], 1000)
                after = server.cpu_seconds()
                self.assertGreater(after, before)
                self.assertEqual(server.cpu_seconds(), after)
                self.assertGreater(held.run(0.1)["ops"], 0)
                self.assertEqual(held.stop(), 0)
            self.assertGreater(server.memory_bytes(), 4096)
            self.assertEqual(server.stop(), 0)

    def test_a_benchmark_of_two_equals_is_about_one(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "bench.json")
            self.assertEqual(run.main(["--rounds", "2", "--seconds", "0.2", "--held", "200", "--json",
                                       out, "noise-smpp", "bare-idle-smpp"]), 0)
            with open(out) as written:
                results = json.load(written)["benchmarks"]
        self.assertLess(0.2, results["noise-smpp"]["median"])
        self.assertLess(results["noise-smpp"]["median"], 5)
        self.assertEqual(len(results["noise-smpp"]["rounds"]), 2)
        self.assertEqual(results["bare-idle-smpp"]["connections"], 200)

    def test_the_esme_side_reports_a_rate_and_loses_nothing(self):
        options = run.parse(["--rounds", "2", "--seconds", "0.2"])
        rate = [one for one in benchmarks.BENCHMARKS if one.name == "esme-10x100"][0]
        result = run.run_one(rate, None, options)
        self.assertIn(result["verdict"], ("met", "missed"), result)
        self.assertGreater(result["per_second"], 0)
        self.assertGreater(result["cpu_us"], 0)

    def test_a_program_that_is_not_there_is_skipped_and_one_that_fails_is_said(self):
        options = run.parse([])
        missing = benchmarks.Memory("x", "", ["no-such-program"], None, None)
        self.assertEqual(run.run_one(missing, None, options)["verdict"], "skipped")
        broken = benchmarks.Memory("x", "", ["echo-load"], None, None)
        self.assertEqual(run.run_one(broken, None, options)["verdict"], "failed")

    def test_quartiles_on_both_sides_of_the_goal_leave_it_undecided(self):
        self.assertEqual(run.verdict_of(1.1, 1.0, 1.05, 1.1), "met")
        self.assertEqual(run.verdict_of(1.1, 1.0, 1.05, 1.2), "undecided")
        self.assertEqual(run.verdict_of(1.1, 1.2, 1.3, 1.4), "missed")
        self.assertEqual(run.verdict_of(None, 1.2, 1.3, 1.4), "reported")


if __name__ == "__main__":
    unittest.main(verbosity=2)
