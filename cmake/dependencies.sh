# Sourced by run, test and their kin: one place that knows what the house needs of the machine.
#
#   sb_require GROUP ...   installs what is missing of these groups, or ends the script
#   sb_want GROUP ...      the same, but returns 1 instead
#   sb_missing GROUP ...   prints the packages that are missing
#
# A row is "group package probe[|probe]": the package is there when one probe is, a command on the
# PATH or the pattern of a file.

sb_rows() {
	cat <<-'ROWS'
	build cmake cmake
	build ninja-build ninja
	build gcc gcc
	build libc6-dev /usr/include/stdio.h
	build pkg-config pkg-config
	build libev-dev /usr/include/ev.h
	build libconfuse-dev /usr/include/confuse.h
	build libssl-dev /usr/include/openssl/ssl.h
	build libsqlite3-dev /usr/include/sqlite3.h
	build zlib1g-dev /usr/include/zlib.h
	build libxml2-dev /usr/include/libxml2/libxml/parser.h
	build libjansson-dev /usr/include/jansson.h
	build libcurl4-openssl-dev /usr/include/*/curl/curl.h|/usr/include/curl/curl.h
	build liblua5.4-dev /usr/include/lua5.4/lua.h
	build libcmocka-dev /usr/include/cmocka.h
	build node-llhttp /usr/share/llhttp/llhttp.c|/usr/include/llhttp.h
	build python3 python3
	clang clang clang
	clang libclang-rt-dev /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
	clang llvm llvm-symbolizer
	test make make
	test lld ld.lld
	test clang-format clang-format
	test clang-tidy clang-tidy
	test cppcheck cppcheck
	test openssl openssl
	test sqlite3 sqlite3
	test libxml2-utils xmllint
	test curl curl
	test jq jq
	test python3-jsonschema /usr/lib/python3/dist-packages/jsonschema
	test ca-certificates /etc/ssl/certs/ca-certificates.crt
	test nodejs node
	test npm npm
	test tshark tshark
	test kannel /usr/sbin/bearerbox
	test perl perl
	test libnet-smpp-perl /usr/share/perl5/Net/SMPP.pm
	test erlang-base erl
	test erlang-crypto /usr/lib/erlang/lib/crypto-*
	test erlang-public-key /usr/lib/erlang/lib/public_key-*
	test erlang-ssl /usr/lib/erlang/lib/ssl-*
	test redis-server redis-server
	test redis-tools redis-benchmark
	coverage gcovr gcovr
	ROWS
}

sb_present() {
	local probe

	for probe in ${1//|/ }; do
		case $probe in
		/*) [ -e "$probe" ] && return 0 ;;
		*) command -v "$probe" >/dev/null && return 0 ;;
		esac
	done
	return 1
}

sb_missing() {
	local group package probes

	sb_rows | while read -r group package probes; do
		case " $* " in
		*" $group "*) sb_present "$probes" || printf '%s ' "$package" ;;
		esac
	done
}

sb_as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		echo "This needs root, and there is no sudo: $*" >&2
		return 1
	fi
}

# What apt-get says is shown only when it fails. In runlevel 1 no package starts its daemon.
sb_install() {
	local log

	echo "Installing with apt-get: $*" >&2
	log=$(sb_as_root apt-get -qq update 2>&1 &&
		sb_as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y \
			--no-install-recommends "$@" 2>&1) && return 0
	printf '%s\n' "$log" | tail -n 20 >&2
	return 1
}

# Installs what is missing of the groups; says what still is, and returns 1, when it cannot.
sb_want() {
	local missing

	missing=$(sb_missing "$@")
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null; then
		echo "Missing, and there is no apt-get here. By Debian's names: $missing" >&2
		return 1
	fi
	# shellcheck disable=SC2086 # a list of names, to be split
	sb_install $missing || true
	missing=$(sb_missing "$@")
	[ -n "$missing" ] || return 0
	echo "Could not install: $missing" >&2
	return 1
}

sb_require() {
	sb_want "$@" || exit 1
}
