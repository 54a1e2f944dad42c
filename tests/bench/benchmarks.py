"""What is measured: ours, the bare program beside it, the load, the goal."""
import os
from dataclasses import dataclass
from typing import Callable, List, Optional

import cwmp as cwmp_service
import erps
import harness
from service import Counted, Idle, Paced, Unpaced

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass
class Ratio:
    """Server CPU per operation, ours over the reference's. `goal` None: reported only."""
    name: str
    what: str
    ours: List[str]
    reference: List[str]
    load: Callable[[str], List[str]]
    goal: Optional[float]
    tls: bool = False
    ours_load: Optional[Callable[[str], List[str]]] = None
    callgrind_operations: int = 20000

    def programs(self):
        return [self.ours[0], self.reference[0]]


@dataclass
class Memory:
    """Octets of anonymous memory that one held connection adds to the server."""
    name: str
    what: str
    ours: List[str]
    load: Callable[[str, int], List[str]]
    goal: Optional[int]
    tls: bool = False

    def programs(self):
        return [self.ours[0]]


@dataclass
class Rate:
    """Operations a second that a client of ours gets out of a server; `goal`: at least. One
    connection is measured with both on one core: on two it is their wake-ups that are measured."""
    name: str
    what: str
    client: Callable[[str], List[str]]
    reference: List[str]
    goal: Optional[int]
    on_one_core: bool = False

    def programs(self):
        return [self.reference[0], os.path.basename(self.client("")[0])]


def echo(*options):
    return lambda address: [harness.program("echo-load"), *options, address]


def smpp(*options):
    return lambda address: [harness.program("smpp-load"), *options, address]


def cwmp(*options):
    return lambda address: [harness.program("cwmp-load"), *options, address]


def esme(*options):
    return lambda address: [harness.program("esme-load"), *options, address]


def hold(program, *options):
    return lambda address, connections: [
        harness.program(program), *options, "--connections", str(connections), address]


ECHO_MANY = ("--connections", "1000", "--depth", "1")
ECHO_DEEP = ("--connections", "10", "--depth", "16")
CHURN = ("--connections", "100", "--churn")
SMPP_DEEP = ("--connections", "10", "--window", "100")
PACED = ("--connections", "10", "--window", "1000")
RECEIPTS = SMPP_DEEP + ("--registered-delivery", "1")

CORE_ECHO = ["core-echo", "--threads", "1"]
MINIMAL_MC = ["minimal-mc", "--threads", "1"]
# One thread, the accounts of the shipped file with room for the load, everything to a sink that
# delivers at once.
SMPP_MC = ["smpp-mc", "-c", os.path.join(HERE, "smpp-mc.conf")]

MINIMAL_ERPS = ["minimal-erps", "--threads", "1"]
# One thread, a port of the kernel's choosing, and of the services echo alone.
ERPSD = ["erpsd", "-c", os.path.join(HERE, "erpsd.conf")]

MINIMAL_CWMP = ["minimal-cwmp"]
DEVICES = ("--connections", "50")


READ_ALL = {"method": "GetParameterValues", "ParameterNames": ["Device."]}


def cwmp_values(count):
    """Sessions in which a device is asked for so many parameters."""
    asked = ("--parameters", str(count))
    return Ratio(f"cwmp-get-{count}", f"the same, with GetParameterValues of {count:,} parameters",
                 [*MINIMAL_CWMP, *asked], ["bare-cwmp", *asked], cwmp(*DEVICES, *asked), None,
                 callgrind_operations=2000 if count <= 100 else 200)


def erps_calls(prefix, ours):
    """Calls of an Erps server: one after the other, many on one connection, many connections."""
    beside = {"rate of bare": 0.8, "p99 of bare": 2}
    return [
        erps.Calls(f"{prefix}-1-serial", "echo of 64 octets, 1 connection, 1 in flight, all on one core",
                   ours, 1, 1, beside, on_one_core=True),
        erps.Calls(f"{prefix}-1x100", "the same, 100 in flight, on two cores", ours, 1, 100,
                   {"rate of redis": 1, "CPU us": 0.55, "CPU of redis": 1, "p99 of bare": 2}),
        erps.Calls(f"{prefix}-50-serial", "50 connections, 1 in flight, on two cores", ours, 50, 1, beside),
    ]


