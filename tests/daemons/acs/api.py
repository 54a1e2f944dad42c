#!/usr/bin/env python3
"""What the API does with a device: tasks with and without waiting, in order, again and canceled; presets;
tags, filters and pages; scripts, also those of files, read again at SIGHUP; events; requests that browsers
send for others; and what a restart keeps."""
import http.client
import json
import os
import signal
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
from life import CONFIG, PATIENCE, Cpe, Daemon, quoted, request, until # noqa: E402

INTERVAL = "InternetGatewayDevice.ManagementServer.PeriodicInformInterval"
VERSION = "InternetGatewayDevice.DeviceInfo.SoftwareVersion"


class Api:
	def __init__(self, daemon):
		self.port, self.cwmp = daemon.port("api"), daemon.port("cwmp")

	def __call__(self, method, path, body=None, **headers):
		return request(self.port, method, path, body, headers)

	def task(self, cpe, body, query=""):
		return self("POST", f"/devices/{cpe.name}/tasks{query}", body).expect(201).json()

	def state(self, cpe, task):
		return self("GET", f"/devices/{cpe.name}/tasks/{task['id']}").expect(200).json()


def test_wait(api, cpe):
	"""The answer comes with the device's."""
	answers = []
	body = {"method": "GetParameterValues", "ParameterNames": [VERSION]}
	waiter = threading.Thread(target=lambda: answers.append(api.task(cpe, body, "?wait=20")))
	waiter.start()
	until(lambda: api("GET", f"/devices/{cpe.name}").json()["tasks"] == 1, "task")
	assert cpe.session() == ["GetParameterValues"]
	waiter.join(PATIENCE)
	assert answers[0]["state"] == "done", answers
	assert answers[0]["result"]["ParameterList"][0]["Value"] == "1.0", answers
	assert api.task(cpe, body, "?wait=1")["state"] == "queued"
	assert cpe.session() == ["GetParameterValues"]


def test_order_and_faults(api, cpe):
	tasks = [api.task(cpe, {"method": "GetParameterValues", "ParameterNames": [name]}) for name in (VERSION, "No.Such")]
	tasks.append(api.task(cpe, {"method": "setParameters", "parameters": {INTERVAL: {"value": 60, "type": "unsignedInt"}}}))
	assert cpe.session()[-1] == "SetParameterValues", cpe.asked
	assert [api.state(cpe, t)["state"] for t in tasks] == ["done", "failed", "done"]
	assert cpe.parameters[INTERVAL] == "60"
	listed = api("GET", f"/devices/{cpe.name}/tasks").expect(200).json()["tasks"]
	assert {t["id"]: t["method"] for t in listed}[tasks[2]["id"]] == "setParameters", listed
	fault = api("GET", f"/devices/{cpe.name}/faults").expect(200).json()["faults"][0]
	assert fault["code"] == "cwmp.9005" and tasks[1]["id"] in fault["channel"], fault
	assert api("GET", "/faults").json() == {"faults": [fault]}
	test_fault_pages(api, fault)
	again = api("POST", f"/devices/{cpe.name}/tasks/{tasks[1]['id']}/retry").expect(201).json()
	assert again["id"] != tasks[1]["id"]
	hurried = api("POST", f"/devices/{cpe.name}/tasks/{again['id']}/retry").expect(200).json()
	assert hurried["id"] == again["id"], "what has not begun is tried at once, and not made twice"
	api("DELETE", f"/devices/{cpe.name}/tasks/{again['id']}").expect(200)
	assert api.state(cpe, again)["state"] == "canceled"
	api("DELETE", f"/devices/{cpe.name}/tasks/{again['id']}").expect(409, "conflict")
	api("DELETE", f"/devices/{cpe.name}/faults/{fault['channel']}").expect(204)
	assert api("GET", f"/devices/{cpe.name}").json()["faults"] == 0


def test_fault_pages(api, first):
	"""Devices in their order, and all of one in one page."""
	names = []
	for number in range(4):
		cpe = Cpe(api.cwmp, f"F{number}")
		cpe.session()
		for _ in range(2):
			api.task(cpe, {"method": "GetParameterValues", "ParameterNames": ["No.Such"]})
		cpe.session()
		names += 2 * [cpe.name]
	seen, after = [], ""
	while after is not None:
		page = api("GET", f"/faults?limit=1{after}").expect(200).json()
		assert len({f["device"] for f in page["faults"]}) == 1, page
		seen += [f["device"] for f in page["faults"]]
		after = f"&after={page['next']}" if "next" in page else None
	assert sorted(seen) == sorted([first["device"]] + names), seen
	assert "next" not in api("GET", "/faults?limit=9").json() and "next" in api("GET", "/faults?limit=6").json()
	api("GET", "/faults?limit=0").expect(400, "bad_query")
	api("GET", "/faults?after=x").expect(400, "bad_query")
	for name in set(names):
		api("DELETE", f"/devices/{name}").expect(204)


