#!/usr/bin/env python3
"""The checks find what they are for: each test makes a small tree with one fault, or none."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Check(unittest.TestCase):
	script = None

	def run_on(self, files):
		with tempfile.TemporaryDirectory() as tree:
			for path, text in files.items():
				os.makedirs(os.path.join(tree, os.path.dirname(path)), exist_ok=True)
				with open(os.path.join(tree, path), "w", encoding="utf-8") as file:
					file.write(text)
			return subprocess.run([sys.executable, os.path.join(HERE, self.script), tree],
				stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

	def assert_passes(self, files):
		done = self.run_on(files)
		self.assertEqual(done.returncode, 0, done.stdout)

	def assert_fails(self, files, *words):
		done = self.run_on(files)
		self.assertEqual(done.returncode, 1, done.stdout)
		for word in words:
			self.assertIn(word, done.stdout)


class Arrows(Check):
	script = "arrows.py"
	headers = {"core/a.h": "", "core/a_internal.h": "", "protocols/http/http.h": "",
		"protocols/smpp/pdu.h": '#include "../../core/a.h"\n', "protocols/smpp/pdu_internal.h": "",
		"daemons/common/admin.h": "", "daemons/acs/acs.h": "", "tests/sim/sim.h": ""}

	def with_file(self, path, *includes):
		lines = "".join(f"#include {i}\n" for i in includes)
		return {**self.headers, path: lines + "#include <stdio.h>\n"}

	def test_downward_includes_pass(self):
		self.assert_passes(self.with_file("core/a.c", '"core/a.h"', '"core/a_internal.h"'))
		self.assert_passes(self.with_file("protocols/smpp/pdu.c", '"protocols/smpp/pdu_internal.h"',
			'"protocols/http/http.h"', '"core/a.h"'))
		self.assert_passes(self.with_file("daemons/acs/main.c", '"daemons/common/admin.h"',
			'"daemons/acs/acs.h"', '"protocols/smpp/pdu.h"', '"protocols/http/http.h"'))
		self.assert_passes(self.with_file("examples/echo.c", "<switchboard/core/a.h>",
			"<switchboard/protocols/smpp/pdu.h>"))

	def test_core_includes_no_protocol(self):
		self.assert_fails(self.with_file("core/a.c", '"protocols/smpp/pdu.h"'), "core/a.c")
		self.assert_fails(self.with_file("core/a.c", '"protocols/http/http.h"'), "core/a.c")

	def test_an_arrow_through_an_installed_name_is_seen_too(self):
		self.assert_fails(self.with_file("core/a.c", "<switchboard/protocols/smpp/pdu.h>"), "core/a.c")

	def test_a_protocol_includes_no_other_but_http(self):
		self.assert_fails(self.with_file("protocols/cwmp/soap.c", '"protocols/smpp/pdu.h"'), "cwmp")
		self.assert_fails(self.with_file("protocols/http/http.c", '"protocols/smpp/pdu.h"'), "http")

	def test_nothing_includes_a_daemon_but_itself(self):
		for path in ("core/a.c", "protocols/smpp/a.c", "daemons/erpsd/a.c", "daemons/common/a.c"):
			self.assert_fails(self.with_file(path, '"daemons/acs/acs.h"'), path)
		self.assert_fails(self.with_file("protocols/smpp/a.c", '"daemons/common/admin.h"'), "smpp")

	def test_private_headers_stay_in_their_folder(self):
		self.assert_fails(self.with_file("protocols/smpp/pdu.c", '"core/a_internal.h"'), "private")
		self.assert_fails(self.with_file("daemons/acs/a.c", '"core/a_internal.h"'), "private")
		self.assert_passes(self.with_file("tests/core/a.c", '"core/a_internal.h"'))

	def test_a_public_header_includes_no_private_one(self):
		self.assert_fails(self.with_file("core/b.h", '"a_internal.h"'), "core/b.h", "private")

	def test_a_public_header_includes_relatively(self):
		self.assert_fails(self.with_file("protocols/smpp/b.h", '"core/a.h"'), "relatively")
		self.assert_passes(self.with_file("protocols/smpp/b.h", '"pdu.h"', '"../../core/a.h"'))

	def test_nothing_includes_tests(self):
		self.assert_fails(self.with_file("core/a.c", '"tests/sim/sim.h"'), "tests/sim")

	def test_an_example_reads_like_a_users_program(self):
		self.assert_fails(self.with_file("examples/echo.c", '"core/a.h"'), "<switchboard/core/a.h>")

	def test_an_include_of_nothing_is_seen(self):
		self.assert_fails(self.with_file("core/a.c", '"core/gone.h"'), "core/gone.h")


class Events(Check):
	script = "events.py"
	listed = "# Events\n\n| event | says |\n|---|---|\n| `smpp.bound` | a peer has bound |\n"

	def with_log(self, code, listed=None):
		return {"core/a.c": code, "docs/events.md": listed or self.listed}

	def test_a_listed_event_passes(self):
		self.assert_passes(self.with_log('SB_LOG(s, INFO, "smpp.bound", "id", SB_STR(id));\n'))
		self.assert_passes(self.with_log('SB_LOG_TO(log_of(s, "x"), INFO,\n\t"smpp.bound");\n'))

	def test_an_unlisted_event_fails(self):
		bound = 'SB_LOG(s, INFO, "smpp.bound");\n'
		for call in ('SB_LOG(s, INFO, "smpp.lost", "id", SB_STR(id));', 'sb_fatal(log, "smpp.lost", 0);',
				'SB_LOG_LIMITED(s, INFO,\n\tgood ? "smpp.bound" : "smpp.lost");'):
			self.assert_fails({**self.with_log(bound + call),
				"core/log.h": "void sb_fatal(struct sb_log *log, const char *event, ...);\n"},
				"core/a.c:", "smpp.lost")

	def test_an_event_given_to_a_helper_that_logs_is_seen(self):
		helper = ("static void\nrefuse(struct x *x, const char *event)\n{\n"
			"\tSB_LOG(x, INFO, event);\n}\n")
		self.assert_passes(self.with_log(helper + 'refuse(x, "smpp.bound");\n'))
		self.assert_fails(self.with_log(helper + 'refuse(x, "smpp.bound");\nrefuse(x, "smpp.lost");\n'),
			"core/a.c:7", "smpp.lost")

	def test_a_helper_of_one_source_is_not_another_sources_function(self):
		helper = "static void\nfail(const char *event)\n{\n\tSB_LOG(x, INFO, event);\n}\n"
		self.assert_passes({**self.with_log(helper + 'fail("smpp.bound");\n'),
			"core/b.c": 'static void fail(const char *reason);\nfail("no event");\n'})

	def test_a_function_that_chooses_an_event_is_looked_into(self):
		choice = ('static const char *\nend_event(int x)\n{\n\treturn x ? "smpp.bound" : "%s";\n}\n'
			"SB_LOG(s, INFO, end_event(1));\n")
		self.assert_passes(self.with_log(choice % "smpp.bound"))
		self.assert_fails(self.with_log(choice % "smpp.lost"), "core/a.c:6", "smpp.lost")

	def test_an_event_that_cannot_be_told_fails(self):
		self.assert_fails(self.with_log('SB_LOG(s, INFO, name_of(s));\n"smpp.bound"'), "core/a.c:1")

	def test_a_listed_event_that_is_nowhere_fails(self):
		self.assert_fails(self.with_log("int a;\n"), "smpp.bound")

	def test_an_event_in_a_comment_is_not_logged(self):
		self.assert_fails(self.with_log('/* SB_LOG(s, INFO, "smpp.bound"); */\n'), "smpp.bound")

	def test_an_empty_list_passes_only_without_events(self):
		self.assert_passes(self.with_log("int a;\n", "# Events\n"))
		self.assert_fails(self.with_log('SB_LOG(s, INFO, "a.b");\n', "# Events\n"), "a.b")

	def test_an_event_listed_twice_fails(self):
		self.assert_fails(self.with_log('SB_LOG(s, INFO, "smpp.bound");\n',
			self.listed + "- `smpp.bound`: again\n"), "twice")


class Readme(Check):
	script = "readme.py"

	def test_the_module_shown_is_the_example_word_for_word(self):
		shown = "# Us\n```sh\n./run\n```\n```c\nint a;\n\nint b;\n```\n"
		self.assert_passes({"README.md": shown, "examples/echo.c": "int a;\n\nint b;\n"})
		self.assert_fails({"README.md": shown, "examples/echo.c": "int a;\nint b;\n"}, "README.md")


class Excerpts(Check):
	script = "excerpts.py"

	def test_what_the_guide_shows_stands_in_a_source(self):
		source = {"examples/tally/a.c": "int a;\nint b;\nint c;\n"}
		self.assert_passes({**source, "docs/writing-a-protocol.md": "Text\n\n```c\nint b;\nint c;\n```\n"})
		self.assert_fails({**source, "docs/writing-a-protocol.md": "Text\n\n```c\nint a;\nint c;\n```\n"},
			"docs/writing-a-protocol.md:3")


class Links(Check):
	script = "links.py"

	def with_readme(self, text):
		return {"README.md": text, "docs/a.md": "# One thing\n\n## 2. Words: `code`\n", "core/x.h": ""}

	def test_links_to_what_is_there_pass(self):
		self.assert_passes(self.with_readme("[a](docs/a.md) [b](core/x.h) [c](https://example.org/x)\n"))
		self.assert_passes(self.with_readme("[a](docs/a.md#one-thing) [b](docs/a.md#2-words-code)\n"))
		self.assert_passes(self.with_readme("```c\na[0](x);\n```\n"))

	def test_a_link_to_nothing_fails(self):
		self.assert_fails(self.with_readme("[a](docs/b.md)\n"), "docs/b.md")
		self.assert_fails(self.with_readme("[a](docs/a.md#two-things)\n"), "no such heading")


del Check
unittest.main()
