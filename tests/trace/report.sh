# shellcheck shell=sh
# Reports of real runs: sourced by tests/trace/run.

# The sum of all members of that name in the JSON of a report, which has few
# line breaks.
reported()
{
	tr ',{}[]' '\n\n\n\n\n' <report.json | awk -F: -v key="\"$1\"" '$1 == key { sum += $2 } END { print sum + 0 }'
}

# What cannot be is found in no run, and the sums are those of the kernel.
report_test()
{
	name="report: $1"
	shift
	wanted "$name" || return 0
	recorded "$@"
	problem=
	timeout -k 2 $((200 * TEST_SLOW)) "$LDE" report t --json report.json --html report.html \
		--perfetto perfetto.json --text >out 2>err
	status=$?
	[ "$status" -eq 0 ] || problem="; status $status: $(grep VIOLATION out | head -n 3)"
	equal "system calls" "$(syscalls)" "$(reported syscalls)"
	equal "preemptions" "$(number .switches.preempted)" "$(reported preempted)"
	equal "violations" 0 "$(reported nr_violations)"
	grep -q "^ Checked: one process RUNNING" out || problem="$problem; nothing was checked"
	[ -s report.html ] && [ -s perfetto.json ] || problem="$problem; an empty file"
	verdict "$name" "$problem"
}

report_test "a bit of everything" "$BINDIR/mix"
report_test "several at once" --quantum 2ms -n 3 "$BINDIR/mix" : /lde/hog 30 : -n 2 /lde/ticker
report_test "several on the logical clock" --clock logical --quantum 2ms -n 3 "$BINDIR/mix" : /lde/hog 30
report_test "nobody is preempted" --quantum 1s -n 3 /lde/hog 20

# A run whose report for Perfetto is as the format says; see check-chrome-trace.
perfetto_test()
{
	recorded "$@"
	"$LDE" report t --perfetto perfetto.json >out 2>err &&
		"$here/check-chrome-trace" perfetto.json >out 2>err ||
		problem="$problem; $*: $(head -n 3 out)"
}

# What the check has to find.
not_a_trace()
{
	printf '{"displayTimeUnit":"ns","traceEvents":[%s]}' "$1" >perfetto.json
	! "$here/check-chrome-trace" perfetto.json >out 2>err || problem="$problem; not found: $1"
}

name="report: the format that Perfetto reads"
if wanted "$name"; then
	if command -v python3 >/dev/null; then
		problem=
		perfetto_test --quantum 2ms -n 2 "$BINDIR/mix" : /lde/hog 20
		dd if=/dev/zero of=disk bs=65536 count=16 2>/dev/null
		cp disk disk2
		perfetto_test --disk disk,latency=1ms --disk disk2 -n 2 "$BINDIR/read_disk"
		perfetto_test --events all,registers /lde/ticker 3
		slice='"ph":"X","name":"a","pid":1,"tid":1,"ts"'
		not_a_trace "{$slice:1,\"dur\":5},{$slice:2,\"dur\":9}"
		not_a_trace "{$slice:1}"
		not_a_trace "{$slice:1,\"dur\":5,\"frob\":1}"
		not_a_trace "{$slice:1,\"dur\":5},{\"ph\":\"s\",\"name\":\"f\",\"cat\":\"f\",\"id\":1,\"pid\":1,\"tid\":1,\"ts\":9}"
		not_a_trace "{$slice:1,\"dur\":NaN}"
		status=0
		verdict "$name" "$problem"
	else
		tap_skip "$name" "there is no python3 here"
	fi
fi

# imported: what Perfetto's importer makes of the trace in t.
imported()
{
	"$LDE" report t --perfetto perfetto.json --json report.json >out 2>err &&
		babeltrace2 --clock-cycles t >printed 2>err &&
		"$here/check-perfetto-import" "$trace_processor" perfetto.json report.json \
			printed >out 2>err ||
		problem="$problem; $1: $(head -n 3 out) $(tail -n 2 err)"
}

