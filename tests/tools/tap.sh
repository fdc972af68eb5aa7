# shellcheck shell=sh
# TAP for the scripts of this folder: sourced, never run.
#
#   tap_ok NAME; tap_not_ok NAME [DIAGNOSTICS]; tap_skip NAME REASON
#   tap_result STATUS NAME [DIAGNOSTICS]
#   tap_none NAME OFFENDERS   ok if there are none
#   tap_done        prints the plan; its status is 1 if anything failed

tap_count=0
tap_failed=0

tap_diagnostics()
{
	[ -z "$1" ] || printf '%s\n' "$1" | sed 's/^/#   /'
}

tap_ok()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

tap_not_ok()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	tap_diagnostics "${2:-}"
}

tap_skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

tap_result()
{
	if [ "$1" -eq 0 ]; then
		tap_ok "$2"
	else
		tap_not_ok "$2" "${3:-}"
	fi
}

tap_none()
{
	if [ -z "$2" ]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "$2"
	fi
}

tap_done()
{
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}