def test_connecting(api, daemon):
	"""Whoever has a task's device asked to come is told what came of that."""
	url = "InternetGatewayDevice.ManagementServer.ConnectionRequestURL"
	silent, away = Cpe(daemon.port("cwmp"), "silent"), Cpe(daemon.port("cwmp"), "away", {url: "http://127.0.0.1:1/"})
	for cpe, outcome in ((silent, "no_url"), (away, "unreachable")):
		cpe.session()
		task = api.task(cpe, {"method": "Reboot"}, "?connect=true&wait=1")
		assert (task["state"], task["connectionRequest"]) == ("queued", outcome), task


def test_bad_bodies(api, cpe):
	path = f"/devices/{cpe.name}/tasks"
	for body, code in ((b"{", "bad_json"), (b'{"method": "Reboot", "method": "Reboot"}', "bad_json"), (b"[" * 40, "bad_json"),
			(b"[]", "bad_body"), (b"{}", "bad_body"), (b'{"method": "Nothing"}', "bad_body"),
			(b'{"method": "setParameters", "parameters": {"A": {"value": 1, "type": "unsigned"}}}', "bad_body"),
			(b'{"method": "setParameters", "parameters": {"A.": 1}}', "bad_body"), (b'{"method": "setParameters", "parameters": {"A": {"value": {"value": 1}}}}', "bad_body"),
			(b'{"method": "GetParameterValues", "ParameterNames": 5}', "bad_body"), (b'{"method": "GetParameterValues", "Nmae": []}', "bad_body")):
		api("POST", path, body, **{"Content-Type": "application/json"}).expect(400, code)
	# What the XSD does not let a device be told is said now, and not when it comes.
	long = {"method": "Download", "FileType": "1 Firmware Upgrade Image", "URL": "http://x/" + "y" * 250}
	for body, what in ((long, "URL: over 256 characters"), ({"method": "setParameters", "parameters": {"A" * 257: 1}}, "over 256 characters"),
			({"method": "download", "file": "../x"}, "file: not a name"), ({"method": "refresh", "path": "A" * 257}, "path: over 256"), ({"method": "setParameters", "parameters": {"A": "\x01"}}, "XML")):
		said = api("POST", path, body).expect(400, "bad_body").json()
		assert what in said["detail"], said
	api("POST", path, b"{}", **{"Content-Type": "text/plain"}).expect(415, "media_type")
	api("POST", path, b" " * (1 << 20) + b"{}", **{"Content-Type": "application/json"}).expect(413, "too_large")
	api("POST", "/devices/nobody/tasks", {"method": "Reboot"}).expect(404, "device_not_found")
	api("POST", path + "?wait=1000", {"method": "Reboot"}).expect(400, "bad_query")
	api("POST", path + "?connect=perhaps", {"method": "Reboot"}).expect(400, "bad_query")


def test_methods(api, cpe):
	"""What a path takes is said where it is asked for, and where something else was."""
	path = f"/devices/{cpe.name}/tasks"
	assert api("OPTIONS", path).expect(204).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
	for method in ("PATCH", "DELETE", "TRACE"):
		assert api(method, path).expect(405, "method_not_allowed").headers["Allow"] == "GET, HEAD, POST, OPTIONS"
	api("OPTIONS", "/nothing").expect(404, "no_route")
	api("BREW", path).expect(501, "method_not_allowed")
	head, whole = api("HEAD", "/devices"), api("GET", "/devices")
	assert head.status == 200 and head.octets == b"" and head.headers["Content-Length"] == str(len(whole.octets))
	assert api("HEAD", "/events").expect(200).headers["Content-Type"] == "text/event-stream"
	# What no route was asked for is a problem object, too.
	assert api("GET", "/" + "a" * 20000).expect(414, "too_large").json()["status"] == 414
	assert api("GET", "/devices", **{f"X-{i}": "y" for i in range(200)}).expect(431, "too_large").headers["Content-Type"] == "application/problem+json"


def test_presets(api, cpe):
	api("PUT", "/presets/interval", {"filter": {"productClass": "BM*"}, "parameters": {INTERVAL: {"value": 300, "type": "unsignedInt"}}}).expect(200)
	cpe.session()
	assert cpe.parameters[INTERVAL] == "300", cpe.parameters
	cpe.parameters["InternetGatewayDevice.ManagementServer.ParameterKey"] = "lost"
	api("DELETE", "/presets/interval").expect(204)
	api("PUT", "/presets/bad", {"parameters": 5}).expect(400, "bad_body")
	api("PUT", "/presets/bad", {"filter": {"colour": "red"}}).expect(400, "bad_body")