# importer_test OPTION...: of a run.
importer_test()
{
	recorded "$@"
	imported "$*"
}

# Of a run that is killed when some of its trace has been written.
importer_killed_test()
{
	rm -rf t
	"$LDE" run --timeout $((200 * TEST_SLOW))s --trace t "$BINDIR/spam" 100000000 : /lde/ticker \
		>/dev/null 2>&1 </dev/null &
	running=$!
	while kill -0 $running && [ "$(wc -c <t/cpu_0 || echo 0)" -lt 65536 ]; do
		sleep 0.1
	done 2>/dev/null
	{ kill -KILL $running && wait $running; } 2>/dev/null
	imported "a run that was killed"
}

name="report: what Perfetto itself makes of it"
if wanted "$name"; then
	trace_processor=${TRACE_PROCESSOR:-$(command -v trace_processor_shell)}
	if [ -z "$trace_processor" ]; then
		tap_skip "$name" "there is no trace_processor_shell here; TRACE_PROCESSOR=FILE"
	elif ! command -v python3 >/dev/null || ! command -v babeltrace2 >/dev/null; then
		tap_skip "$name" "python3 or babeltrace2 is missing: make deps"
	else
		problem=
		dd if=/dev/zero of=disk bs=65536 count=16 2>/dev/null
		cp disk disk2
		importer_test --quantum 2ms -n 3 "$BINDIR/mix" : /lde/hog 30 : -n 2 /lde/ticker
		importer_test --disk disk,latency=1ms --disk disk2 -n 2 "$BINDIR/read_disk"
		importer_test --clock logical --quantum 2ms -n 3 "$BINDIR/mix" : /lde/hog 30
		importer_test --events all,registers --quantum 1ms -n 3 /lde/hog 20
		importer_test --events sched -n 2 "$BINDIR/mix" : /lde/hog 10
		importer_test "$BINDIR/alarmed"
		busybox=$(command -v busybox) && importer_test "$busybox" sh -c "
			i=0
			while [ \$i -lt 5 ]; do
				$busybox seq 100 | $busybox sort -rn | $busybox head -n 3
				i=\$((i + 1))
			done"
		importer_test "$BINDIR/spam" 3000
		importer_killed_test
		status=0
		verdict "$name" "$problem"
	fi
fi

name="report: steps"
if wanted "$name"; then
	recorded "$BINDIR/mix"
	timeout -k 2 $((200 * TEST_SLOW)) "$LDE" report t --steps 1:10 >out 2>err
	status=$?
	problem=
	[ "$status" -eq 0 ] || problem="; status, expected 0"
	equal "traps" 10 "$(grep -c 'save registers$' out)"
	grep -q "SYSCALL: rcx=rip" out || problem="$problem; no system call"
	grep -q "cr2=0x" out || problem="$problem; no page fault"
	verdict "$name" "$problem"
fi

# known KEY: what the program has printed of itself.
known()
{
	awk -v key="$1" '$1 == key { print $2 }' out.program
}

# The cells of one column, in a line: 2 OS, 3 hardware, 4 program.
column()
{
	awk -F'|' -v column="$1" 'NF > column - 1 { gsub(/^ +| +$/, "", $column); printf "%s ", $column }' steps
}

# in_column COLUMN TEXT: adds to $problem unless it is there.
in_column()
{
	column "$1" | tr -s ' ' | grep -qF -e "$2" || problem="$problem; no $2 in column $1"
}

