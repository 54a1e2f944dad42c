# Sourced by run, test and their kin.
#
#   sb_build PRESET [TARGET ...]   configures and builds; silent unless it fails

sb_build() {
	local preset=$1 log=build/$1.log

	shift
	mkdir -p build
	if { cmake --preset "$preset" &&
		cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1; then
		return 0
	fi
	# Ninja says what failed before it stops; configuration errors stand near the end, too.
	tail -n 60 "$log" >&2
	echo "Building the $preset preset failed; all of it: $log" >&2
	return 1
}
