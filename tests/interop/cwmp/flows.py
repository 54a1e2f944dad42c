#!/usr/bin/env python3
"""acs and cwmp-sim: every RPC by a task of the API, presets, scripts, files, boots, connection requests; TLS with
client certificates; every form in which devices speak."""
import base64
import os
import re
import select
import socket
import subprocess
import sys
import threading
import unittest

sys.dont_write_bytecode = True
from bed import NAME, Bed, Simulator, request, until # noqa: E402

SSID = "Device.WiFi.SSID."
DOOR = ("--connection-requests", "127.0.0.1:0", "--interval", "1h")


def names(method, *each):
	return {"method": method, "ParameterNames": list(each)}


def values(result):
	return {one["Name"]: one["Value"] for one in result["ParameterList"]}


class Tasks(Bed):
	"""One device, which comes when it is asked to."""

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.device = NAME.format(1)

	def setUp(self):
		self.simulator = self.simulate(*DOOR)
		self.known(self.device)

	def tearDown(self):
		self.simulator.stop()
		self.ask("DELETE", f"/devices/{self.device}", status=204)

	def did(self, task, **more):
		return self.do(self.device, task, **more)

	def test_parameters(self):
		self.assertIn("ChangeDUState", self.did({"method": "GetRPCMethods"})["MethodList"])
		self.assertEqual(values(self.did(names("GetParameterValues", SSID + "1.SSID"))),
			{SSID + "1.SSID": "Home-SIM000001"})
		self.assertIn({"Name": SSID, "Writable": True}, self.did({"method": "GetParameterNames",
			"ParameterPath": "Device.WiFi.", "NextLevel": True})["ParameterList"])
		self.did({"method": "SetParameterValues", "ParameterKey": "k",
			"ParameterList": [{"Name": SSID + "1.SSID", "Value": "one", "Type": "string"}]})
		self.did({"method": "setParameters", "parameters": {SSID + "1.SSID": "two & <three>"}})
		self.assertEqual(values(self.did(names("GetParameterValues", SSID + "1.SSID"))),
			{SSID + "1.SSID": "two & <three>"})
		self.did({"method": "SetParameterAttributes", "ParameterList": [{"Name": SSID + "1.Enable",
			"NotificationChange": True, "Notification": 1, "AccessListChange": False, "AccessList": []}]})
		attributes = self.did(names("GetParameterAttributes", SSID + "1.Enable"))["ParameterList"]
		self.assertEqual(attributes[0]["Notification"], 1)

	def test_objects_and_what_is_seldom_asked(self):
		row = self.did({"method": "AddObject", "ObjectName": SSID, "ParameterKey": ""})["InstanceNumber"]
		self.did({"method": "DeleteObject", "ObjectName": f"{SSID}{row}.", "ParameterKey": ""})
		self.did({"method": "SetVouchers", "VoucherList": ["AAAA"]})
		self.assertEqual(self.did({"method": "GetOptions", "OptionName": ""})["OptionList"][0]["OptionName"],
			"option 1")
		def change(operation, state="done", **more):
			unit = {"Operation": operation, "UUID": "u-1", **more}
			result = self.did({"method": "ChangeDUState", "CommandKey": "", "Operations": [unit]}, state=state)
			return result and result["Results"][0]["CurrentState"]
		self.assertEqual(change("Install", URL="http://x/", ExecutionEnvRef=""), "Installed")
		self.assertEqual(change("Update", URL="http://x/", Version="2.0"), "Installed")
		change("Update", state="failed", URL="http://x/", Version="2.0")
		self.assertEqual(change("Uninstall", Version="", ExecutionEnvRef=""), "Uninstalled")
		self.did({"method": "ScheduleInform", "DelaySeconds": 1, "CommandKey": ""})

	def test_a_refresh_keeps_all_that_the_device_has(self):
		self.did({"method": "refresh"})
		kept = self.ask("GET", f"/devices/{self.device}/parameters?path=Device.DeviceInfo.")["parameters"]
		serial = [one for one in kept if one["name"] == "Device.DeviceInfo.SerialNumber"]
		self.assertEqual((serial[0]["value"], serial[0]["type"]), ("SIM000001", "string"))

	def test_a_fault_fails_its_task_alone(self):
		self.did(names("GetParameterValues", "Device.Nothing"), state="failed")
		self.did({"method": "SetParameterValues", "ParameterKey": "",
			"ParameterList": [{"Name": "Device.DeviceInfo.SerialNumber", "Value": "x", "Type": "string"}]},
			state="failed")
		self.did(names("GetParameterValues", "Device.DeviceInfo.SerialNumber"))

	def test_boots_are_told(self):
		self.did({"method": "setParameters", "parameters": {SSID + "1.SSID": "changed"}})
		self.did({"method": "reboot"})
		self.assertIn("M Reboot", self.ask("GET", f"/devices/{self.device}")["events"])
		self.did({"method": "factoryReset"})
		self.assertIn("0 BOOTSTRAP", self.ask("GET", f"/devices/{self.device}")["events"])
		self.assertEqual(values(self.did(names("GetParameterValues", SSID + "1.SSID"))),
			{SSID + "1.SSID": "Home-SIM000001"})

	def test_files_go_both_ways(self):
		request(self.api, "PUT", "/files/fw.bin?version=2.0.1", b"version 2.0.1\n" + bytes(200000)).expect(201)
		self.did({"method": "download", "file": "fw.bin", "FileType": "1 Firmware Upgrade Image"})
		self.assertEqual(self.ask("GET", f"/devices/{self.device}")["softwareVersion"], "2.0.1")
		self.did({"method": "upload", "file": "backup.cfg", "FileType": "1 Vendor Configuration File"})
		brought = request(self.api, "GET", "/files/backup.cfg/content").expect(200).octets
		self.assertIn(b"Device.DeviceInfo.SoftwareVersion=2.0.1", brought)
		self.did({"method": "download", "URL": f"http://127.0.0.1:{self.cwmp}/files/nothing",
			"FileType": "3 Vendor Configuration File"}, state="failed")
		web = {"FileType": "2 Web Content", "URL": f"http://127.0.0.1:{self.api}/files/fw.bin/content"}
		self.did({"method": "ScheduleDownload", "CommandKey": "", **web, "TimeWindowList": [{"WindowStart": 0,
			"WindowEnd": 60, "WindowMode": "1 At Any Time", "UserMessage": "", "MaxRetries": 0}]})
		self.did({"method": "Download", "CommandKey": "", **web, "FileSize": 1}, state="failed")

	def test_transfers_are_queued_and_cancelled(self):
		late = {"method": "Download", "CommandKey": "late", "FileType": "2 Web Content", "URL": "http://127.0.0.1:1/",
			"DelaySeconds": 3600}
		self.ask("POST", f"/devices/{self.device}/tasks", late, 201)
		queued = self.did({"method": "GetAllQueuedTransfers"})["TransferList"]
		self.assertEqual((queued[0]["CommandKey"], queued[0]["State"]), ("late", 1))
		self.did({"method": "CancelTransfer", "CommandKey": "late"})
		self.assertEqual(self.did({"method": "GetQueuedTransfers"})["TransferList"], [])

	def test_connection_requests_use_what_was_set(self):
		self.did({"method": "setParameters", "parameters": {
			"Device.ManagementServer.ConnectionRequestUsername": "acs",
			"Device.ManagementServer.ConnectionRequestPassword": "secret"}})
		self.ask("POST", f"/devices/{self.device}/connection-request")
		until(lambda: "6 CONNECTION REQUEST" in self.ask("GET", f"/devices/{self.device}")["events"], "session")

	def test_presets_are_applied_and_verified(self):
		self.ask("PUT", "/presets/ssid", {"filter": {"productClass": "Sim*"},
			"parameters": {SSID + "1.SSID": "preset"}})
		self.ask("POST", f"/devices/{self.device}/connection-request")
		def is_set():
			return values(self.did(names("GetParameterValues", SSID + "1.SSID")))[SSID + "1.SSID"] == "preset"
		until(is_set, "preset")
		self.ask("DELETE", "/presets/ssid", status=204)

	def test_a_script_talks_to_the_device(self):
		source = f"""
			local name = "{SSID}1.SSID"
			local serial = cpe:get("Device.DeviceInfo.SerialNumber")
			cpe:set({{[name] = "by script " .. serial}})
		"""
		self.ask("PUT", "/scripts/hello", {"source": source, "filter": {"events": ["6 CONNECTION REQUEST"]}})
		self.ask("POST", f"/devices/{self.device}/connection-request")
		def is_set():
			return values(self.did(names("GetParameterValues", SSID + "1.SSID")))[SSID + "1.SSID"].startswith("by script")
		until(is_set, "script")
		self.ask("DELETE", "/scripts/hello", status=204)


