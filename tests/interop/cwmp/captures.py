#!/usr/bin/env python3
"""acs and real agents: each flow that was recorded is played again, the RPCs asked by tasks of the API, and what
the agent answers must be what the tasks end with. And each message of a device that others have published."""
import os
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "daemons", "acs"))
from agent import Agent # noqa: E402
from life import Daemon, request, until # noqa: E402

DATA = os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "protocols", "cwmp", "data")


def names(method, *each):
	return {"method": method, "ParameterNames": list(each)}


def setting(*each):
	return {"method": "SetParameterValues", "ParameterKey": "",
		"ParameterList": [{"Name": n, "Value": v, "Type": t} for n, t, v in each]}


def download(key):
	return {"method": "Download", "CommandKey": key, "FileType": "3 Vendor Configuration File",
		"URL": "http://127.0.0.1:1/file.bin"}


def upload(key):
	return {"method": "Upload", "CommandKey": key, "FileType": "1 Vendor Configuration File",
		"URL": "http://127.0.0.1:1/up"}


def attribute(name):
	return {"method": "SetParameterAttributes", "ParameterList": [{"Name": name, "NotificationChange": True,
		"Notification": 1, "AccessListChange": False, "AccessList": []}]}


def name_of(path, level):
	return {"method": "GetParameterNames", "ParameterPath": path, "NextLevel": level}


class Capture(unittest.TestCase):
	SETTINGS = ()

	def setUp(self):
		folder = tempfile.TemporaryDirectory()
		self.addCleanup(folder.cleanup)
		self.daemon = Daemon(folder.name, "store.path=mem:", *self.SETTINGS)
		self.daemon.__enter__()
		self.addCleanup(self.end)
		self.api = self.daemon.port("api")

	def end(self):
		self.daemon.__exit__(None, None, None)

	def agent(self, name, password=None):
		agent = Agent(name, self.daemon.port("cwmp"), password)
		self.addCleanup(agent.close)
		agent.connect()
		return agent

	def give(self, agent, tasks):
		"""Each task, tried once; their ids."""
		return [request(self.api, "POST", f"/devices/{agent.device}/tasks", {"attempts": 1, **task}).expect(201)
			.json()["id"] for task in tasks]

	def task(self, agent, task):
		return request(self.api, "GET", f"/devices/{agent.device}/tasks/{task}").expect(200).json()

	def ended(self, agent, task):
		"""The task, once it has ended."""
		return until(lambda: (t := self.task(agent, task))["state"] in ("done", "failed") and t, "end of a task")

	def flow(self, agent, tasks, inform, numbers):
		"""A session: the Inform has been said; each answer to a task in its turn; then 204. What is not among
		`numbers` the agent did not answer. The ids of the tasks."""
		ids = self.give(agent, tasks)
		self.assertEqual(agent.say(inform).method, "InformResponse")
		for task, number in zip(tasks, numbers):
			reply = agent.say(number)
			self.assertEqual((reply.status, reply.method), (200, task["method"]))
		self.assertEqual(agent.say(numbers[-1]).status, 204)
		return ids

	def known(self, agent, *numbers):
		"""A first session with nothing to do, for the device to be there."""
		for number in numbers[:-1]:
			self.assertIn(agent.say(number).status, (200, 401))
		self.assertEqual(agent.say(numbers[-1]).status, 204)

	def states(self, agent, ids):
		return [self.ended(agent, task)["state"] for task in ids]


IGD = "InternetGatewayDevice."


