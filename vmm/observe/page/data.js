/* The trace, from rows of numbers to arrays that can be searched by time. */

const trace = JSON.parse(document.getElementById("trace").textContent);
const names = trace.names;
const KIND = {
	switch: 1, wakeup: 2, fork: 3, exec: 4, exit: 5, callEntry: 6, callExit: 7, irqEntry: 8,
	faultEntry: 10, faultExit: 11, trapEntry: 12, vmmExit: 19,
};
const MODE = { idle: 0, user: 1, kernel: 2, vmm: 3 };
const STATE = { ready: 1, running: 2, blocked: 3, stopped: 5 };
/* What a lane may show; the first three are MODE - 1. */
const SHOW = { user: 0, kernel: 1, vmm: 2, ready: 3, blocked: 4, disk: 5, stopped: 6 };

/* Spans of a lane: begin, end and what in typed arrays, row as in the list. */
function makeSpans(rows, begins, ends, show) {
	const order = rows.map((row, i) => i).sort((a, b) => begins[rows[a]] - begins[rows[b]] || a - b);
	const spans = {
		n: rows.length, begin: new Float64Array(rows.length), end: new Float64Array(rows.length),
		show: new Uint8Array(rows.length), row: new Uint32Array(rows.length),
	};

	order.forEach((from, to) => {
		const row = rows[from];

		spans.begin[to] = begins[row];
		spans.end[to] = ends[row];
		spans.show[to] = show(row);
		spans.row[to] = row;
	});
	return spans;
}

/* A list of rows of `width` values; the first two are begin, as a difference to
 * the row before, and length. */
function makeList(values, width) {
	const n = values.length / width;
	const list = { n, width, values, begin: new Float64Array(n), end: new Float64Array(n) };
	let at = 0;

	for (let i = 0; i < n; i++) {
		at += values[i * width];
		list.begin[i] = at;
		list.end[i] = at + values[i * width + 1];
	}
	return list;
}

function valueOf(list, row, column) {
	return list.values[row * list.width + column];
}

const states = makeList(trace.spans.states, 6); /* .. process state reason call */
const occupation = makeList(trace.spans.occupation, 5); /* .. vcpu mode process */
const calls = makeList(trace.spans.calls, 5); /* .. process number result */
const disks = makeList(trace.spans.disks, 7); /* .. process disk op sector sectors */
const exits = makeList(trace.spans.exits, 7); /* .. process vcpu cause address call */

/* Events have rows of their own length: where each begins is in `at`. */
const events = (function () {
	const values = trace.spans.events;
	let n = 0;

	for (let i = 0; i < values.length; i += values[i] + 1)
		n++;
	const list = {
		n, values, at: new Uint32Array(n), time: new Float64Array(n), kind: new Uint8Array(n),
		vcpu: new Uint8Array(n), process: new Int32Array(n),
	};
	let time = 0;

	for (let i = 0, row = 0; row < n; row++) {
		time += values[i + 1];
		list.at[row] = i;
		list.time[row] = time;
		list.kind[row] = values[i + 2];
		list.vcpu[row] = values[i + 3];
		list.process[row] = values[i + 4];
		i += values[i] + 1;
	}
	return list;
})();

function eventCode(row) {
	return events.values[events.at[row] + 5];
}

function eventArg(row, i) {
	const at = events.at[row];

	return 6 + i <= events.values[at] ? events.values[at + 6 + i] : 0;
}

/* Which process has a pid at that time: the latest made by then. */
const byPid = new Map();
trace.processes.forEach((process, idx) => {
	process.idx = idx;
	byPid.set(process.pid, (byPid.get(process.pid) || []).concat(process));
});

function processOfPid(pid, time) {
	const all = byPid.get(pid) || [];
	let found = all[0];

	for (const process of all)
		if (process.created_ns <= time)
			found = process;
	return found;
}

/* ---- searching ----------------------------------------------------------- */

/* The first index in [0, n) for which sorted[i] > value. */
function above(sorted, value, n = sorted.length) {
	let low = 0, high = n;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (sorted[middle] > value)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* ---- words ---------------------------------------------------------------- */

function callName(number) {
	return number < 0 ? "" : names.calls[number] || "call " + number;
}

function diskName(number) {
	return Math.floor(number / 256) === 254
		? "vd" + String.fromCharCode(97 + (number % 256 >> 4)) : "disk " + number;
}

function nameOf(idx) {
	const process = trace.processes[idx];

	return process ? (process.name || "?") + " " + process.pid : "nobody";
}

function formatNs(ns, digits = 3) {
	const size = Math.abs(ns);

	if (size >= 1e9)
		return (ns / 1e9).toFixed(digits) + " s";
	if (size >= 1e6)
		return (ns / 1e6).toFixed(digits) + " ms";
	if (size >= 1e3)
		return (ns / 1e3).toFixed(digits) + " \u00b5s";
	return ns + " ns";
}

function formatResult(result) {
	if (result === null)
		return "no return";
	if (typeof result === "string")
		return result;
	return result > 4096 ? "0x" + result.toString(16) : String(result);
}

const HEX = 1, SIGNED = 2;

function formatValue(value, how) {
	if (typeof value === "string")
		return how === SIGNED && value.startsWith("0x") ? String(BigInt.asIntN(64, BigInt(value))) : value;
	return how === HEX ? "0x" + value.toString(16) : String(value);
}

/* Of numbers that stand for something: what. */
function wordFor(kind, field, value) {
	if (kind === KIND.switch)
		return { state: names.states, reason: names.leaves }[field]?.[value];
	if (field === "dev")
		return diskName(value);
	if (field === "op")
		return names.ops[value];
	if (kind === KIND.vmmExit && field === "cause")
		return names.causes[value];
	if (kind === KIND.faultExit && field === "result")
		return names.results[value];
	return undefined;
}

/* ["code", "1"], ... : what an event carries, with the names of its fields. */
function eventFields(row) {
	const kind = names.kinds[events.kind[row]], fields = [];

	for (let i = 1; i + 2 < kind.length; i += 3) {
		const from = kind[i], value = from < 0 ? eventCode(row) : eventArg(row, from);

		if (value !== undefined && kind[i + 1] !== "unused")
			fields.push([kind[i + 1], wordFor(events.kind[row], kind[i + 1], value) ||
				formatValue(value, kind[i + 2])]);
	}
	return fields;
}

function eventName(row) {
	const kind = events.kind[row], name = names.kinds[kind][0];

	if (kind === KIND.callEntry || kind === KIND.callExit)
		return name + callName(eventCode(row));
	return name;
}

function isTrap(row) {
	const kind = events.kind[row];

	return kind === KIND.callEntry || kind === KIND.irqEntry || kind === KIND.faultEntry ||
		kind === KIND.trapEntry;
}

function isSwitch(row) {
	return events.kind[row] === KIND.switch;
}

/* Whether an event has to do with a process. */
function concerns(row, idx) {
	if (events.process[row] === idx)
		return true;
	const kind = events.kind[row];

	if (kind !== KIND.switch && kind !== KIND.wakeup && kind !== KIND.fork)
		return false;
	const pid = eventArg(row, kind === KIND.switch ? 1 : 0);
	const process = processOfPid(pid, events.time[row]);

	return process !== undefined && process.idx === idx;
}