class Forms(Bed):
	"""Every form in which a device may speak: sessions come to their end, and tasks are done in them."""

	def test_all_forms(self):
		forms = (["--chunked"], ["--gzip"], ["--gzip", "--chunked"], ["--close"], ["--no-cookies"],
			["--cwmp", "1.0", "--model", "tr098"], ["--cwmp", "1.4"], ["--namespace", "urn:dslforum-org:cwmp-1-4"],
			["--prefix", "x"], ["--declaration", "--boolean-words"],
			["--call", "GetRPCMethods", "--call", "Kicked", "--call", "RequestDownload",
				"--call", "AutonomousTransferComplete", "--call", "DUStateChangeComplete"],
			["--extra", "3000", "--gzip"])
		for number, form in enumerate(forms, 1):
			with self.subTest(form=form):
				first = ["--first", str(number), *form]
				root = "InternetGatewayDevice." if "tr098" in form else "Device."
				self.simulate("--sessions", "1", *first).end()
				device = NAME.format(number)
				self.ask("POST", f"/devices/{device}/tasks", {"method": "refresh"}, 201)
				self.simulate("--sessions", "1", *first).end()
				kept = self.ask("GET", f"/devices/{device}/parameters?path={root}")["parameters"]
				self.assertGreater(len(kept), 3000 if "--extra" in form else 20)

	def test_many_devices_at_once(self):
		result = self.simulate("--first", "100", "--devices", "200", "--sessions", "2", "--interval", "0",
			"--spread", "500ms", "--threads", "2").end()
		self.assertEqual((result["sessions"], result["failed"]), (400, 0))
		self.assertGreaterEqual(self.ask("GET", "/health")["devices"], 200)

	def test_devices_that_drop_and_fail_are_served_in_the_end(self):
		for number in range(500, 510):
			self.simulate("--first", str(number), "--sessions", "1").end()
			for _ in range(3):
				self.ask("POST", f"/devices/{NAME.format(number)}/tasks",
					{"attempts": 5, **names("GetParameterValues", "Device.DeviceInfo.")}, 201)
		result = self.simulate("--first", "500", "--devices", "10", "--sessions", "4", "--interval", "0", "--drops", "30",
			"--faults", "20").end()
		self.assertEqual((result["sessions"], result["failed"]), (40, 0))
		self.assertGreater(result["dropped"], 0)