class Easycwmp(Capture):
	TASKS = [{"method": "GetRPCMethods"}, name_of(IGD, True), name_of(IGD, False),
		names("GetParameterValues", IGD + "DeviceInfo."), names("GetParameterValues", IGD),
		setting((IGD + "ManagementServer.PeriodicInformInterval", "unsignedInt", "3600")),
		setting((IGD + "DeviceInfo.SerialNumber", "string", "x"), (IGD + "Nope", "string", "y")),
		names("GetParameterAttributes", IGD + "ManagementServer.URL"), attribute(IGD + "ManagementServer.URL"),
		{"method": "AddObject", "ObjectName": IGD + "Layer3Forwarding.Forwarding.", "ParameterKey": ""},
		{"method": "DeleteObject", "ObjectName": IGD + "Layer3Forwarding.Forwarding.7.", "ParameterKey": ""},
		{"method": "ScheduleInform", "DelaySeconds": 2, "CommandKey": "s"}, {"method": "GetQueuedTransfers"},
		download("dl1"), upload("ul1"), {"method": "GetOptions", "OptionName": ""},
		names("GetParameterValues", IGD + "Nope")]

	def test_every_answer_is_the_result_of_its_task(self):
		agent = self.agent("easycwmp")
		self.known(agent, 1, 2)
		ids = self.flow(agent, self.TASKS, 1, list(range(2, 20)))
		whole = self.ended(agent, ids[4])["result"]["ParameterList"]
		self.assertGreater(len(whole), 700)
		self.assertEqual(len(self.ended(agent, ids[0])["result"]["MethodList"]), 13)
		failed = [i for i, task in enumerate(ids) if i not in (11, 13, 14) and
			self.ended(agent, task)["state"] == "failed"]
		self.assertEqual(failed, [6, 12, 15, 16])
		faults = self.ended(agent, ids[6])["fault"]
		self.assertEqual(faults["code"], "cwmp.9003")
		# What is done later is waited for.
		self.assertEqual([self.task(agent, ids[i])["state"] for i in (11, 13, 14)], ["waiting"] * 3)

	def test_its_parameters_are_kept(self):
		agent = self.agent("easycwmp")
		self.known(agent, 1, 2)
		ids = self.give(agent, [names("GetParameterValues", IGD)])
		agent.say(1)
		agent.say(2)
		self.assertEqual(agent.say(7).status, 204)
		self.ended(agent, ids[0])
		kept = request(self.api, "GET", f"/devices/{agent.device}/parameters?path={IGD}").expect(200).json()
		self.assertGreater(len(kept["parameters"]), 700)


class EasycwmpDigest(Capture):
	SETTINGS = ("devices.authentication=digest_md5", "devices.username=cpe", "devices.password=secret")

	def test_counts_of_a_nonce_go_up(self):
		agent = self.agent("easycwmp-digest", "secret")
		self.known(agent, 1, 2, 3)
		ids = self.give(agent, [names("GetParameterValues", IGD + "DeviceInfo.SoftwareVersion"),
			{"method": "ScheduleInform", "DelaySeconds": 2, "CommandKey": "s"}, download("dl1")])
		agent.connect()
		self.assertEqual(agent.say(1).status, 401)
		self.assertEqual(agent.say(2).method, "InformResponse")
		for number, method in ((3, "GetParameterValues"), (4, "ScheduleInform"), (5, "Download")):
			self.assertEqual(agent.say(number).method, method)
		self.assertEqual(agent.say(6).status, 204)
		self.assertEqual(self.ended(agent, ids[0])["state"], "done")

	def test_a_wrong_password_is_refused(self):
		agent = self.agent("easycwmp-digest", "wrong")
		self.assertEqual([agent.say(1).status, agent.say(2).status], [401, 401])


