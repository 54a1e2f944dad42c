#!/usr/bin/env python3
"""acs and cwmp-sim: every RPC by a task of the API, presets, scripts, files, boots, connection requests; TLS with
client certificates; every form in which devices speak."""
import base64
import os
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from bed import NAME, Bed, request, until # noqa: E402

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
		self.did({"method": "ChangeDUState", "CommandKey": "", "Operations": [{"Operation": "Install",
			"URL": "http://x/", "UUID": "u-1", "Username": "", "Password": "", "ExecutionEnvRef": ""}]})
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
		self.did({"method": "download", "file": "fw.bin", "fileType": "1 Firmware Upgrade Image"})
		self.assertEqual(self.ask("GET", f"/devices/{self.device}")["softwareVersion"], "2.0.1")
		self.did({"method": "upload", "file": "backup.cfg", "fileType": "1 Vendor Configuration File"})
		brought = request(self.api, "GET", "/files/backup.cfg/content").expect(200).octets
		self.assertIn(b"Device.DeviceInfo.SoftwareVersion=2.0.1", brought)
		self.did({"method": "download", "URL": f"http://127.0.0.1:{self.cwmp}/files/nothing",
			"fileType": "3 Vendor Configuration File"}, state="failed")

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


class Digest(Bed):
	SETTINGS = ("devices.authentication=digest", "devices.secret=0123456789abcdef", "devices.must_match=true")

	def test_the_password_is_made_of_the_name(self):
		# printf 001122-Simulator-SIM000001 | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base64 ...
		digest = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", "0123456789abcdef", "-binary"],
			input=NAME.format(1).encode(), capture_output=True, check=True).stdout
		password = base64.urlsafe_b64encode(digest).decode()[:24]
		self.simulate("--sessions", "2", "--interval", "0", "--user", NAME.format(1), "--password", password).end()
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