name="report: steps with registers"
if wanted "$name"; then
	recorded --events all,registers "$BINDIR/known_registers"
	cp out out.program
	timeout -k 2 $((200 * TEST_SLOW)) "$LDE" report t --steps 1:100 >steps 2>err
	status=$?
	problem=
	[ "$status" -eq 0 ] || problem="; status, expected 0"
	in_column 4 "$(known call): getppid: rax=110 rdi=0xa4a4a4a4a4 rsi=0xa3a3a3a3a3"
	back=$(printf '0x%x' $(($(known call) + 2)))
	in_column 3 "SYSCALL: rcx=rip= $back, r11=rflags= 0x"
	in_column 3 "rip=LSTAR= 0xffffffff80100000 (syscall_entry)"
	in_column 2 "rax=0x6e rbx=0xa1a1a1a1a1 rcx=$back rdx=0xa2a2a2a2a2 rsi=0xa3a3a3a3a3"
	in_column 2 "r12=0xa8a8a8a8a8 r13=0xa9a9a9a9a9 r14=0xaaaaaaaaaa r15=0xababababab"
	in_column 2 "rax=0x$(printf %x "$(known result)"), the others as they were saved"
	in_column 3 "SYSRET: rip=rcx= $back"
	in_column 4 "$(known fault): touches $(known touched)"
	in_column 3 "push ss=0x2b rsp=$(known rsp) rflags=0x"
	in_column 3 "cs=0x33 rip=$(known fault); gate 0xe at 0x"
	in_column 3 "(trap_page_fault)"
	in_column 3 "IRET: pop rip=$(known fault) cs=0x33"
	in_column 2 "all as they were saved"
	! grep -q "Without registers" steps || problem="$problem; registers are said to be missing"
	recorded "$BINDIR/known_registers"
	"$LDE" report t --steps 1:100 >steps 2>err
	grep -q "^Without registers: .* --events all,registers" steps || problem="$problem; no hint"
	verdict "$name" "$problem"
fi

# arguments WHERE OPTION...: as the program has passed them, with what else stands in the
# way of a system call.
arguments()
{
	name="report: arguments of system calls $1"
	shift
	wanted "$name" || return 0
	recorded "$@" "$BINDIR/known_registers"
	"$LDE" report t --steps 1:100 >steps 2>err
	problem=
	[ "$status" -eq 0 ] || problem="; status $status"
	in_column 4 "getppid: rax=110 rdi=0xa4a4a4a4a4 rsi=0xa3a3a3a3a3 rdx=0xa2a2a2a2a2 r10=0xa7a7a7a7a7 r8=0xa5a5a5a5a5 r9=0xa6a6a6a6a6"
	in_column 2 "handle getppid"
	verdict "$name" "$problem"
}
arguments "that are forwarded" --syscalls=exit
arguments "on the logical clock" --clock logical
arguments "on the logical clock, through 4 KiB" --clock logical --trace-buffer 4K
arguments "on the logical clock, forwarded, with registers" --clock logical --syscalls=exit \
	--events all,registers

name="report: a process that was stopped is STOPPED"
if wanted "$name"; then
	recorded "$BINDIR/mix"
	"$LDE" report t --json report.json >out 2>err
	status=$?
	problem=
	[ "$status" -eq 0 ] || problem="; status, expected 0"
	[ "$(reported stopped_ns)" -gt 1000000 ] || problem="$problem; for $(reported stopped_ns) ns"
	verdict "$name" "$problem"
fi

name="report: --timeline"
if wanted "$name"; then
	mkdir -p temporary
	TMPDIR=$PWD/temporary timeout -k 2 $((200 * TEST_SLOW)) "$LDE" run --timeline -n 2 /lde/hog 10 \
		</dev/null >out 2>err
	status=$?
	problem=
	[ "$status" -eq 0 ] || problem="; status, expected 0"
	grep -q "^ Timeline of '-n 2 /lde/hog 10'" err || problem="$problem; no timeline"
	[ "$(grep -c "CPU time" out)" -eq 2 ] || problem="$problem; the programs' output is another"
	[ -z "$(ls temporary)" ] || problem="$problem; a trace is left"
	TMPDIR=$PWD/temporary timeout -k 2 $((200 * TEST_SLOW)) "$LDE" run --timeline --trace kept \
		/lde/hog 10 </dev/null >out 2>err
	[ -s kept/cpu_0 ] || problem="$problem; --trace DIR is not kept"
	TMPDIR=/no/such "$LDE" run --timeline /lde/hog 10 </dev/null >out 2>err
	status=$?
	[ "$status" -eq 125 ] || problem="$problem; without a folder: status, expected 125"
	verdict "$name" "$problem"