class CwmpSim(Capture):
	SETTINGS = ("devices.authentication=basic_or_digest", "devices.username=cpe", "devices.password=another")
	D = "Device."

	def tasks(self):
		d = self.D
		return [{"method": "GetRPCMethods"}, name_of(d, True), name_of(d, False),
			names("GetParameterValues", d + "DeviceInfo."), names("GetParameterValues", d),
			setting((d + "ManagementServer.PeriodicInformInterval", "unsignedInt", "60")),
			setting((d + "DeviceInfo.SerialNumber", "string", "x"), (d + "Nope", "string", "y")),
			names("GetParameterAttributes", d + "ManagementServer.URL"), attribute(d + "ManagementServer.URL"),
			{"method": "ScheduleInform", "DelaySeconds": 2, "CommandKey": "s"}, {"method": "GetQueuedTransfers"},
			{"method": "GetAllQueuedTransfers"},
			{"method": "ScheduleDownload", "CommandKey": "sd1", "FileType": "2 Web Content",
				"URL": "http://127.0.0.1:1/f", "TimeWindowList": [{"WindowStart": 1, "WindowEnd": 9,
				"WindowMode": "1 At Any Time", "UserMessage": "", "MaxRetries": 0}]},
			{"method": "CancelTransfer", "CommandKey": "sd1"}, download("dl1"), upload("ul1"),
			{"method": "ChangeDUState", "Operations": [{"Operation": "Uninstall", "UUID": "u", "Version": "1"}],
				"CommandKey": "c"}, {"method": "GetOptions", "OptionName": ""}, {"method": "Reboot", "CommandKey": ""}]

	def test_without_cookies_and_with_one_nonce_for_all(self):
		agent = self.agent("cwmp-sim", "another")
		# Basic without being asked, with another password: 401, then Digest.
		self.assertEqual(agent.say(1).status, 401)
		self.known(agent, 2, 3)
		ids = self.flow(agent, self.tasks(), 2, list(range(3, 23)))
		self.assertEqual(self.ended(agent, ids[6])["state"], "failed")
		self.assertGreater(len(self.ended(agent, ids[4])["result"]["ParameterList"]), 50)
		# On a new connection: two Informs, of which the second counts, then what it owes.
		# It had let its serial number be set, and was another device from then on: not so here.
		agent.changes = (b"<SerialNumber>x<", b"<SerialNumber>123456<")
		agent.connect()
		self.assertEqual(agent.say(24).method, "InformResponse")
		self.assertEqual(agent.say(25).method, "InformResponse")
		self.assertEqual(agent.say(26).method, "TransferCompleteResponse")
		self.assertEqual(agent.say(27).method, "TransferCompleteResponse")
		self.assertEqual(agent.say(28).status, 204)
		# The upload failed, it says: 9010.
		self.assertEqual(self.states(agent, [ids[14], ids[15], ids[18]]), ["done", "failed", "done"])


class Netcwmp(Capture):
	TASKS = [{"method": "GetRPCMethods"}, name_of(IGD, True), name_of(IGD, False),
		names("GetParameterValues", IGD + "DeviceInfo."),
		names("GetParameterValues", IGD + "DeviceInfo.SoftwareVersion", IGD + "ManagementServer.URL"),
		setting((IGD + "ManagementServer.ConnectionRequestUsername", "string", "bob")),
		names("GetParameterAttributes", IGD + "ManagementServer.URL"),
		{"method": "AddObject", "ObjectName": IGD + "WANDevice.1.WANConnectionDevice.1.WANIPConnection.",
			"ParameterKey": ""},
		download("dl1"), upload("ul1"), {"method": "GetOptions", "OptionName": ""}]

	def test_an_empty_post_in_place_of_an_answer_fails_that_task_alone(self):
		agent = self.agent("netcwmp")
		self.known(agent, 1, 2)
		ids = self.flow(agent, self.TASKS, 1, list(range(2, 14)))
		self.assertEqual(self.states(agent, [ids[i] for i in (0, 1, 2, 4, 5)]), ["done"] * 5)
		self.assertEqual(self.states(agent, [ids[i] for i in (6, 7, 10)]), ["failed"] * 3)
		agent.connect()
		self.assertEqual(agent.say(15).method, "InformResponse")
		self.assertEqual(agent.say(16).method, "TransferCompleteResponse")
		self.assertEqual(agent.say(17).status, 204)
		# It could not: 9001, it says.
		self.assertEqual(self.ended(agent, ids[9])["fault"]["code"], "cwmp.9001")

	def test_nothing_that_it_rejects_is_sent(self):
		agent = self.agent("netcwmp")
		reply = agent.say(1)
		self.assertFalse(reply.body.startswith(b"<?xml"))
		self.assertIn(b"<SOAP-ENV:Envelope", reply.body)
		self.assertIn(b"<cwmp:InformResponse>", reply.body)

	def test_agents_fetch_a_file_of_ours(self):
		with_file = self.api
		request(with_file, "PUT", "/files/file.bin", b"octets").expect(201)
		url = until(lambda: request(with_file, "GET", "/files/file.bin").expect(200).json().get("url"), "url")
		for name, number in (("netcwmp", 14), ("cwmp-sim", 23)):
			agent = self.agent(name)
			reply = agent.say(number, path="/" + url.split("/", 3)[3])
			self.assertEqual((reply.status, reply.body), (200, b"octets"))


