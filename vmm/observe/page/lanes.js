/* The lanes: what is shown in which, from top to bottom. */

const lanes = [];

function rowsBy(list, column) {
	const by = new Map();

	for (let row = 0; row < list.n; row++) {
		const key = valueOf(list, row, column);

		if (!by.has(key))
			by.set(key, []);
		by.get(key).push(row);
	}
	return by;
}

/* Of two lists, in one: rows of the second are marked by a high bit. */
const OTHER = 0x80000000;
const showOfState = { [STATE.ready]: SHOW.ready, [STATE.blocked]: SHOW.blocked, [STATE.stopped]: SHOW.stopped };

function makeProcessSpans(stateRows, cpuRows) {
	const n = stateRows.length + cpuRows.length;
	const spans = {
		n, begin: new Float64Array(n), end: new Float64Array(n),
		show: new Uint8Array(n), row: new Uint32Array(n),
	};
	let a = 0, b = 0;

	for (let i = 0; i < n; i++) {
		const takeState = b === cpuRows.length || (a < stateRows.length &&
			states.begin[stateRows[a]] <= occupation.begin[cpuRows[b]]);
		const row = takeState ? stateRows[a++] : cpuRows[b++];
		const list = takeState ? states : occupation;

		spans.begin[i] = list.begin[row];
		spans.end[i] = list.end[row];
		if (takeState)
			spans.show[i] = showOfState[valueOf(states, row, 3)];
		else
			spans.show[i] = valueOf(occupation, row, 3) - 1;
		spans.row[i] = takeState ? row : (row | OTHER) >>> 0;
	}
	return spans;
}

/* Spans that overlap, as several lists of spans that do not; too many for the
 * last one stay in it. */
function makeLevels(spans) {
	const ends = [], levels = [];

	for (let i = 0; i < spans.n; i++) {
		let level = ends.findIndex(end => end <= spans.begin[i]);

		if (level < 0)
			level = Math.min(ends.length, 4);
		ends[level] = spans.end[i];
		(levels[level] = levels[level] || []).push(spans.row[i]);
	}
	return levels.map(rows => makeSpans(rows, disks.begin, disks.end, () => SHOW.disk));
}

(function () {
	const cpus = rowsBy(occupation, 2), onDisk = rowsBy(disks, 3), stateRows = new Map();
	const cpuRows = new Map(), callRows = rowsBy(calls, 2);
	const push = (map, key, row) => (map.has(key) ? map.get(key).push(row) : map.set(key, [row]));

	for (const [vcpu, rows] of [...cpus].sort((a, b) => a[0] - b[0]))
		lanes.push({
			kind: "vcpu", label: "vCPU " + vcpu, height: 26,
			spans: makeSpans(rows.filter(row => valueOf(occupation, row, 3) !== MODE.idle),
				occupation.begin, occupation.end, row => valueOf(occupation, row, 3) - 1),
		});
	if (exits.n)
		lanes.push({
			kind: "vmm", label: "VMM", height: 20,
			spans: makeSpans([...exits.begin.keys()], exits.begin, exits.end, () => SHOW.vmm),
		});
	for (const [disk, rows] of [...onDisk].sort((a, b) => a[0] - b[0])) {
		const levels = makeLevels(makeSpans(rows, disks.begin, disks.end, () => SHOW.disk));

		lanes.push({
			kind: "disk", label: diskName(disk), levels,
			height: Math.max(20, 6 + 7 * levels.length), spans: levels[0],
		});
	}
	for (let row = 0; row < states.n; row++)
		if (valueOf(states, row, 3) !== STATE.running)
			push(stateRows, valueOf(states, row, 2), row);
	for (let row = 0; row < occupation.n; row++)
		if (valueOf(occupation, row, 4) >= 0)
			push(cpuRows, valueOf(occupation, row, 4), row);
	trace.processes.forEach((process, idx) => lanes.push({
		kind: "process", process: idx, label: process.pid + " " + (process.name || "?"), height: 28,
		spans: makeProcessSpans(stateRows.get(idx) || [], cpuRows.get(idx) || []),
		calls: makeSpans(callRows.get(idx) || [], calls.begin, calls.end, () => 0),
	}));
	let y = 0;

	for (const lane of lanes) {
		lane.y = y;
		y += lane.height;
	}
	lanes.height = y;
})();

