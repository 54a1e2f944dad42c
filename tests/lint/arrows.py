#!/usr/bin/env python3
"""arrows.py [TREE]: includes between folders point down only.

daemons -> protocols -> protocols/http -> core. No protocol includes another but http, nothing
includes a daemon but itself and, of daemons/common, every daemon. Private headers (*_internal.h)
are for their own folder and for tests. Public headers install, so they include each other
relatively and no private one. Examples read like the programs of users: they include by
<switchboard/...>. Tests may look at everything; nothing looks at tests."""
import os
import re
import sys

from house import AREAS, conclude, root_of, sources, text_of

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<switchboard/([^>]+)>)', re.MULTILINE)


def room_of(path):
	"""core, protocols/smpp, daemons/acs, examples, tests: what arrows run between."""
	parts = path.split("/")
	if parts[0] in ("protocols", "daemons") and len(parts) > 2:
		return "/".join(parts[:2])
	return parts[0]


def may_include(room, other):
	if room == other or room == "tests" or other == "core":
		return True
	if other == "protocols/http":
		return room != "core"
	if room.startswith("daemons/"):
		return other == "daemons/common" or other.startswith("protocols/")
	return room == "examples" and other.startswith("protocols/")


def is_private(path):
	return path.endswith("_internal.h")


def is_public(path):
	return path.endswith(".h") and not is_private(path) and path.startswith(("core/", "protocols/"))


def resolve(root, path, quoted, installed):
	"""The path from the root that an include means, and whether it stands beside the includer."""
	if installed:
		return installed, False
	beside = os.path.normpath(os.path.join(os.path.dirname(path), quoted))
	if os.path.exists(os.path.join(root, beside)):
		return beside, True
	return os.path.normpath(quoted), False


def complaints_on(root, path, quoted, installed):
	target, beside = resolve(root, path, quoted, installed)
	room, other = room_of(path), room_of(target)

	if not os.path.exists(os.path.join(root, target)):
		if room == "tests":
			return # found by the compiler, through the library of a test that says where it is
		yield f"includes {target}, which is not there"
		return
	if not may_include(room, other):
		yield f"{room} includes {target}: arrows point down only"
	if is_private(target) and room != "tests" and os.path.dirname(path) != os.path.dirname(target):
		yield f"includes {target}, private to its folder"
	if is_public(path) and is_private(target):
		yield f"is public and includes the private {target}"
	if is_public(path) and not beside:
		yield f"is public and includes {target} from the root: write it relatively, it installs"
	if room == "examples" and other != "examples" and not installed:
		yield f"includes {target}: an example writes <switchboard/{target}>"


def main():
	root = root_of(sys.argv)
	complaints = []
	for path in sources(root, AREAS + ("tests",)):
		for match in INCLUDE.finditer(text_of(root, path)):
			for complaint in complaints_on(root, path, match[1], match[2]):
				complaints.append(f"{path}: {complaint}")
	conclude(complaints, "arrows")


if __name__ == "__main__":
	main()
