#!/usr/bin/env python3
"""Session scripts in the program itself: the example, with a stored file and a tag; scripts that do nobody any
good; and scripts that are replaced while they run."""
import os
import signal
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
from life import CONFIG, PATIENCE, SOURCE, Cpe, Daemon, request, until # noqa: E402

FIRMWARE = b"not much of a firmware"
VERSION = "InternetGatewayDevice.DeviceInfo.SoftwareVersion"
WIFI = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID"
MODEL = "InternetGatewayDevice.DeviceInfo.ModelName"


class Api:
	def __init__(self, daemon):
		self.port = daemon.port("api")

	def __call__(self, method, path, body=None):
		return request(self.port, method, path, body)


def test_the_example(api, daemon):
	"""A device gets its name, is told where its firmware is, fetches it, and is old no more."""
	cpe = Cpe(daemon.port("cwmp"), "E1", {WIFI: "Factory", MODEL: "Gate"})
	told = []

	def download(rpc):
		told.append({each.tag: each.text or "" for each in rpc})
		return "<cwmp:DownloadResponse><Status>1</Status><StartTime/><CompleteTime/></cwmp:DownloadResponse>"

	cpe.answers["Download"] = download
	assert cpe.session() == ["GetParameterValues", "SetParameterValues"], cpe.asked
	assert cpe.parameters[WIFI] == "Switchboard"
	daemon.logged("there is no file firmware-2.0.bin")
	api("PUT", "/files/firmware-2.0.bin", FIRMWARE).expect(201)
	assert cpe.session() == ["GetParameterValues", "Download"], cpe.asked
	assert told[0]["FileSize"] == str(len(FIRMWARE)) and told[0]["CommandKey"] == "2.0", told
	with urllib.request.urlopen(told[0]["URL"], timeout=PATIENCE) as file:
		assert file.read() == FIRMWARE
	assert [d["device"] for d in api("GET", "/devices?tag=old-firmware").json()["devices"]] == [cpe.name]
	cpe.parameters[VERSION] = "2.0"
	assert cpe.session() == ["GetParameterValues"], cpe.asked
	assert api("GET", f"/devices/{cpe.name}").json()["tags"] == []


# What each is ended with. Those of tests/protocols/cwmp are more; these show that a real clock ends them, too.
HOSTILE = (
	("while true do end", "more than 1000000 instructions"),
	("while true do xpcall(function() while true do end end, print) end", "more than 1000000 instructions"),
	("local t, k = {}, ('x'):rep(1000) while true do t[#t + 1] = k .. #t end", "octets of memory"),
	("local m = {} local t = setmetatable({}, m) m.__call = t t()", "octets of stack"),
	("local k = ('\\0'):rep(1000):rep(1300) local l = k .. '' .. '\\0' while true do local x = k < l end", "milliseconds"),
	("('a'):rep(3000):find(('.-'):rep(20) .. 'b')", "more than 1000000 instructions"),
	("local function f() return 1 + f() end f()", "octets of stack"),
	("error(setmetatable({}, {__tostring = function() return 'in my own words' end}))", "in my own words"),
)


def faults_of(api, cpe):
	return api("GET", f"/devices/{cpe.name}/faults").expect(200).json()["faults"]


def test_hostile_scripts(api, daemon):
	"""Each is a fault that says what it did, and takes none of the time of others; then a good one clears it."""
	cpe, neighbour = Cpe(daemon.port("cwmp"), "H1"), Cpe(daemon.port("cwmp"), "N1", {VERSION: "2.0"})
	for number, (source, said) in enumerate(HOSTILE):
		api("PUT", "/scripts/hostile", {"source": source, "position": -1, "filter": {"events": ["2 PERIODIC"]}}).expect(200)
		began = time.monotonic()
		assert cpe.session() == []
		neighbour.session(("6 CONNECTION REQUEST", ""))
		assert time.monotonic() - began < 10, source
		fault, = until(lambda n=number: [f for f in faults_of(api, cpe) if f["count"] == n + 1], "fault")
		assert fault["channel"] == "script" and said in fault["message"], fault
		assert fault["detail"]["script"] == "hostile" and fault["detail"]["trace"].startswith("hostile:1"), fault
	ran = api("GET", f"/devices/{cpe.name}").json()["lastScript"]
	assert ran["name"] == "hostile" and ran["failed"], ran
	api("PUT", "/scripts/hostile", {"source": "return", "position": -1, "filter": {"events": ["2 PERIODIC"]}}).expect(200)
	cpe.session()
	until(lambda: not faults_of(api, cpe), "end of the fault")
	assert not faults_of(api, neighbour)
	api("DELETE", "/scripts/hostile").expect(204)