/* ---- what is at a place ------------------------------------------------------ */

function spanAt(spans, time, slack) {
	const i = above(spans.begin, time + slack, spans.n) - 1;

	return i >= 0 && spans.end[i] + slack >= time ? i : -1;
}

function times(begin, end) {
	return [["from", formatNs(begin)], ["to", formatNs(end)], ["for", formatNs(end - begin)]];
}

function describeCall(row) {
	return callName(valueOf(calls, row, 3)) + " = " + formatResult(valueOf(calls, row, 4));
}

function describeState(row, facts) {
	const state = names.states[valueOf(states, row, 3)], call = valueOf(states, row, 5);
	const reason = names.reasons[valueOf(states, row, 4)];

	if (reason)
		facts.push(["why", reason + (call >= 0 && state === "BLOCKED" ? " in " + callName(call) : "")]);
	return state;
}

function describeCpu(row) {
	const idx = valueOf(occupation, row, 4), mode = names.modes[valueOf(occupation, row, 3)];

	return idx < 0 ? "vCPU " + valueOf(occupation, row, 2) + ": " + mode
		: nameOf(idx) + ": " + mode;
}

function describeExit(row, facts) {
	const call = valueOf(exits, row, 6), process = valueOf(exits, row, 2);
	const address = valueOf(exits, row, 5);

	facts.push(["process", process < 0 ? "none" : nameOf(process)]);
	if (call >= 0)
		facts.push(["system call", callName(call)]);
	facts.push(["address", typeof address === "string" ? address : "0x" + address.toString(16)]);
	return "exit to the VMM: " + names.causes[valueOf(exits, row, 4)];
}

function describeDisk(row, facts) {
	facts.push(["process", nameOf(valueOf(disks, row, 2))], ["sector", valueOf(disks, row, 5)],
		["sectors", valueOf(disks, row, 6)]);
	return diskName(valueOf(disks, row, 3)) + ": " + names.ops[valueOf(disks, row, 4)];
}

/* {title, facts: [[name, value]]} of what a lane shows at a time, or null. */
function describeAt(lane, time, slack) {
	const spans = (lane.levels || []).find(level => spanAt(level, time, slack) >= 0) || lane.spans;
	const i = spanAt(spans, time, slack);
	const facts = [];
	let title;

	if (i < 0)
		return null;
	const row = spans.row[i];

	if (lane.kind === "vcpu")
		title = describeCpu(row);
	else if (lane.kind === "vmm")
		title = describeExit(row, facts);
	else if (lane.kind === "disk")
		title = describeDisk(row, facts);
	else if (row & OTHER)
		title = nameOf(lane.process) + ": RUNNING, " +
			names.modes[valueOf(occupation, row & ~OTHER, 3)];
	else
		title = nameOf(lane.process) + ": " + describeState(row, facts);
	if (lane.calls) {
		const call = spanAt(lane.calls, time, 0);

		if (call >= 0)
			facts.push(["system call", describeCall(lane.calls.row[call])]);
	}
	return { title, facts: times(spans.begin[i], spans.end[i]).concat(facts) };
}

/* The event of a lane that is nearest to a time, within slack; or -1. */
function eventNear(lane, time, slack) {
	const first = above(events.time, time - slack), last = Math.min(events.n, first + 20000);
	let best = -1;

	for (let row = first; row < last && events.time[row] <= time + slack; row++) {
		if (lane.kind === "process" ? events.process[row] === lane.process : lane.kind === "vcpu")
			if (best < 0 || Math.abs(events.time[row] - time) < Math.abs(events.time[best] - time))
				best = row;
	}
	return best;
}