class Nat:
	"""Between a device and the ACS's STUN: from outside the device is another port, which `move` changes. `requests` are
	the connection requests that came in."""

	def __init__(self, server):
		self.server, self.device, self.requests, self.opened = ("127.0.0.1", server), None, [], []
		self.inside, self.outside = self.open(), self.open()
		self.port = self.inside.getsockname()[1]
		self.ends = threading.Event()
		self.thread = threading.Thread(target=self.serve, daemon=True)
		self.thread.start()

	def open(self):
		opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		opened.bind(("127.0.0.1", 0))
		self.opened.append(opened)
		return opened

	@property
	def address(self):
		return "127.0.0.1:{}".format(self.outside.getsockname()[1])

	def move(self):
		self.outside = self.open()

	def serve(self):
		while not self.ends.is_set():
			for ready in select.select([self.inside, self.outside], [], [], 0.02)[0]:
				octets, sender = ready.recvfrom(2048)
				if ready is self.inside:
					self.device = sender
					self.outside.sendto(octets, self.server)
				elif sender == self.server:
					self.requests += [octets] if octets.startswith(b"GET ") else []
					self.send(octets)

	def send(self, octets):
		self.inside.sendto(octets, self.device)

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.ends.set()
		self.thread.join()
		for opened in self.opened:
			opened.close()


