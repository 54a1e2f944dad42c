#!/usr/bin/env python3
"""What cannot be loaded is refused by a check, with the line and the reason; and what clashes is."""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from life import BINARY, SOURCE # noqa: E402

CALC = os.path.join(BINARY, "lib", "calc.so")

PLUGIN = """
#include <stddef.h>
static const char *const methods[] = {%s NULL};
const struct { unsigned abi; const char *name; const void *service, *const *methods; void *rest[4]; }
erps_plugin = {%d, "odd", %s, (const void *)methods, {0}};
"""


def compiled(folder, name, source):
	path = os.path.join(folder, name)
	subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-x", "c", "-", "-o", path],
		input=source, text=True, check=True)
	return path


def check(folder, services):
	config = os.path.join(folder, "modules.conf")
	with open(config, "w") as file:
		file.write('listener "erps" { address = "127.0.0.1:0" }\n' + services)
	done = subprocess.run([os.path.join(BINARY, "bin", "erpsd"), "-c", config, "-t"], capture_output=True,
		text=True)
	return done.returncode, done.stdout + done.stderr


def refuses(folder, services, line, reason):
	status, said = check(folder, services)
	assert status == 1 and f"modules.conf:{line}: " in said and reason in said, (status, said)


def main():
	with tempfile.TemporaryDirectory(prefix="sb-modules-") as folder:
		calc = f'service "calc" {{\nmodule = "{CALC}"\n}}\n'
		status, said = check(folder, calc)
		assert (status, said) == (0, "configuration ok\n"), said
		refuses(folder, 'service "x" {\nmodule = "none.so"\n}\n', 3, f"{folder}/none.so: cannot open")
		refuses(folder, f'service "x" {{\nmodule = "{SOURCE}/README.md"\n}}\n', 3, "invalid ELF header")
		compiled(folder, "empty.so", "int nothing;")
		refuses(folder, 'service "x" {\nmodule = "empty.so"\n}\n', 3, "it exports no erps_plugin")
		compiled(folder, "lacking.so", "int lacking(void); int (*f)(void) = lacking;")
		refuses(folder, 'service "x" {\nmodule = "lacking.so"\n}\n', 3, "undefined symbol: lacking")
		compiled(folder, "old.so", PLUGIN % ('"a",', 0, "methods"))
		refuses(folder, 'service "x" {\nmodule = "old.so"\n}\n', 3, "built for ABI 0 of services, this program has")
		compiled(folder, "none.so", PLUGIN % ("", 1, "methods"))
		refuses(folder, 'service "x" {\nmodule = "none.so"\n}\n', 3, "no service or no methods")
		refuses(folder, calc + calc.replace('"calc"', '"again"'), 5, 'its method add is service "calc"\'s already')
		refuses(folder, calc.replace("}", 'options = { "least=1" }\n}'), 2, "only most=NUMBER is known")
		refuses(folder, calc.replace("}", 'options = { "most" }\n}'), 4, 'option "most": must be key=value')


if __name__ == "__main__":
	main()