def test_lists(api, daemon):
	for number in range(5):
		Cpe(daemon.port("cwmp"), f"L{number}").session()
	first = api("GET", "/devices?serialNumber=L*&limit=3").expect(200).json()
	rest = api("GET", f"/devices?serialNumber=L*&limit=3&after={first['next']}").expect(200).json()
	names = [d["serialNumber"] for d in first["devices"] + rest["devices"]]
	assert sorted(names) == [f"L{n}" for n in range(5)] and "next" not in rest, (first, rest)
	kept = api("GET", "/health").json()["devices"]
	assert f"\nacs_devices {kept}\n" in api("GET", "/metrics").octets.decode(), kept
	assert api("PUT", "/devices/202BC1-BM632w-L1/tags/field").expect(200).json()["tags"] == ["field"]
	assert [d["device"] for d in api("GET", "/devices?tag=field").json()["devices"]] == ["202BC1-BM632w-L1"]
	assert api("DELETE", "/devices/202BC1-BM632w-L1/tags/field").expect(200).json()["tags"] == []
	assert not api("GET", "/devices?informBefore=2020-01-01T00:00:00Z").json()["devices"]
	assert not api("GET", "/devices?informAfter=2100-01-01").json()["devices"]
	assert len(api("GET", "/devices?informAfter=2020-01-01").json()["devices"]) >= 5
	api("GET", "/devices?informAfter=yesterday").expect(400, "bad_query")
	api("DELETE", "/devices/202BC1-BM632w-L4").expect(204)
	api("GET", "/devices/202BC1-BM632w-L4").expect(404, "device_not_found")


def test_long_names(api, daemon):
	"""As long as they may be: characters of four octets, each of them escaped, and once more in a path."""
	letter = "\U0001f600"
	cpe = Cpe(daemon.port("cwmp"), letter * 64)
	inform = cpe.inform
	cpe.inform = lambda *events: inform(*events).replace("BM632w", letter * 64).replace("202BC1", letter * 6).replace("Acme", letter * 64)
	cpe.session()
	name = "-".join(quoted(letter * n) for n in (6, 64, 64))
	assert len(name) == 1610
	device = api("GET", f"/devices/{quoted(name)}").expect(200).json()
	assert (device["device"], device["serialNumber"], device["manufacturer"]) == (name, letter * 64, letter * 64), device
	task = api("POST", f"/devices/{quoted(name)}/tasks", {"method": "GetParameterValues", "ParameterNames": [VERSION]}).expect(201).json()
	assert cpe.session() == ["GetParameterValues"]
	assert api("GET", f"/devices/{quoted(name)}/tasks/{task['id']}").json()["state"] == "done"
	assert [d["device"] for d in api("GET", f"/devices?device={quoted(name)}").expect(200).json()["devices"]] == [name]
	api("GET", f"/devices/{quoted(name)}x").expect(404)


def test_too_long_a_name(api, daemon):
	"""A fault, for it is no shorter the next time; and nothing is kept of it."""
	cpe = Cpe(daemon.port("cwmp"), "LONG")
	cpe.cookie = None
	connection = http.client.HTTPConnection("127.0.0.1", cpe.port, timeout=PATIENCE)
	inform = cpe.inform(("2 PERIODIC", "")).replace("Acme", "A" * 300)
	answer = cpe.post(connection, inform).expect(200)
	assert b"<FaultCode>8003</FaultCode>" in answer.octets, answer.octets
	connection.close()
	api("GET", f"/devices/{cpe.name}").expect(404, "device_not_found")


def check_what_scripts_read(api, daemon):
	"""It is kept as what tasks read: here a parameter that no Inform says."""
	cpe = Cpe(daemon.port("cwmp"), "R1")
	server = "InternetGatewayDevice.Time.NTPServer1"

	def get(rpc):
		cpe.parameters[server] = "pool"
		said = cpe.get(rpc)
		del cpe.parameters[server]
		return said

	cpe.answers["GetParameterValues"] = get
	cpe.session()
	path = f"/devices/{cpe.name}/parameters?path={server}"
	until(lambda: [p["value"] for p in api("GET", path).json()["parameters"]] == ["pool"], "what the script read")


