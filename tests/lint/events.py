#!/usr/bin/env python3
"""events.py [TREE]: the events in the log and docs/events.md are the same ones.

A call that logs is SB_LOG...(x, LEVEL, "event", ...), or a call of any function or macro that has a
parameter named `event`: a helper that logs for others is looked through, and so is a function
`..._event()` that chooses one. The list names an event in backticks at the start of a line or of a
table row. Every event logged must be listed, every listed one must stand in a source."""
import re
import sys

from house import conclude, root_of, sources, text_of

LISTED = re.compile(r"^[ \t]*(?:[|*-][ \t]*)?`([a-z0-9_.]+)`", re.MULTILINE)
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[(),]|[^"\'(),]+', re.DOTALL)
COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|/\*.*?\*/|//[^\n]*', re.DOTALL)
TAKES_EVENT = re.compile(r"\b(\w+)\(([^()]*\bconst char \*event\b[^()]*)\)")
MACRO_TAKES_EVENT = re.compile(r"#[ \t]*define[ \t]+(\w+)\(([^()]*\bevent\b[^()]*)\)")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')


def without_comments(text):
	return COMMENT.sub(lambda m: m[1] or "\n" * m[0].count("\n"), text)


def helpers(text):
	"""What takes an event: its name, and the place of the event among its arguments."""
	found = {}
	for name, parameters in TAKES_EVENT.findall(text):
		names = parameters.split(",")
		found[name] = next(i for i, p in enumerate(names) if "*event" in p)
	for name, parameters in MACRO_TAKES_EVENT.findall(text):
		names = [p.strip() for p in parameters.split(",")]
		if "event" in names:
			found[name] = names.index("event")
	return found


def arguments_at(text, start):
	"""The arguments of a call, from the octet after its parenthesis."""
	arguments, depth = [""], 0
	for match in TOKEN.finditer(text, start):
		token = match[0]
		if token == ")" and depth == 0:
			return arguments
		depth += (token == "(") - (token == ")")
		if token == "," and depth == 0:
			arguments.append("")
		else:
			arguments[-1] += token
	return arguments


def calls(text, takers):
	"""Line and event argument of every call that logs. Macros only pass arguments on."""
	text = DIRECTIVE.sub(lambda m: "\n" * m[0].count("\n"), text)
	for match in re.finditer(r"\b(\w+)\(", text):
		place = takers.get(match[1], 2 if match[1].startswith("SB_LOG") else None)
		if place is None:
			continue
		arguments = arguments_at(text, match.end())
		if len(arguments) > place and "char *event" not in arguments[place]:
			yield text.count("\n", 0, match.start()) + 1, arguments[place].strip()


def returned(text, argument):
	"""The names that a function of this source called `..._event` chooses from."""
	match = re.match(r"(\w+_event)\(", argument)
	body = match and re.search(rf"^{match[1]}\(.*?^}}", text, re.MULTILINE | re.DOTALL)
	return [n for r in re.findall(r"\breturn\b[^;]*;", body[0]) for n in STRING.findall(r)] if body else []


def logged(texts):
	"""Every event logged, as (path, line, name); a name of None where it cannot be told."""
	public = helpers("".join(text for path, text in texts.items() if path.endswith(".h")))
	for path, text in texts.items():
		# A helper of one source is not another source's function of the same name.
		for line, argument in calls(text, {**public, **helpers(text)}):
			names = returned(text, argument) or STRING.findall(argument)
			for name in names:
				yield path, line, name
			# A helper passes its own parameter on; its callers are looked at.
			if not names and not re.search(r"event_?$", argument):
				yield path, line, None


def main():
	root = root_of(sys.argv)
	texts = {path: without_comments(text_of(root, path)) for path in sources(root)}
	listed = LISTED.findall(text_of(root, "docs/events.md"))
	complaints = [f"docs/events.md: `{n}` is listed twice" for n in sorted(set(listed)) if listed.count(n) > 1]
	for path, line, name in logged(texts):
		if name is None:
			complaints.append(f"{path}:{line}: name the event where it is logged, or in a parameter `event`")
		elif name not in listed:
			complaints.append(f"{path}:{line}: `{name}` is not listed in docs/events.md")
	everything = "".join(texts.values())
	for name in listed:
		if f'"{name}"' not in everything:
			complaints.append(f"docs/events.md: `{name}` stands in no source")
	conclude(complaints, f"{len(listed)} events")


if __name__ == "__main__":
	main()
