#!/bin/sh
# headers.sh COMPILER: every installed header compiles alone, in C17, from where it is installed, and
# no private one is installed.
set -eu
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$SB_BINARY_DIR" --prefix "$prefix" >/dev/null
cd "$prefix/include"

if find . -name '*_internal.h' | grep .; then
	echo "private headers are installed"
	exit 1
fi
count=0
for header in $(find switchboard -name '*.h' | sort); do
	echo "#include <$header>" |
		"$1" -std=c17 -Wall -Wextra -Werror -fsyntax-only -I . -x c - || {
		echo "<$header> does not compile alone"
		exit 1
	}
	count=$((count + 1))
done
echo "$count headers"
[ "$count" -gt 1 ]