class BehindNat(Bed):
	SETTINGS = ("stun.address=127.0.0.1:0", "connection_request.username=acs", "connection_request.password=secret",
		"connection_request.device_interval=1100ms")
	PORTS = ("--udp-connection-requests", "127.0.0.1:0", "--interval", "1h", "--connection-request-user", "acs",
		"--connection-request-password", "secret")

	def setUp(self):
		self.device = NAME.format(1)
		self.stun = self.daemon.port("cwmp.udp")

	def tearDown(self):
		self.ask("DELETE", f"/devices/{self.device}", status=204)

	def told(self, address, nat):
		"""The device has said in its last Inform that its address is this, and whether there is a NAT."""
		def look():
			device = self.known(self.device)
			said = device["inform"]["parameters"].get("Device.ManagementServer.UDPConnectionRequestAddress")
			return said == address and "4 VALUE CHANGE" in device["events"] and device
		device = until(look, f"address {address}")
		self.assertEqual(device["inform"]["parameters"].get("Device.ManagementServer.NATDetected", "0"), nat)
		return device["informs"]

	def asked(self, informs):
		"""Asked to come, it comes, and no more than once."""
		def take():
			answer = request(self.api, "POST", f"/devices/{self.device}/connection-request")
			return answer.status == 200 or answer.expect(429, "too_soon") and False
		until(take, "request")
		until(lambda: self.known(self.device)["informs"] > informs, "session")
		self.assertEqual(self.known(self.device)["events"], ["6 CONNECTION REQUEST"])

	def test_a_device_is_asked_through_its_nat(self):
		with Nat(self.stun) as nat:
			simulator = self.simulate(*self.PORTS, "--stun", f"127.0.0.1:{nat.port}", "--stun-user", "acs",
				"--stun-password", "secret")
			informs = self.told(nat.address, "1")
			self.asked(informs)
			until(lambda: len(nat.requests) == 3, "copies")
			# What was heard before, what nobody has signed, and noise, are no requests.
			nat.send(nat.requests[0])
			nat.send(re.sub(rb"ts=\d+", b"ts=4000000000", nat.requests[0]))
			for noise in (b"", b"GET", b"GET http://x?ts=1&id=1&un=acs&cn=1&sig=1 HTTP/1.1\r\n\r\n", bytes(20), b"\1\1" * 30):
				nat.send(noise)
			self.ask("POST", f"/devices/{self.device}/tasks", {"method": "setParameters", "parameters":
				{"Device.ManagementServer.STUNMinimumKeepAlivePeriod": {"value": "1", "type": "unsignedInt"}}}, 201)
			self.asked(informs + 1)
			self.assertEqual(self.known(self.device)["informs"], informs + 2)
			# The NAT forgets, the device notices, and is asked at its new address.
			nat.move()
			self.asked(self.told(nat.address, "0"))
			simulator.stop()

	def test_an_acs_says_where_the_server_is(self):
		def stun(enable):
			self.do(self.device, {"method": "setParameters", "parameters": {
				"Device.ManagementServer.STUNEnable": {"value": enable, "type": "boolean"},
				"Device.ManagementServer.STUNServerAddress": "127.0.0.1",
				"Device.ManagementServer.STUNServerPort": {"value": str(self.stun), "type": "unsignedInt"}}})
		simulator = self.simulate(*self.PORTS, "--connection-requests", "127.0.0.1:0")
		self.known(self.device)
		stun("1")
		def address():
			kept = self.ask("GET", f"/devices/{self.device}/parameters?path=Device.ManagementServer.")["parameters"]
			return {one["name"]: one.get("value") for one in kept}.get("Device.ManagementServer.UDPConnectionRequestAddress")
		self.told(until(address, "address"), "0")
		stun("0")
		self.told("", "0")
		simulator.stop()


