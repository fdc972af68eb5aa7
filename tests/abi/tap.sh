# shellcheck shell=sh
# What the runners of tests/abi, tests/guests and tests/e2e share: sourced.
# They run on the development machine and on busybox in the initramfs of KVM B.
#
#   LDE         path of the lde binary
#   BINDIR      folder with the suite's compiled programs
#   TEST_SLOW   how many times longer everything may take (default 1)
#   TEST_SHORT  1: leave out what takes long
#   TEST_ONLY   a pattern of the shell: only tests whose names match it

TEST_SLOW=${TEST_SLOW:-1}
TEST_SHORT=${TEST_SHORT:-}
TEST_ONLY=${TEST_ONLY:-*}
: "${LDE:?the path of lde}" "${BINDIR:?the folder with the test programs}"
# Tests go to other folders.
case $LDE in
/*) ;;
*/*) LDE=$PWD/$LDE ;;
*) LDE=$(command -v "$LDE") ;;
esac
case $BINDIR in
/*) ;;
*) BINDIR=$PWD/$BINDIR ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/lde-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The kernel checks itself in every run, and at the end that nothing is lost.
export LDE_SELF_CHECK=1

tap_number=0
tap_failures=0

tap_ok()
{
	tap_number=$((tap_number + 1))
	echo "ok $tap_number - $1"
}

# tap_not_ok NAME [LINE]...
tap_not_ok()
{
	tap_number=$((tap_number + 1))
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_number - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | cut -c1-300 | sed 's/^/# /'
}

tap_skip()
{
	tap_number=$((tap_number + 1))
	echo "ok $tap_number - $1 # SKIP $2"
}

tap_done()
{
	echo "1..$tap_number"
	[ "$tap_failures" -eq 0 ]
}

# Whether TEST_ONLY selects the test.
wanted()
{
	# shellcheck disable=SC2254 # a pattern
	case $1 in
	$TEST_ONLY) return 0 ;;
	esac
	return 1
}

# limit SECONDS COMMAND...: at most so long, on a slow machine longer.
limit()
{
	limit_seconds=$(($1 * TEST_SLOW))
	shift
	timeout -k 2 "$limit_seconds" "$@"
}

# The first lines of a file, for diagnostics; empty if there are none.
head_of()
{
	[ ! -s "$1" ] || { echo "$2:"; head -n "${3:-8}" "$1" | tr -d '\000\r' | cut -c1-300; }
}

# Flattens the JSON that lde prints, one "path value" a line; no more than that.
flatten()
{
	awk '{
		line = $0
		sub(/^[ \t]+/, "", line); sub(/,$/, "", line)
		key = ""
		if (match(line, /^"[^"]*":[ ]?/)) {
			key = substr(line, 2, RLENGTH - 3); gsub(/[":]+ ?$/, "", key)
			line = substr(line, RLENGTH + 1)
		} else if (line !~ /^[]}]/ && depth > 0) {
			key = index_of[depth]++
		}
		if (line ~ /^[]}]/) { depth--; next }
		if (line == "{" || line == "[") { name[++depth] = key; index_of[depth] = 0; next }
		path = ""
		for (i = 2; i <= depth; i++) path = path "." name[i]
		print path "." key " " line
	}' "$1"
}

# number PATH: out of the flattened $work/flat; nothing if it is not there.
number()
{
	awk -v path="$1" '$1 == path { print $2 }' "$work/flat"
}
