#!/usr/bin/env python3
"""outcome.py REPORT.xml: what a JUnit report of ctest says.

Prints "passed failed skipped" on the first line, then the same for people, then each test that did
not pass: the reason of a skipped one, the end of what a failed one said. With CI=true a skipped
test counts as failed: there, nothing may be missing."""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

SHOWN_LINES = 80


def skip_reason(case):
	"""Why a test skipped itself; None when it did not. ctest says `skipped` of a missing program too."""
	skipped = case.find("skipped")
	if skipped is None or "SKIP_RETURN_CODE" not in (skipped.get("message") or ""):
		return None
	match = re.search(r"^skipped: (.*)$", case.findtext("system-out") or "", re.MULTILINE)
	return match[1] if match else "no reason given"


def failure_text(case):
	said = (case.findtext("system-out") or "").rstrip().splitlines()[-SHOWN_LINES:]
	fault = next((e.get("message") for e in case if e.tag in ("failure", "skipped")), None)
	return "\n".join([f"  {case.get('name')}: {fault or case.get('status')}"] + ["    " + s for s in said])


def main(path):
	passed, failed, skipped = 0, [], []
	for case in ElementTree.parse(path).getroot().iter("testcase"):
		reason = skip_reason(case)
		if reason:
			skipped.append(f"  {case.get('name')}: skipped: {reason}")
		elif case.get("status") == "run":
			passed += 1
		else:
			failed.append(failure_text(case))
	if os.environ.get("CI") == "true":
		failed, skipped = failed + skipped, []
	print(passed, len(failed), len(skipped))
	print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
	for text in failed + skipped:
		print(text)


main(sys.argv[1])