def test_a_script_replaced_while_it_runs(api, daemon):
	"""Its session goes on with what it began with, the next one takes the new one."""
	cpe = Cpe(daemon.port("cwmp"), "R1")
	old = f'cpe:get("{VERSION}")\nacs.tags{{old = true}}'
	api("PUT", "/scripts/before", {"source": old, "position": -1}).expect(200)

	def get(rpc):
		answer = api("PUT", "/scripts/before", {"source": "x = = 1", "position": -1}).expect(422, "bad_script").json()
		assert answer["detail"] == "before:1: unexpected symbol near '='", answer
		api("PUT", "/scripts/before", {"source": "acs.tags{new = true}", "position": -1}).expect(200)
		return cpe.get(rpc)

	cpe.answers["GetParameterValues"] = get
	assert cpe.session() == ["GetParameterValues"]
	assert api("GET", f"/devices/{cpe.name}").json()["tags"] == ["old"]
	assert cpe.session() == []
	assert api("GET", f"/devices/{cpe.name}").json()["tags"] == ["old", "new"]
	api("DELETE", "/scripts/before").expect(204)


def tags_of(api, cpe):
	return api("GET", f"/devices/{cpe.name}").expect(200).json()["tags"]


def test_one_that_cannot_be_compiled_any_more(folder):
	"""It keeps the others from nothing, neither one that is stored nor a file that is read again."""
	path, config = os.path.join(folder, "tag.lua"), os.path.join(folder, "tag.conf")
	with open(path, "w", encoding="utf-8") as file:
		file.write("acs.tags{first = true}")
	with open(config, "w", encoding="utf-8") as file:
		file.write(open(CONFIG, encoding="utf-8").read() + 'script "tag" { file = "tag.lua"\n events = { "2 PERIODIC" } }\n')
	with Daemon(folder, config=config) as daemon:
		Api(daemon)("PUT", "/scripts/large", {"source": "--" + 2000 * "x", "position": -1}).expect(200)
		Api(daemon)("PUT", "/scripts/small", {"source": "acs.tags{small = true}", "filter": {"events": ["1 BOOT"]}}).expect(200)
	with Daemon(folder, "scripts.source_limit=1KiB", config=config) as daemon:
		api, cpe = Api(daemon), Cpe(daemon.port("cwmp"), "C1")
		daemon.logged("acs.scripts_failed .*script=large")
		cpe.session()
		cpe.session(("1 BOOT", ""))
		assert tags_of(api, cpe) == ["first", "small"]
		with open(path, "w", encoding="utf-8") as file:
			file.write("if then")
		daemon.process.send_signal(signal.SIGHUP)
		daemon.logged("acs.scripts_failed .*script=tag text=\"tag:1: unexpected symbol near 'then'\"")
		api("PUT", "/scripts/small", {"source": "acs.tags{smaller = true}", "filter": {"events": ["1 BOOT"]}}).expect(200)
		api("DELETE", f"/devices/{cpe.name}/tags/first").expect(200)
		cpe.session()
		cpe.session(("1 BOOT", ""))
		assert tags_of(api, cpe) == ["small", "first", "smaller"]


def main():
	with tempfile.TemporaryDirectory() as folder:
		test_one_that_cannot_be_compiled_any_more(folder)
		config = os.path.join(folder, "acs.conf")
		example = os.path.join(SOURCE, "examples", "provision.lua")
		with open(config, "w", encoding="utf-8") as file:
			file.write(open(CONFIG, encoding="utf-8").read() + f'script "provision" {{ file = "{example}" }}\n')
		with Daemon(folder, "store.path=mem:", config=config) as daemon:
			api = Api(daemon)
			test_the_example(api, daemon)
			test_hostile_scripts(api, daemon)
			test_a_script_replaced_while_it_runs(api, daemon)


if __name__ == "__main__":
	main()
