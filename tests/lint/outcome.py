#!/usr/bin/env python3
"""outcome.py REPORT.xml: what a JUnit report of ctest says.

Prints "passed failed skipped" on the first line, then one line for people, then one line for each
test that did not pass, with the reason of a skipped one. With CI=true a skipped test counts as
failed: there, nothing may be missing."""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree


def reason_of(case):
	output = case.findtext("system-out") or ""
	match = re.search(r"^skipped: (.*)$", output, re.MULTILINE)
	return match[1] if match else "no reason given"


def read(path):
	outcomes = {"passed": 0, "failed": [], "skipped": []}
	for case in ElementTree.parse(path).getroot().iter("testcase"):
		if case.find("skipped") is not None:
			outcomes["skipped"].append((case.get("name"), reason_of(case)))
		elif case.get("status") == "run":
			outcomes["passed"] += 1
		else:
			outcomes["failed"].append((case.get("name"), case.get("status")))
	return outcomes


def main(path):
	outcomes = read(path)
	failed, skipped = outcomes["failed"], outcomes["skipped"]
	lines = [f"  {name}: {status}" for name, status in failed]
	lines += [f"  {name}: skipped: {reason}" for name, reason in skipped]
	if os.environ.get("CI") == "true":
		failed, skipped = failed + skipped, []
	print(outcomes["passed"], len(failed), len(skipped))
	print(f"{outcomes['passed']} passed, {len(failed)} failed, {len(skipped)} skipped")
	for line in lines:
		print(line)


main(sys.argv[1])
