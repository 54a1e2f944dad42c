#!/usr/bin/env python3
"""docs/acs-openapi.json and the API that runs say the same: every operation is called as the document says
and answers as it says, with a token that allows it, with one that does not, and without; what the document
has and the daemon's tables have not is found, and the other way round. The checks are tried on documents
that were made wrong, too."""
import copy
import json
import os
import re
import sys
import tempfile

import jsonschema

sys.dont_write_bytecode = True
from life import SOURCE, Cpe, Daemon, request # noqa: E402

DOCUMENT = os.path.join(SOURCE, "docs", "acs-openapi.json")
SOURCES = os.path.join(SOURCE, "daemons", "acs")
WRITER, READER = "writes-0123456789abcdef", "reads-0123456789abcdef"
TOKENS = f'''
token "writer" {{ token = "{WRITER}" }}
token "reader" {{ token = "{READER}" rights = {{ read }} }}
'''
METHODS = ("get", "put", "post", "delete", "patch")
# Only once what they need is there; the deletions last.
ORDER = {"putFile": -2, "putScript": -2, "putPreset": -2, "addTag": -2, "putCredentials": -2, "putRequestCredentials": -2, "createTask": -1,
	"retryTask": 1, "cancelTask": 2, "removeTag": 3, "deleteFile": 3, "deleteScript": 3, "deletePreset": 3,
	"deleteFault": 3, "deleteCredentials": 3, "deleteRequestCredentials": 3, "deleteDevice": 4}
# What cannot succeed here, and what is said then.
FAILS = {"requestConnection": (502, "device_unreachable"), "deleteFault": (404, "fault_not_found")}
ENDLESS = {"listenEvents"}


def read(path):
	with open(path, encoding="utf-8") as file:
		return file.read()


# ---- the document against the sources ----

def routes_of_sources():
	text = "".join(read(os.path.join(SOURCES, name)) for name in sorted(os.listdir(SOURCES)) if name.endswith(".c"))
	return {(method.lower(), path) for method, path in re.findall(r'HTTP_METHOD_(\w+),\s*"(/[^"]*)"', text)}


def codes_of_sources():
	return set(re.findall(r'X\(\w+,\s*\d+,\s*"(\w+)"', read(os.path.join(SOURCES, "problem.h"))))


def operations(document):
	for path, item in document["paths"].items():
		for method, operation in item.items():
			yield method, path, operation


def compare(document, routes, codes):
	"""What one has and the other has not."""
	described = {(method, path) for method, path, _ in operations(document)}
	complaints = [f"the document has no {m} {p}" for m, p in sorted(routes - described)]
	complaints += [f"the daemon has no {m} {p}" for m, p in sorted(described - routes)]
	said = set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
	return complaints + [f"problem codes differ: {c}" for c in sorted(said ^ codes)] + check_examples(document)


def check_examples(document):
	"""Of schemas; those of requests are sent."""
	return [f"the example of {name}: {e.message}" for name, schema in document["components"]["schemas"].items()
		for example in schema.get("examples", [])
		for e in jsonschema.Draft202012Validator(resolved(document, schema)).iter_errors(example)]


# ---- the document against what is answered ----

def resolved(document, schema):
	"""A schema that stands alone: with the components that it refers to."""
	return {**schema, "components": document["components"]}


def check_answer(document, operation, answer):
	"""What is wrong with an answer by the document; empty: nothing."""
	described = operation["responses"].get(str(answer.status))
	if described is None:
		return [f"{answer.status} is not described: {answer.octets[:200]}"]
	content = described.get("content")
	if content is None:
		return [f"{answer.status} has a body, which is not described"] if answer.octets else []
	kind = (answer.headers.get("Content-Type") or "").split(";")[0]
	if kind not in content:
		return [f"{answer.status} is of the type {kind}, which is not described"]
	if not kind.endswith("json"):
		return []
	validator = jsonschema.Draft202012Validator(resolved(document, content[kind]["schema"]))
	complaints = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(answer.json())]
	if kind == "application/problem+json" and f"`{answer.json()['code']}`" not in described["description"]:
		complaints.append(f"{answer.status} {answer.json()['code']} is not described")
	return complaints