class Who(Bed):
	SETTINGS = ("devices.authentication=digest", "devices.secret=0123456789abcdef", "devices.must_match=true")
	MORE = 'listener "basic" { serves = cwmp address = "127.0.0.1:0" authentication = basic }'

	def test_the_password_is_made_of_the_name(self):
		# printf 001122-Simulator-SIM000001 | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base64 ...
		digest = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", "0123456789abcdef", "-binary"],
			input=NAME.format(1).encode(), capture_output=True, check=True).stdout
		password = base64.urlsafe_b64encode(digest).decode()[:24]
		known = ("--sessions", "2", "--interval", "0", "--user", NAME.format(1), "--password", password)
		self.simulate(*known).end()
		# By Basic elsewhere: where it is asked for, and without waiting for that.
		url = "http://127.0.0.1:{}/".format(self.daemon.port("basic"))
		for options in ((), ("--basic",)):
			with Simulator(url, *known, *options) as simulator:
				simulator.end()
		# A wrong password, and the right one of another device.
		for number, given in (("1", "wrong"), ("2", password)):
			result = self.simulate("--first", number, "--duration", "1s", "--user", NAME.format(1), "--password",
				given).end(1)
			self.assertEqual(result["sessions"], 0)


def make_certificates(folder):
	"""An authority, a server's certificate for 127.0.0.1 and that of device 1."""
	def run(*words):
		subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
	key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
	run("req", "-x509", *key, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
	for name, subject, extension in (("server", "/CN=localhost", "subjectAltName=IP:127.0.0.1"),
			("device", f"/CN={NAME.format(1)}", "keyUsage=digitalSignature")):
		run("req", *key, "-subj", subject, "-addext", extension, "-keyout", f"{name}.key", "-out", f"{name}.csr")
		run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
			"-copy_extensions", "copy", "-out", f"{name}.pem")


class Tls(Bed):
	SCHEME = "https"

	@classmethod
	def settings(cls):
		make_certificates(cls.folder.name)
		tls = {"certificate": "server.pem", "key": "server.key", "ca": "ca.pem", "verify": "required"}
		return ("devices.must_match=true",
			*(f"listener.cwmp.tls.{key}={cls.path(value) if '.' in value else value}" for key, value in tls.items()))

	@classmethod
	def path(cls, name):
		return os.path.join(cls.folder.name, name)

	def test_a_device_is_who_its_certificate_says(self):
		options = ["--ca", self.path("ca.pem"), "--cert", self.path("device.pem"), "--key", self.path("device.key")]
		result = self.simulate("--sessions", "3", "--interval", "0", *options).end()
		self.assertEqual((result["sessions"], result["failed"]), (3, 0))
		other = self.simulate("--first", "2", "--duration", "1s", *options).end(1)
		self.assertEqual(other["sessions"], 0)

	def test_without_a_certificate_nobody_comes_in(self):
		result = self.simulate("--duration", "1s", "--ca", self.path("ca.pem")).end(1)
		self.assertEqual(result["sessions"], 0)


if __name__ == "__main__":
	unittest.main()