def test_scripts(api, daemon, cpe, path):
	"""The one of the file serves every session, until another is put before it."""
	assert [s["file"] for s in api("GET", "/scripts").json()["scripts"]] == ["first.lua"]
	cpe.session()
	assert cpe.asked[0] == "GetParameterNames", cpe.asked
	with open(path, "w", encoding="utf-8") as file:
		file.write('cpe:get("InternetGatewayDevice.")\n')
	daemon.process.send_signal(signal.SIGHUP)
	until(lambda: daemon.text().count("acs.scripts_loaded") == 2, "scripts read again")
	cpe.session()
	assert cpe.asked[0] == "GetParameterValues", cpe.asked
	check_what_scripts_read(api, daemon)
	api("PUT", "/scripts/first", {"source": "x = 1"}).expect(409, "conflict")
	api("DELETE", "/scripts/first").expect(409, "conflict")
	api("PUT", "/scripts/before", {"source": "return", "position": -1}).expect(200)
	assert [s["name"] for s in api("GET", "/scripts").json()["scripts"]] == ["before", "first"]
	assert cpe.session() == []
	assert api("GET", "/scripts/before").json()["source"] == "return"
	api("DELETE", "/scripts/before").expect(204)
	api("GET", "/scripts/before").expect(404, "script_not_found")


def test_events(api, cpe):
	connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=PATIENCE)
	connection.request("GET", "/events")
	response = connection.getresponse()
	assert response.status == 200 and response.headers["Content-Type"] == "text/event-stream", response.headers
	task = api.task(cpe, {"method": "GetParameterValues", "ParameterNames": ["No.Such"]})
	cpe.session(("2 PERIODIC", ""))
	heard = {}
	while len(heard) < 3:
		line = response.readline().decode()
		assert line, "it ended"
		if line.startswith("event:"):
			name = line[6:].strip()
		elif line.startswith("data:"):
			heard[name] = json.loads(line[5:])
	assert heard["inform"]["device"] == cpe.name and heard["inform"]["events"] == ["2 PERIODIC"], heard
	assert heard["task"]["id"] == task["id"] and heard["task"]["state"] == "failed", heard
	assert heard["fault"]["code"] == "cwmp.9005", heard
	connection.close()


def test_pages_of_others(api):
	"""Without tokens this machine may do everything, but not a page in its browser."""
	api("GET", "/devices", Origin="http://evil.example").expect(403, "forbidden")
	api("GET", "/devices", Host="evil.example").expect(403, "forbidden")
	for host in ("localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "[::1]", "[::ffff:127.0.0.1]"):
		for with_port in (host, f"{host}:{api.port}"):
			api("GET", "/devices", Host=with_port).expect(200)
	for host in ("127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1", "[::2]"):
		api("GET", "/devices", Host=host).expect(403, "forbidden")


def test_restart(folder):
	with Daemon(folder) as daemon:
		api, cpe = Api(daemon), Cpe(daemon.port("cwmp"))
		cpe.session(("0 BOOTSTRAP", ""))
		task, over = (api.task(cpe, {"method": "GetParameterValues", "ParameterNames": [VERSION]}) for _ in range(2))
		api("DELETE", f"/devices/{cpe.name}/tasks/{over['id']}").expect(200)
		api("PUT", f"/devices/{cpe.name}/tags/kept").expect(200)
		api("PUT", "/scripts/kept", {"source": "return"}).expect(200)
		daemon.kill()
		daemon.process.returncode = 0
	with Daemon(folder) as daemon:
		api, cpe.port = Api(daemon), daemon.port("cwmp")
		assert api("GET", f"/devices/{cpe.name}").json()["tags"] == ["kept"]
		assert api("GET", "/scripts").json()["scripts"][0]["name"] == "kept"
		listed = api("GET", f"/devices/{cpe.name}/tasks").json()["tasks"]
		assert [(t["state"], t["method"]) for t in listed] == [(s, "GetParameterValues") for s in ("queued", "canceled")], listed
		assert cpe.session() == ["GetParameterValues"]
		assert api.state(cpe, task)["state"] == "done"


def main():
	with tempfile.TemporaryDirectory() as folder:
		test_restart(folder)
		with Daemon(folder, "store.path=mem:") as daemon:
			api, cpe = Api(daemon), Cpe(daemon.port("cwmp"))
			cpe.session(("0 BOOTSTRAP", ""), ("1 BOOT", ""))
			test_wait(api, cpe)
			test_order_and_faults(api, cpe)
			test_connecting(api, daemon)
			test_bad_bodies(api, cpe)
			test_methods(api, cpe)
			test_presets(api, cpe)
			test_lists(api, daemon)
			test_long_names(api, daemon)
			test_too_long_a_name(api, daemon)
			test_events(api, cpe)
			test_pages_of_others(api)
		config, script = os.path.join(folder, "acs.conf"), os.path.join(folder, "first.lua")
		with open(config, "w", encoding="utf-8") as file:
			file.write(open(CONFIG, encoding="utf-8").read() + 'script "first" { file = "first.lua" }\n')
		with open(script, "w", encoding="utf-8") as file:
			file.write('pcall(function() cpe:names("InternetGatewayDevice.", true) end)\n')
		with Daemon(folder, "store.path=mem:", config=config) as daemon:
			test_scripts(Api(daemon), daemon, Cpe(daemon.port("cwmp"), "S"), script)


if __name__ == "__main__":
	main()