BENCHMARKS = [
    Ratio("echo-1000x1", "echo of 64 octets, 1,000 connections, 1 in flight",
          CORE_ECHO, ["bare-echo"], echo(*ECHO_MANY), 1.10),
    Ratio("echo-10x16", "echo of 64 octets, 10 connections, 16 in flight",
          CORE_ECHO, ["bare-echo"], echo(*ECHO_DEEP), 1.40),
    Ratio("echo-churn", "accept, one echo, close, 100 at a time",
          CORE_ECHO, ["bare-echo"], echo(*CHURN), 1.15, callgrind_operations=2000),
    Ratio("echo-tls-1000x1", "TLS echo of 64 octets, 1,000 connections, 1 in flight",
          CORE_ECHO, ["bare-echo"], echo(*ECHO_MANY, "--tls"), None, tls=True),
    Ratio("smpp-minimal", "submit_sm to the minimal MC, 10 connections, window 100",
          MINIMAL_MC, ["bare-smpp"], smpp(*SMPP_DEEP), 6),
    Ratio("smpp-minimal-tls", "the same over TLS",
          MINIMAL_MC, ["bare-smpp"], smpp(*SMPP_DEEP, "--tls"), 3, tls=True),
    Ratio("smpp-mc", "submit_sm to smpp-mc in memory, 10 connections, window 100",
          SMPP_MC, ["bare-smpp"], smpp(*SMPP_DEEP), 14),
    Ratio("smpp-mc-receipts", "the same, a receipt for every message",
          SMPP_MC, ["bare-smpp"], smpp(*SMPP_DEEP), None, ours_load=smpp(*RECEIPTS)),
    Paced("smpp-mc-paced", "100,000 submit_sm a second to smpp-mc on the disk, to a sink, no receipt",
          SMPP_MC, [*PACED], 100000, 60, 10, 200),
    Paced("smpp-mc-paced-receipts", "the same, a receipt for every message",
          SMPP_MC, [*PACED, "--registered-delivery", "1", "--drain", "30"], 100000, 20, None, None),
    Unpaced("smpp-mc-unpaced", "submit_sm to smpp-mc on the disk as fast as windows allow, beside the store alone",
            SMPP_MC, [*PACED], 1.3, 0.4),
    Idle("smpp-mc-idle", "10,000 bound sessions of smpp-mc with enquire_link on", SMPP_MC, ["--window", "1"], 60, 2),
    Rate("esme-1x100", "submit_sm from our ESME side to bare-smpp, 1 connection, window 100",
         esme("--connections", "1", "--window", "100"), ["bare-smpp"], 500_000, on_one_core=True),
    Rate("esme-10x100", "the same, 10 connections, on two cores",
         esme("--connections", "10", "--window", "100"), ["bare-smpp"], 500_000),
    Counted("smpp-decode", "submit_sm decoded, instructions", "decode"),
    Counted("smpp-encode", "deliver_sm encoded, instructions", "encode"),
    Counted("smpp-encode-resp", "submit_sm_resp encoded, instructions", "encode-response"),
    *erps_calls("erps", ERPSD),
    erps.Newcomers("erps-newcomers", "TLS connection, one call, close, beside 100 peers that say nothing",
                   MINIMAL_ERPS, 100, {"p50 with": 1.1, "p99 with": 1.25}),
    erps.Instructions("erps-instructions", "a call of the minimal Erps server, instructions", MINIMAL_ERPS),
    Ratio("cwmp-empty", "CWMP: Inform, empty POST, 204; 50 devices, connections reused",
          MINIMAL_CWMP, ["bare-cwmp"], cwmp(*DEVICES), 1.667),
    Ratio("cwmp-empty-new", "the same, a connection for each session",
          MINIMAL_CWMP, ["bare-cwmp"], cwmp(*DEVICES, "--new"), None, callgrind_operations=2000),
    cwmp_values(100),
    cwmp_values(1000),
    cwmp_service.Durable("cwmp-durable", "the empty session with acs on the disk, 2,000 devices that take turns",
                         ["--connections", "100", "--devices", "2000"], 8000, 1),
    cwmp_service.Durable("cwmp-store-1000", "acs on the disk reads 1,000 parameters in each session and keeps them",
                         ["--connections", "50", "--devices", "500", "--parameters", "1000"], 1000, 2,
                         READ_ALL),
    cwmp_service.Durable("cwmp-asked-1000", "the same because somebody asked for it: its result is kept, too",
                         ["--connections", "50", "--devices", "1000", "--parameters", "1000"], 1000, 2,
                         READ_ALL, 1000),
    Memory("cwmp-memory", "an open CWMP session with its idle connection: the Inform is answered",
           MINIMAL_CWMP, hold("cwmp-load", "--hold"), 4096),
    erps.Start("erps-start", "erpsd at its start", ERPSD, 3 * 1024 * 1024),
    Memory("idle-erps", "an idle plain connection of erpsd", ERPSD, hold("erps-load"), 1024),
    Memory("idle-echo", "an idle plain session", CORE_ECHO, hold("echo-load"), 512),
    Memory("idle-echo-tls", "an idle TLS session", CORE_ECHO, hold("echo-load", "--tls"), 16 * 1024,
           tls=True),
    Memory("idle-smpp", "a bound SMPP session of the minimal MC", MINIMAL_MC,
           hold("smpp-load", "--window", "1"), 1024),
    Memory("idle-smpp-mc", "a bound SMPP session of smpp-mc", SMPP_MC,
           hold("smpp-load", "--window", "1"), None),
]