ASKED = {
	"SetParameterValues": setting(("Device.A", "string", "a")), "GetParameterValues": names("", "Device.A"),
	"GetParameterAttributes": names("", "Device.A"), "GetParameterNames": name_of("Device.", False),
	"SetParameterAttributes": attribute("Device.A"), "Download": download("k"), "Upload": upload("k"),
	"AddObject": {"ObjectName": "Device.A."}, "DeleteObject": {"ObjectName": "Device.A.1."},
	"ScheduleInform": {"DelaySeconds": 1}, "SetVouchers": {"VoucherList": ["YQ=="]},
	"ScheduleDownload": {**download("k"), "TimeWindowList": [{"WindowStart": 1, "WindowEnd": 2,
		"WindowMode": "1 At Any Time", "UserMessage": "", "MaxRetries": 0}]},
	"ChangeDUState": {"Operations": [{"Operation": "Uninstall", "UUID": "u"}]}}
METHODS = {*ASKED, "GetRPCMethods", "GetQueuedTransfers", "GetAllQueuedTransfers", "CancelTransfer", "GetOptions",
	"Reboot", "FactoryReset"}
LATER = {"Download", "Upload", "Reboot", "FactoryReset", "ScheduleInform", "ScheduleDownload", "ChangeDUState"}
# What only devices ask, or only an ACS answers.
THEIRS = {"Inform", "TransferComplete", "AutonomousTransferComplete", "RequestDownload", "Kicked",
	"DUStateChangeComplete", "AutonomousDUStateChangeComplete"}


def document_of(name):
	"""What follows the HTTP header, where there is one."""
	with open(os.path.join(DATA, name), "rb") as file:
		octets = file.read()
	return re.split(rb"\r?\n\r?\n", octets, maxsplit=1)[1] if octets.startswith(b"POST") else octets


class Messages(Capture):
	"""What is published of other devices: each file is said by a device of its own."""
	INFORM = (b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="urn:dslforum-org:cwmp-1-0">'
		b"<E:Body><w:Inform><DeviceId><OUI>0000AA</OUI><SerialNumber>%d</SerialNumber></DeviceId></w:Inform>"
		b"</E:Body></E:Envelope>")

	def of(self, *methods):
		with open(os.path.join(DATA, "index.txt"), encoding="utf-8") as index:
			lines = [line.split()[:2] for line in index if line.startswith("messages/")]
		for number, (name, method) in enumerate(lines):
			if method in methods:
				yield number, document_of(name), method

	def begin(self, agent, number):
		self.assertEqual(agent.post(self.INFORM % number).method, "InformResponse")

	def ask(self, number, method, document, state):
		"""A task, which has this answer and comes to this state."""
		agent = self.agent(None)
		agent.device = f"0000AA-{number}"
		self.begin(agent, number)
		self.assertEqual(agent.post(b"").status, 204)
		ids = self.give(agent, [{**ASKED.get(method, {}), "method": method}])
		self.begin(agent, number)
		self.assertEqual(agent.post(b"").method, method)
		self.assertEqual(agent.post(document).status, 204)
		until(lambda: self.task(agent, ids[0])["state"] == state, f"{state} {method}")

	def test_each_call_of_a_device_is_answered(self):
		count = 0
		for number, document, method in self.of("GetRPCMethods", *THEIRS):
			agent = self.agent(None)
			if method != "Inform":
				self.begin(agent, number)
			reply = agent.post(document)
			self.assertEqual((reply.status, reply.method), (200, method + "Response"))
			count += 1
		self.assertEqual(count, 28)

	def test_each_answer_of_a_device_ends_its_task(self):
		count = 0
		for number, document, method in self.of(*(f"{m}Response" for m in METHODS)):
			method = method.removesuffix("Response")
			self.ask(number, method, document, "waiting" if method in LATER else "done")
			count += 1
		for number, document, method in self.of("Fault"):
			self.ask(number, "GetRPCMethods", document, "failed")
			count += 1
		self.assertEqual(count, 31)


if __name__ == "__main__":
	unittest.main()