fi

name="report: a run that was killed"
if wanted "$name"; then
	rm -rf t
	timeout -s KILL $((2 + TEST_SLOW / 5)) "$LDE" run --trace t "$BINDIR/spam" 100000000 \
		>/dev/null 2>&1 </dev/null
	"$LDE" report t >out 2>err
	status=$?
	problem=
	[ "$status" -eq 0 ] || problem="; status, expected 0"
	grep -q "the trace ends before the run did" out || problem="$problem; it is not said"
	verdict "$name" "$problem"
fi

name="report: only some classes"
if wanted "$name"; then
	recorded --events syscall "$BINDIR/mix"
	"$LDE" report t >out 2>err
	status=$?
	problem=
	[ "$status" -eq 0 ] || problem="; status, expected 0"
	grep -q "Class sched was not recorded" out || problem="$problem; it is not said"
	verdict "$name" "$problem"
fi

name="report: a damaged trace is shown up to there"
if wanted "$name"; then
	recorded "$BINDIR/spam" 1000
	printf 'XXXX' | dd of=t/cpu_0 bs=4096 seek=5 conv=notrunc 2>/dev/null
	"$LDE" report t >out 2>err
	status=$?
	problem=
	[ "$status" -eq 1 ] || problem="; status, expected 1"
	grep -q "cpu_0: packet 5 is damaged" err || problem="$problem; no message"
	grep -q "spam" out || problem="$problem; nothing is shown"
	verdict "$name" "$problem"
fi

name="report: a trace whose file was cut is shown up to there"
if wanted "$name"; then
	recorded "$BINDIR/spam" 1000
	truncate -s $((5 * 4096 - 7)) t/cpu_0
	"$LDE" report t >out 2>err
	status=$?
	problem=
	[ "$status" -eq 1 ] || problem="; status, expected 1"
	grep -q "cpu_0: packet 4 is damaged: the file ends in the middle of it" err ||
		problem="$problem; no message"
	grep -q "spam" out || problem="$problem; nothing is shown"
	verdict "$name" "$problem"
fi

recorded /lde/hog 1
cp -r t cut && truncate -s 4089 cut/cpu_0

# report_refused NAME PATTERN ARG...
report_refused()
{
	name="report: $1" pattern=$2
	shift 2
	wanted "$name" || return 0
	"$LDE" report "$@" </dev/null >out 2>err
	status=$?
	problem=
	[ "$status" -eq 125 ] || problem="; status, expected 125"
	[ ! -s out ] || problem="$problem; something on standard output"
	[ "$(wc -l <err)" -eq 1 ] || problem="$problem; not one line"
	grep -Eq -e "^lde: .*$pattern" err || problem="$problem; no match for $pattern"
	verdict "$name" "$problem"
}

report_refused "no trace" "which trace"
report_refused "two traces" "one trace at a time" t t
report_refused "no such folder" "No such file" no/such/trace
report_refused "a folder without a trace" "no metadata in it" full
report_refused "a file" "Not a directory" file
report_refused "a trace that was cut at its beginning" "cpu_0: packet 0 is damaged" cut
report_refused "an unknown option" "no such option" --frob t
report_refused "an option without its value" "value is missing" t --html
report_refused "a page that cannot be written" "no/such/page.html: No such file" t --html no/such/page.html
report_refused "steps of no process" "give a process, how many traps" t --steps x
report_refused "steps of a process that never was" "there is no process 77" t --steps 77
report_refused "no rows" "give a number" t --rows 0