# The yardstick by itself: run by name, to see what this machine's noise does to a ratio of 1.
SELF_CHECKS = [
    *erps_calls("noise-erps", ["bare-erps"]),
    *erps_calls("erps-minimal", MINIMAL_ERPS),
    erps.Newcomers("noise-erps-newcomers", "the bare Erps server beside peers that say nothing", ["bare-erps"], 100,
                   {"p50 with": 1.1, "p99 with": 1.25}),
    Memory("idle-erps-minimal", "an idle plain connection of the minimal Erps server", MINIMAL_ERPS,
           hold("erps-load"), 1024),
    Ratio("noise-echo", "bare-echo beside itself, 1,000 connections, 1 in flight",
          ["bare-echo"], ["bare-echo"], echo(*ECHO_MANY), 1.10),
    Ratio("noise-echo-deep", "bare-echo beside itself, 10 connections, 16 in flight",
          ["bare-echo"], ["bare-echo"], echo(*ECHO_DEEP), 1.40),
    Ratio("noise-churn", "bare-echo beside itself, accept, one echo, close",
          ["bare-echo"], ["bare-echo"], echo(*CHURN), 1.15, callgrind_operations=2000),
    Ratio("noise-smpp", "bare-smpp beside itself, 10 connections, window 100",
          ["bare-smpp"], ["bare-smpp"], smpp(*SMPP_DEEP), 6),
    Ratio("noise-smpp-tls", "bare-smpp beside itself over TLS",
          ["bare-smpp"], ["bare-smpp"], smpp(*SMPP_DEEP, "--tls"), 3, tls=True),
    Memory("bare-idle-echo", "an idle plain connection of bare-echo", ["bare-echo"],
           hold("echo-load"), None),
    Memory("bare-idle-smpp", "a bound connection of bare-smpp", ["bare-smpp"],
           hold("smpp-load", "--window", "1"), None),
    Memory("bare-idle-tls", "an idle TLS connection of bare-echo", ["bare-echo"],
           hold("echo-load", "--tls"), None, tls=True),
]
