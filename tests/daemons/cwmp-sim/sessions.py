#!/usr/bin/env python3
"""cwmp-sim against an ACS by hand: what it serves, when it informs, how it speaks HTTP."""
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
from acs import INFORM_RESPONSE, Acs, events_of, method_of, names, rpc, text_of, values, values_of

PROGRAM = os.path.join(os.environ["SB_BINARY_DIR"], "bin", "cwmp-sim")
SSID = "Device.WiFi.SSID."


class Simulator:
	"""A running cwmp-sim, ended with the test."""

	def __init__(self, acs, *options):
		self.process = subprocess.Popen([PROGRAM, "--json", "--quiet", "--reboot", "50ms", "--retry", "50ms",
			*options, acs.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

	def end(self, status=0):
		"""Waits for its own end, or asks for it; the result."""
		try:
			out, err = self.process.communicate(timeout=60)
		finally:
			self.process.kill()
		assert self.process.returncode == status, (self.process.returncode, err)
		return json.loads(out) if out else None

	def __enter__(self):
		return self

	def __exit__(self, *_):
		if self.process.poll() is None:
			self.process.terminate()
			self.process.communicate(timeout=60)


def session(requests, *options, **acs_options):
	"""One session in which all is asked; what the device said to it."""
	with Acs(requests, **acs_options) as acs:
		Simulator(acs, "--sessions", "1", *options).end()
		assert not acs.requests, "not all was asked"
		return acs


class Requests(unittest.TestCase):
	def asked(self, *requests):
		return [body for _, body in session(requests).answers_of()]

	def test_values_are_given_by_name_and_by_path(self):
		one, part, none = self.asked(
			rpc("GetParameterValues", names("Device.DeviceInfo.SerialNumber", SSID + "1.SSID")),
			rpc("GetParameterValues", names("Device.ManagementServer.")),
			rpc("GetParameterValues", names("Device.Nothing")))
		self.assertEqual(values_of(one), {"Device.DeviceInfo.SerialNumber": "SIM000001",
			SSID + "1.SSID": "Home-SIM000001"})
		self.assertEqual(values_of(part)["Device.ManagementServer.PeriodicInformInterval"], "300")
		self.assertEqual(values_of(part)["Device.ManagementServer.ConnectionRequestPassword"], "")
		self.assertEqual((method_of(none), text_of(none, "FaultCode")), ("Fault", "9005"))

	def test_names_are_given_level_by_level(self):
		root, below, whole = self.asked(
			rpc("GetParameterNames", "<ParameterPath></ParameterPath><NextLevel>1</NextLevel>"),
			rpc("GetParameterNames", "<ParameterPath>Device.WiFi.</ParameterPath><NextLevel>1</NextLevel>"),
			rpc("GetParameterNames", f"<ParameterPath>{SSID}</ParameterPath><NextLevel>0</NextLevel>"))
		self.assertEqual(re.findall("<Name>([^<]*)", root), ["Device."])
		self.assertIn("Device.WiFi.SSIDNumberOfEntries", re.findall("<Name>([^<]*)", below))
		self.assertIn(SSID, re.findall("<Name>([^<]*)", below))
		self.assertNotIn(SSID + "1.", re.findall("<Name>([^<]*)", below))
		self.assertIn(SSID + "1.SSID", re.findall("<Name>([^<]*)", whole))

	def test_values_are_set_all_or_none(self):
		good, wrong, seen = self.asked(
			rpc("SetParameterValues", values((SSID + "1.SSID", "string", "new"), key="k1")),
			rpc("SetParameterValues", values((SSID + "1.SSID", "string", "newer"),
				("Device.DeviceInfo.SerialNumber", "string", "x"), ("Device.Nothing", "string", "x"),
				("Device.WiFi.Radio.1.Channel", "unsignedInt", "many"))),
			rpc("GetParameterValues", names(SSID + "1.SSID", "Device.ManagementServer.ParameterKey")))
		self.assertEqual(text_of(good, "Status"), "0")
		self.assertEqual(re.findall("<FaultCode>([^<]*)", wrong), ["9003", "9008", "9005", "9007"])
		self.assertEqual(list(values_of(seen).values()), ["new", "k1"])

	def test_rows_come_and_go(self):
		added, count, deleted, gone, refused = self.asked(
			rpc("AddObject", f"<ObjectName>{SSID}</ObjectName><ParameterKey>k</ParameterKey>"),
			rpc("GetParameterValues", names("Device.WiFi.SSIDNumberOfEntries", SSID + "2.")),
			rpc("DeleteObject", f"<ObjectName>{SSID}2.</ObjectName><ParameterKey>k</ParameterKey>"),
			rpc("GetParameterValues", names(SSID + "2.")),
			rpc("DeleteObject", "<ObjectName>Device.DeviceInfo.</ObjectName><ParameterKey>k</ParameterKey>"))
		self.assertEqual(text_of(added, "InstanceNumber"), "2")
		self.assertEqual(values_of(count)["Device.WiFi.SSIDNumberOfEntries"], "2")
		self.assertEqual(text_of(deleted, "Status"), "0")
		self.assertEqual(text_of(gone, "FaultCode"), "9005")
		self.assertEqual(text_of(refused, "FaultCode"), "9001")

	def test_attributes_are_set_and_given(self):
		name = SSID + "1.Enable"
		done, given = self.asked(
			rpc("SetParameterAttributes", "<ParameterList><SetParameterAttributesStruct>"
				f"<Name>{name}</Name><NotificationChange>1</NotificationChange><Notification>1</Notification>"
				"<AccessListChange>0</AccessListChange><AccessList></AccessList>"
				"</SetParameterAttributesStruct></ParameterList>"),
			rpc("GetParameterAttributes", names(name)))
		self.assertEqual(method_of(done), "SetParameterAttributesResponse")
		self.assertEqual(text_of(given, "Notification"), "1")

	def test_what_is_seldom_asked_is_served_too(self):
		methods, vouchers, options, unknown = self.asked(rpc("GetRPCMethods"),
			rpc("SetVouchers", "<VoucherList><base64>AAAA</base64></VoucherList>"),
			rpc("GetOptions", "<OptionName></OptionName>"), rpc("X_EXAMPLE_Dance"))
		self.assertIn("ChangeDUState", methods)
		self.assertEqual(method_of(vouchers), "SetVouchersResponse")
		self.assertEqual(text_of(options, "OptionName"), "option 1")
		self.assertEqual(text_of(unknown, "FaultCode"), "9000")


def download(url, kind="1 Firmware Upgrade Image", key="d1", delay=0):
	return rpc("Download", f"<CommandKey>{key}</CommandKey><FileType>{kind}</FileType><URL>{url}</URL>"
		"<Username></Username><Password></Password><FileSize>0</FileSize><TargetFileName></TargetFileName>"
		f"<DelaySeconds>{delay}</DelaySeconds><SuccessURL></SuccessURL><FailureURL></FailureURL>")


class Operations(unittest.TestCase):
	def has_said(self, method):
		return lambda acs: any(m == method for m, _ in acs.said)

	def informed_of(self, event):
		return lambda acs: any(event in events_of(body) for body in acs.informs())

	def test_firmware_is_fetched_and_runs_after_the_boot(self):
		with Acs(files={"/fw": b"version 2.0.1\nand the rest"}) as acs:
			acs.requests = [download(acs.url + "fw")]
			with Simulator(acs):
				acs.wait(self.has_said("TransferComplete"))
			inform = acs.informs()[1]
			self.assertEqual(events_of(inform), ["7 TRANSFER COMPLETE", "M Download", "1 BOOT"])
			self.assertEqual(values_of(inform)["Device.DeviceInfo.SoftwareVersion"], "2.0.1")
			complete = dict(acs.said)["TransferComplete"]
			self.assertEqual((text_of(complete, "CommandKey"), text_of(complete, "FaultCode")), ("d1", "0"))

	def test_a_file_that_is_not_there_is_a_fault(self):
		with Acs() as acs:
			acs.requests = [download(acs.url + "nothing", kind="3 Vendor Configuration File")]
			with Simulator(acs):
				acs.wait(self.has_said("TransferComplete"))
			self.assertEqual(text_of(dict(acs.said)["TransferComplete"], "FaultCode"), "9016")
			self.assertNotIn("1 BOOT", events_of(acs.informs()[1]))

	def test_a_configuration_is_put(self):
		with Acs() as acs:
			acs.requests = [rpc("Upload", "<CommandKey>u1</CommandKey><FileType>1 Vendor Configuration File"
				f"</FileType><URL>{acs.url}up</URL><Username></Username><Password></Password>"
				"<DelaySeconds>0</DelaySeconds>")]
			with Simulator(acs):
				acs.wait(self.has_said("TransferComplete"))
			self.assertIn(b"Device.DeviceInfo.SerialNumber=SIM000001", acs.put["/up"])
			self.assertEqual(events_of(acs.informs()[1]), ["7 TRANSFER COMPLETE", "M Upload"])

	def test_a_queued_transfer_is_listed_and_cancelled(self):
		with Acs() as acs:
			acs.requests = [download(acs.url, key="later", delay=3600), rpc("GetAllQueuedTransfers"),
				rpc("GetQueuedTransfers"), rpc("CancelTransfer", "<CommandKey>later</CommandKey>"),
				rpc("GetQueuedTransfers")]
			Simulator(acs, "--sessions", "1").end()
			_, every, some, _, none = [body for _, body in acs.answers_of()]
			self.assertEqual((text_of(every, "CommandKey"), text_of(every, "IsDownload")), ("later", "1"))
			self.assertEqual(text_of(some, "State"), "1")
			self.assertIsNone(text_of(none, "State"))

	def test_a_scheduled_download_comes_in_its_window(self):
		window = ("<TimeWindowStruct><WindowStart>0</WindowStart><WindowEnd>60</WindowEnd>"
			"<WindowMode>1 At Any Time</WindowMode><UserMessage></UserMessage><MaxRetries>0</MaxRetries>"
			"</TimeWindowStruct>")
		with Acs(files={"/f": b"x"}) as acs:
			acs.requests = [rpc("ScheduleDownload", "<CommandKey>s1</CommandKey><FileType>2 Web Content"
				f"</FileType><URL>{acs.url}f</URL><Username></Username><Password></Password><FileSize>1"
				f"</FileSize><TargetFileName></TargetFileName><TimeWindowList>{window}</TimeWindowList>")]
			with Simulator(acs):
				acs.wait(self.has_said("TransferComplete"))
			self.assertIn("M ScheduleDownload", events_of(acs.informs()[1]))

	def test_deployment_units_change_and_are_told(self):
		install = ('<Operations xsi:type="cwmp:InstallOpStruct"><URL>http://x/</URL><UUID>u-1</UUID>'
			"<Username></Username><Password></Password><ExecutionEnvRef></ExecutionEnvRef></Operations>")
		update = ('<Operations xsi:type="cwmp:UpdateOpStruct"><UUID>u-2</UUID><Version>2</Version><URL></URL>'
			"<Username></Username><Password></Password></Operations>")
		with Acs([rpc("ChangeDUState", install + update + "<CommandKey>c1</CommandKey>")]) as acs:
			with Simulator(acs):
				acs.wait(self.has_said("DUStateChangeComplete"))
			told = dict(acs.said)["DUStateChangeComplete"]
			self.assertEqual(re.findall("<CurrentState>([^<]*)", told), ["Installed", "Failed"])
			self.assertEqual(re.findall("<FaultCode>([^<]*)", told), ["0", "9028"])
			self.assertIn("M ChangeDUState", events_of(acs.informs()[1]))

	def test_a_reboot_and_a_reset_are_told(self):
		changed = values((SSID + "1.SSID", "string", "new"))
		with Acs([rpc("Reboot", "<CommandKey>r1</CommandKey>")]) as acs:
			with Simulator(acs):
				acs.wait(self.informed_of("M Reboot"))
				self.assertEqual(events_of(acs.informs()[1]), ["1 BOOT", "M Reboot"])
				self.assertIn("<CommandKey>r1</CommandKey>", acs.informs()[1])
		with Acs([rpc("SetParameterValues", changed), rpc("FactoryReset"), None,
				rpc("GetParameterValues", names(SSID + "1.SSID"))]) as acs:
			with Simulator(acs, "--sessions", "2"):
				acs.wait(self.has_said("GetParameterValuesResponse"))
			self.assertEqual(events_of(acs.informs()[1]), ["0 BOOTSTRAP", "1 BOOT"])
			self.assertEqual(values_of(acs.said[-1][1])[SSID + "1.SSID"], "Home-SIM000001")


class Times(unittest.TestCase):
	def test_an_inform_is_scheduled(self):
		with Acs([rpc("ScheduleInform", "<DelaySeconds>1</DelaySeconds><CommandKey>s</CommandKey>")]) as acs:
			with Simulator(acs):
				acs.wait(lambda acs: len(acs.informs()) == 2)
			self.assertEqual(events_of(acs.informs()[1]), ["3 SCHEDULED", "M ScheduleInform"])

	def test_the_interval_is_what_the_acs_sets(self):
		interval = values(("Device.ManagementServer.PeriodicInformInterval", "unsignedInt", "1"))
		with Acs([rpc("SetParameterValues", interval)]) as acs:
			with Simulator(acs, "--interval", "1h"):
				acs.wait(lambda acs: len(acs.informs()) == 2)
			self.assertEqual(events_of(acs.informs()[1]), ["2 PERIODIC"])

	def test_a_value_that_changes_is_told_when_somebody_wants_to_know(self):
		name = "Device.DeviceInfo.MemoryStatus.Free"
		attribute = ("<ParameterList><SetParameterAttributesStruct>"
			f"<Name>{name}</Name><NotificationChange>1</NotificationChange><Notification>2</Notification>"
			"<AccessListChange>0</AccessListChange></SetParameterAttributesStruct></ParameterList>")
		with Acs([rpc("SetParameterAttributes", attribute)]) as acs:
			with Simulator(acs, "--change", "300ms"):
				acs.wait(lambda acs: len(acs.informs()) == 2)
			self.assertEqual(events_of(acs.informs()[1]), ["4 VALUE CHANGE"])
			self.assertGreater(int(values_of(acs.informs()[1])[name]), 65536)

	def test_a_value_that_changes_while_an_inform_is_answered_is_told_in_the_next(self):
		name = "Device.DeviceInfo.Counter"
		def slowly():
			time.sleep(0.1)
			return INFORM_RESPONSE
		with tempfile.NamedTemporaryFile("w", suffix=".model") as model:
			model.write(f"{name} unsignedInt rca 1\n")
			model.flush()
			with Acs(answers={"Inform": slowly}) as acs, Simulator(acs, "--model", model.name, "--change", "80ms"):
				acs.wait(lambda acs: len(acs.informs()) == 4)
		for inform in acs.informs()[1:]:
			self.assertEqual(events_of(inform), ["4 VALUE CHANGE"])
			self.assertIn(name, values_of(inform))

	def test_what_the_acs_wants_to_hear_again_is_said_again(self):
		again = ("<SOAP-ENV:Fault><faultcode>Server</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>"
			"<FaultCode>8005</FaultCode><FaultString>Retry request</FaultString></cwmp:Fault></detail></SOAP-ENV:Fault>")
		replies = [again, again, "<cwmp:KickedResponse><NextURL></NextURL></cwmp:KickedResponse>"]
		with Acs(answers={"Kicked": lambda: replies.pop(0)}) as acs:
			Simulator(acs, "--sessions", "1", "--call", "Kicked").end()
			self.assertEqual([method for method, _ in acs.answers_of()], ["Kicked"] * 3)
		# But not for ever.
		with Acs(answers={"Kicked": again}) as acs:
			Simulator(acs, "--sessions", "1", "--call", "Kicked").end()
			self.assertLess(len(acs.answers_of()), 10)

	def test_a_session_that_failed_is_tried_again_with_its_events(self):
		with Acs(refuse=2) as acs:
			result = Simulator(acs, "--sessions", "1").end(status=1)
			self.assertEqual((result["sessions"], result["failed"]), (1, 2))
			self.assertEqual(text_of(acs.informs()[0], "RetryCount"), "2")
			self.assertEqual(events_of(acs.informs()[0]), ["0 BOOTSTRAP", "1 BOOT"])

	def test_a_connection_request_must_prove_itself_and_opens_a_session(self):
		with Acs() as acs, Simulator(acs, "--connection-requests", "127.0.0.1:0",
				"--connection-request-user", "acs", "--connection-request-password", "pw"):
			acs.wait(lambda acs: len(acs.heads) == 2)
			url = values_of(acs.informs()[0])["Device.ManagementServer.ConnectionRequestURL"]
			with self.assertRaises(urllib.error.HTTPError) as refused:
				urllib.request.urlopen(url, timeout=60)
			self.assertEqual(refused.exception.code, 401)
			refused.exception.close()
			passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
			passwords.add_password(None, url, "acs", "pw")
			opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
			self.assertEqual(opener.open(url, timeout=60).status, 200)
			acs.wait(lambda acs: len(acs.informs()) == 2)
			self.assertEqual(events_of(acs.informs()[1]), ["6 CONNECTION REQUEST"])


class Http(unittest.TestCase):
	GET = rpc("GetParameterValues", names("Device."))

	def test_challenges_are_answered(self):
		for scheme in ("digest", "basic"):
			acs = session([self.GET], "--user", "cpe", "--password", "pw", username="cpe", password="pw",
				scheme=scheme)
			self.assertEqual(len(acs.said), 2)

	def test_a_wrong_password_fails_the_session(self):
		with Acs(username="cpe", password="other") as acs:
			result = Simulator(acs, "--user", "cpe", "--password", "pw", "--duration", "300ms").end(status=1)
		self.assertEqual(result["sessions"], 0)
		self.assertGreater(result["failed"], 0)

	def test_bodies_go_in_all_forms(self):
		for options in (["--chunked"], ["--gzip"], ["--gzip", "--chunked"], ["--close"], ["--no-cookies"]):
			acs = session([self.GET], *options)
			self.assertEqual(len(acs.said), 2, options)
			self.assertEqual("Cookie" in acs.heads[1], "--no-cookies" not in options)
			if "--close" in options:
				self.assertEqual(acs.heads[1]["Connection"], "close")

	def test_requests_that_are_held_come_later(self):
		held = "<cwmp:HoldRequests>1</cwmp:HoldRequests>"
		with Acs([self.GET], header=held) as acs:
			Simulator(acs, "--sessions", "1", "--call", "GetRPCMethods").end()
			self.assertEqual([method for method, _ in acs.said], ["Inform", "GetParameterValuesResponse"])
		with Acs([self.GET]) as acs:
			Simulator(acs, "--sessions", "1", "--call", "GetRPCMethods", "--call", "Kicked").end()
			self.assertEqual([method for method, _ in acs.said],
				["Inform", "GetRPCMethods", "Kicked", "GetParameterValuesResponse"])

	def test_other_versions_and_prefixes_are_spoken(self):
		acs = session([self.GET], "--cwmp", "1.4", "--prefix", "x", "--namespace", "urn:dslforum-org:cwmp-1-4",
			"--declaration", "--boolean-words", "--model", "tr098")
		self.assertIn('xmlns:x="urn:dslforum-org:cwmp-1-4"', acs.said[0][1])
		self.assertIn("SupportedCWMPVersions", acs.said[0][1])
		self.assertTrue(acs.said[0][1].startswith("<?xml"))
		self.assertIn("InternetGatewayDevice.DeviceSummary", values_of(acs.said[0][1]))

	def test_tls_with_a_certificate_of_its_own(self):
		with tempfile.TemporaryDirectory() as folder:
			certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
			subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
				"-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
				"subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", certificate, "-keyout", key],
				check=True, capture_output=True)
			server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate)
			server.load_cert_chain(certificate, key)
			server.verify_mode = ssl.CERT_REQUIRED
			acs = session([self.GET], "--ca", certificate, "--cert", certificate, "--key", key, tls=server)
			self.assertEqual(len(acs.said), 2)


