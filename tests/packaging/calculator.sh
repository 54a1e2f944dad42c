#!/bin/sh
# calculator.sh COMPILER FLAGS: installs into a fresh prefix, builds examples/calculator out of the
# tree, and runs it: the program, the client, and the shared object in the installed erpsd.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$SB_BINARY_DIR" --prefix "$work/prefix" >/dev/null
cp -r "$SB_SOURCE_DIR/examples/calculator" "$work/calculator"
cmake -G Ninja -S "$work/calculator" -B "$work/build" -DCMAKE_C_COMPILER="$1" -DCMAKE_C_FLAGS="$2" \
	-DCMAKE_PREFIX_PATH="$work/prefix"
cmake --build "$work/build"
python3 "$SB_SOURCE_DIR/tests/examples/calculator.py" "$work/build" "$work/build/calc.so" \
	"$work/prefix/bin/erpsd"