class Caller:
	"""Calls operations as the document says, with what was learned of ids on the way."""

	def __init__(self, document, port, known):
		self.document, self.port, self.known, self.complaints = document, port, known, []

	def target(self, path, operation, required_only=False):
		query = []
		for parameter in operation.get("parameters", []):
			value = self.known.get(parameter["name"], parameter.get("example"))
			if parameter["in"] == "path":
				path = path.replace("{%s}" % parameter["name"], str(value))
			elif "example" in parameter and not required_only:
				query.append(f"{parameter['name']}={str(value).lower() if isinstance(value, bool) else value}")
		return path + ("?" + "&".join(query) if query else "").replace(" ", "%20")

	def send(self, method, path, operation, token, required_only=False):
		headers, body = {"Authorization": f"Bearer {token}"} if token else {}, None
		for kind, content in operation.get("requestBody", {}).get("content", {}).items():
			headers["Content-Type"] = kind
			body = content["example"] if kind == "application/json" else content["example"].encode()
		return request(self.port, method.upper(), self.target(path, operation, required_only), body, headers)

	def expect(self, what, answer, operation, status, code=None):
		found = check_answer(self.document, operation, answer)
		if not (200 <= answer.status < 300 if status == 200 else answer.status == status):
			found.append(f"{answer.status} instead of {status}: {answer.octets[:300]}")
		if code and answer.json().get("code") != code:
			found.append(f"{answer.octets[:300]} instead of {code}")
		self.complaints += [f"{what}: {f}" for f in found]

	def call(self, method, path, operation):
		what, right = f"{method} {path}", operation.get("x-right")
		if right:
			self.expect(what, self.send(method, path, operation, None), operation, 401, "unauthorized")
		if right == "write":
			self.expect(what, self.send(method, path, operation, READER), operation, 403, "forbidden")
		if operation["operationId"] in ENDLESS:
			return
		answer = self.send(method, path, operation, WRITER)
		self.expect(what, answer, operation, *FAILS.get(operation["operationId"], (200, None)))
		if operation["operationId"] == "createTask":
			self.known["task"] = answer.json()["id"]

	def call_missing(self, method, path, operation):
		"""The same, where the path leads to nothing."""
		if "{" not in path or method in ("put", "post"):
			return
		known, self.known = self.known, {p["name"]: "nothing-here" for p in operation["parameters"] if p["in"] == "path"}
		self.expect(f"{method} {path} of nothing", self.send(method, path, operation, WRITER, True), operation, 404)
		self.known = known

	def call_others(self):
		"""Methods that no operation has."""
		for path, item in self.document["paths"].items():
			for method in set(METHODS) - set(item):
				answer = request(self.port, method.upper(), self.target(path, next(iter(item.values())), True), None,
					{"Authorization": f"Bearer {WRITER}"})
				allowed = {m.lower() for m in (answer.headers.get("Allow") or "").split(", ")}
				if answer.status != 405 or allowed - {"head", "options"} != set(item):
					self.complaints.append(f"{method} {path}: {answer.status} instead of 405, which allows {allowed}")


def call_all(document, daemon):
	cpe = Cpe(daemon.port("cwmp"), parameters={
		"InternetGatewayDevice.ManagementServer.ConnectionRequestURL": "http://127.0.0.1:1/nobody"})
	cpe.session(("0 BOOTSTRAP", ""), ("1 BOOT", ""))
	caller = Caller(document, daemon.port("api"), {"device": cpe.name})
	for method, path, operation in sorted(operations(document), key=lambda o: ORDER.get(o[2]["operationId"], 0)):
		caller.call(method, path, operation)
	for method, path, operation in operations(document):
		caller.call_missing(method, path, operation)
	caller.call_others()
	for target, status, code in (("/nothing", 404, "no_route"), ("/devices/%ff", 404, "no_route"),
			("/devices?tag=%ff", 400, "bad_query")): # no text is anything but UTF-8
		request(daemon.port("api"), "GET", target, None, {"Authorization": f"Bearer {WRITER}"}).expect(status, code)
	return caller.complaints


# ---- whether all this can fail ----

def changed(document, change):
	other = copy.deepcopy(document)
	change(other)
	return other


def check_the_checks(document, daemon):
	routes, codes = routes_of_sources(), codes_of_sources()
	wrong = [
		changed(document, lambda d: d["paths"].pop("/health")),
		changed(document, lambda d: d["paths"]["/health"].update(post={"operationId": "x", "responses": {}})),
		changed(document, lambda d: d["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].pop()),
		changed(document, lambda d: d["components"]["schemas"]["Fault"]["examples"][0].pop("code")),
	]
	for other in wrong:
		assert compare(other, routes, codes), "a document that is wrong was passed over"
	health = request(daemon.port("api"), "GET", "/health")
	for change in (
			lambda d: d["components"]["schemas"]["Health"]["properties"].pop("devices"),
			lambda d: d["components"]["schemas"]["Health"]["required"].append("more"),
			lambda d: d["components"]["schemas"]["Health"]["properties"]["status"].update(enum=["bad"]),
			lambda d: d["paths"]["/health"]["get"]["responses"].pop("200")):
		other = changed(document, change)
		assert check_answer(other, other["paths"]["/health"]["get"], health), "an answer that is wrong was passed over"
	assert not check_answer(document, document["paths"]["/health"]["get"], health)


def main():
	document = json.loads(read(DOCUMENT))
	complaints = compare(document, routes_of_sources(), codes_of_sources())
	with tempfile.TemporaryDirectory() as folder:
		config = os.path.join(folder, "acs.conf")
		with open(config, "w", encoding="utf-8") as file:
			file.write(read(os.path.join(SOURCES, "acs.conf")) + TOKENS)
		with Daemon(folder, "store.path=mem:", config=config) as daemon:
			served = request(daemon.port("api"), "GET", "/openapi.json").expect(200)
			assert served.octets.decode() == read(DOCUMENT), "another document is served"
			check_the_checks(document, daemon)
			complaints += call_all(document, daemon)
	for complaint in complaints:
		print(complaint)
	print(f"{len(list(operations(document)))} operations, {len(complaints)} complaints")
	sys.exit(1 if complaints else 0)


if __name__ == "__main__":
	main()