class Load(unittest.TestCase):
	def test_many_devices_have_as_many_sessions_as_they_shall(self):
		with Acs() as acs:
			result = Simulator(acs, "--devices", "20", "--sessions", "3", "--interval", "0", "--reuse",
				"--threads", "2", "--spread", "50ms").end()
		self.assertEqual((result["sessions"], result["failed"]), (60, 0))
		self.assertGreater(result["session_ms"]["p99"], 0)

	def test_faults_and_drops_come_by_rate(self):
		many = [Http.GET] * 40
		with Acs(many) as acs:
			result = Simulator(acs, "--sessions", "1", "--faults", "50").end()
		self.assertEqual(result["served"], 40)
		self.assertTrue(5 < result["faults"] < 35, result)
		with Acs([Http.GET] * 3) as acs:
			result = Simulator(acs, "--sessions", "1", "--drops", "100").end()
		self.assertEqual((result["dropped"], result["failed"], result["sessions"]), (3, 0, 1))

	def test_a_wrong_command_line_is_said(self):
		for options in ([], ["ftp://x/"], ["--devices", "0", "http://x/"], ["--cwmp", "2.0", "http://x/"],
				["--interval", "5", "http://x/"], ["--call", "Reboot", "http://x/"], ["--cert", "f", "http://x/"]):
			done = subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=60)
			self.assertEqual((done.returncode, bool(done.stderr)), (2, True), options)
		done = subprocess.run([PROGRAM, "--model", "/nonexistent", "http://x/"], capture_output=True, text=True,
			timeout=60)
		self.assertEqual(done.returncode, 1)
		self.assertIn("/nonexistent", done.stderr)


if __name__ == "__main__":
	unittest.main()
