# shellcheck shell=sh
# lde top in tmux: sourced by tests/terminal/run.

# begin_top WIDTH HEIGHT ARG...: lde top in a shell that shows the settings of the
# terminal before and after, and the status; the screen then waits.
begin_top()
{
	width=$1 height=$2
	shift 2
	# A name of its own: a server that is ending takes no sessions.
	nr_servers=$((${nr_servers:-0} + 1))
	tmux="tmux -L lde-top-$$-$nr_servers -f /dev/null"
	rm -f before after
	cat >session <<-EOT
		trap : INT
		stty -g >'$work/before'
		$*
		status=\$?
		stty -g >'$work/after'
		echo "status \$status"
		sleep 1000
	EOT
	$tmux new-session -d -x "$width" -y "$height" "sh '$work/session'"
	problem=
}

# see PATTERN WHAT: adds to $problem unless it appears.
see()
{
	shown "$1" || problem="$problem; $2"
}

press()
{
	$tmux send-keys "$@"
}

# The view; its child runs the machine.
view_pid()
{
	$tmux list-panes -F '#{pane_pid}' | while read -r shell; do
		for each in /proc/[0-9]*; do
			[ "$(awk '{ print $4 }' "$each/stat" 2>/dev/null)" = "$shell" ] && echo "${each#/proc/}"
		done
	done | head -n 1
}

child_of()
{
	for each in /proc/[0-9]*; do
		[ "$(awk '{ print $4 }' "$each/stat" 2>/dev/null)" = "$1" ] && echo "${each#/proc/}"
	done | head -n 1
}

# end_top STATUS: it has ended so, and the terminal is as it was.
end_top()
{
	see "^status $1" "not status $1"
	[ "$(cat before)" = "$(cat after 2>/dev/null)" ] || problem="$problem; the settings were changed"
	[ "$($tmux display-message -p '#{cursor_flag}#{alternate_on}')" = 10 ] ||
		problem="$problem; no cursor, or another screen"
	$tmux kill-server 2>/dev/null
	: >"$work/err"
	verdict "$name" "$problem"
}

# top_test NAME: whether it is to be done.
top_test()
{
	name=$1
	wanted "$name" || return 1
	command -v tmux >/dev/null && return 0
	tap_skip "$name" "there is no tmux here"
	return 1
}

if top_test "top: processes, keys, sizes"; then
	begin_top 100 24 "'$LDE' top -n 2 /lde/hog 100000 : /lde/ticker 100000"
	see '^lde top - .* 3 processes' "no head"
	see ' [12] .* hog$' "no process"
	see '^ticker: tick 3,' "no output of the programs"
	see '[*]%CPU' "not sorted by CPU"
	press N
	see '[*]PID' "not sorted by number"
	[ "$(awk '$NF == "hog" || $NF == "ticker" { printf "%s ", $1 }' out)" = "1 2 3 " ] ||
		problem="$problem; not in the order of numbers"
	press R
	see '\^PID' "not the other way round"
	press h
	see '^space  freeze' "no help"
	press h Space
	see FROZEN "not frozen"
	frozen=$(head -n 1 out)
	press P
	see '\^%CPU' "not sorted while frozen"
	[ "$(head -n 1 out)" = "$frozen" ] || problem="$problem; frozen, it goes on"
	press Space
	see '[*^]%CPU' "no table"
	$tmux resize-window -x 60 -y 9 2>/dev/null
	see '^ q quit' "nothing after the window has become small"
	$tmux resize-window -x 120 -y 30 2>/dev/null
	see 'SWITCHES  PROGRAM' "nothing after the window has become large"
	press q
	end_top 143
fi

if top_test "top: a run to its end"; then
	begin_top 90 20 "'$LDE' top '$busybox' sh -c 'seq 1 300; exit 3'"
	see 'the run has ended: exit status 3' "its end is not shown"
	see '^300' "the last line is not shown"
	see 'sh (exit 3)\|busybox (exit 3)' "the process is not shown"
	press q
	see '^300' "the output is not printed"
	end_top 3
fi

# told_to FILE WHAT: that is in the file, while the run goes on.
told_to()
{
	tries=0
	until grep -q "^$2" "$1" 2>/dev/null || [ $tries -ge $((50 * TEST_SLOW)) ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	grep -q "^$2" "$1" || problem="$problem; no $2 in $1"
}

both='echo spoken; echo complained >&2; sleep 100000'
if top_test "top: standard error goes where it was sent"; then
	rm -f errors
	begin_top 90 20 "'$LDE' top '$busybox' sh -c '$both' 2>errors"
	see '^spoken' "no standard output"
	see ' standard output of the programs' "it is not said that errors are elsewhere"
	told_to errors complained
	press q
	see '^status' "it goes on"
	see '^spoken' "the output is not printed"
	! grep -q complained out || problem="$problem; the errors are shown"
	! grep -q spoken errors || problem="$problem; the output is among the errors"
	end_top 143
fi

if top_test "top: standard error at the terminal is shown"; then
	begin_top 90 20 "'$LDE' top '$busybox' sh -c '$both' 2>/dev/tty"
	see '^spoken' "no standard output"
	see '^complained' "no standard error"
	see ' output of the programs' "no rule"
	! grep -q ' standard output' out || problem="$problem; it is said to be elsewhere"
	press q
	see '^status' "it goes on"
	see '^complained' "the errors are not printed"
	end_top 143
fi

if top_test "top: Ctrl-C"; then
	begin_top 90 20 "'$LDE' top /lde/hog 100000"
	see ' hog$' "no process"
	press C-c
	end_top 130
fi

if top_test "top: SIGTERM"; then
	begin_top 90 20 "'$LDE' top /lde/hog 100000"
	see ' hog$' "no process"
	kill -TERM "$(view_pid)"
	end_top 143
fi

if top_test "top: it crashes, and the terminal is as it was"; then
	begin_top 90 20 "'$LDE' top /lde/hog 100000"
	see ' hog$' "no process"
	machine=$(child_of "$(view_pid)")
	kill -SEGV "$(view_pid)"
	see '^status' "it goes on"
	tries=0
	while [ -e "/proc/$machine/stat" ] && [ $tries -lt $((300 * TEST_SLOW)) ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	[ ! -e "/proc/$machine/stat" ] || problem="$problem; the run goes on"
	end_top 139
fi

if top_test "top: the run is killed"; then
	begin_top 90 20 "'$LDE' top /lde/hog 100000"
	see ' hog$' "no process"
	kill -KILL "$(child_of "$(view_pid)")"
	see 'the run has ended: killed by SIGKILL' "it is not said"
	press q
	end_top 137
fi

if top_test "top: a terminal that is not known"; then
	begin_top 90 20 "TERM=unheard-of '$LDE' top /lde/hog 1"
	see 'TERM=unheard-of: this terminal is not known' "no message"
	end_top 125
fi

if top_test "top: a terminal whose cursor cannot be moved"; then
	begin_top 90 20 "TERM=dumb '$LDE' top /lde/hog 1"
	see 'TERM=dumb: the cursor of this terminal cannot be moved' "no message"
	end_top 125
fi

if wanted "top: no terminal"; then
	"$LDE" top /lde/hog 1 >out 2>err </dev/null
	status=$?
	problem=
	[ "$status" -eq 125 ] || problem="; status $status"
	grep -q "^lde: top needs a terminal" err || problem="$problem; no message"
	verdict "top: no terminal" "$problem"
fi
