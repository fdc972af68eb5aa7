/* What is below the picture: the events around the cursor, and the tables. */

const NEAR = 100; /* events listed before and after the cursor */

function listEvents() {
	const table = $("near-table"), idx = chosenProcess();
	const at = view.event >= 0 ? view.event
		: above(events.time, view.cursor < 0 ? view.t0 : view.cursor) - 1;
	const rows = [];

	for (let row = at, n = 0; row >= 0 && n < NEAR; row--)
		if (idx < 0 || concerns(row, idx)) {
			rows.unshift(row);
			n++;
		}
	for (let row = at + 1, n = 0; row < events.n && n < NEAR; row++)
		if (idx < 0 || concerns(row, idx)) {
			rows.push(row);
			n++;
		}
	$("near-what").textContent = (idx < 0 ? "of all processes" : "of " + nameOf(idx)) +
		(view.cursor < 0 ? "" : ", around " + formatNs(view.cursor));
	table.replaceChildren();
	const head = table.createTHead().insertRow();

	for (const [title, left] of [["time", 0], ["process", 1], ["event", 1], ["", 1]]) {
		const th = document.createElement("th");

		th.textContent = title;
		th.className = left ? "text" : "";
		head.append(th);
	}
	const body = table.createTBody();
	let here = null;

	for (const row of rows) {
		const tr = body.insertRow();

		tr.className = "go" + (row === at && view.cursor >= 0 ? " here" : "");
		tr.addEventListener("click", () => goTo(events.time[row], row));
		cell(tr, formatNs(events.time[row]));
		cell(tr, events.process[row] < 0 ? "" : nameOf(events.process[row]), "text");
		cell(tr, eventName(row), "text");
		cell(tr, eventFields(row).map(([name, value]) => name + "=" + value).join("  "), "wide");
		if (row === at && view.cursor >= 0)
			here = tr;
	}
	const box = table.parentElement;

	box.scrollTop = here ? here.offsetTop - box.clientHeight / 2 : 0;
}

/* ---- tables ------------------------------------------------------------------- */

const ms = ns => (ns === undefined ? "\u2013" : (ns / 1e6).toFixed(3));
const us = ns => (ns / 1e3).toFixed(2);
const percent = (part, whole) => (whole ? (100 * part / whole).toFixed(1) + " %" : "\u2013");
const length = trace.end_ns - trace.begin_ns;

/* A stacked bar of [part, colour]s of whole. */
function bar(parts, whole) {
	const box = document.createElement("span");

	box.className = "bar";
	for (const [part, colour] of parts) {
		const piece = document.createElement("i");

		piece.style.width = (whole ? 100 * part / whole : 0) + "%";
		piece.style.background = "var(--" + colour + ")";
		box.append(piece);
	}
	return box;
}

/* columns: {title, text: left-aligned, value(row): to sort by, show(row)}. */
function makeTable(title, columns, rows, onRow) {
	const section = document.createElement("section"), table = document.createElement("table");
	const box = document.createElement("div"), heading = document.createElement("h2");
	let sorted = -1, up = false;

	if (!rows.length)
		return;
	heading.textContent = title;
	box.className = "scroll";
	box.append(table);
	section.append(heading, box);

	const head = table.createTHead().insertRow(), body = table.createTBody();

	function fill() {
		body.replaceChildren();
		for (const row of rows) {
			const tr = body.insertRow();

			for (const column of columns) {
				const shown = (column.show || column.value)(row);
				const td = cell(tr, "", column.text ? "text" : "");

				td.append(shown);
			}
			if (onRow) {
				tr.className = "go";
				tr.addEventListener("click", () => onRow(row));
			}
		}
	}
	function sortBy(i) {
		const value = columns[i].value;
		const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : (a ?? -1) - (b ?? -1));

		up = sorted === i ? !up : Boolean(columns[i].text);
		sorted = i;
		rows = rows.slice().sort((a, b) => (up ? 1 : -1) * compare(value(a), value(b)));
		[...head.cells].forEach((th, j) => th.setAttribute("aria-sort",
			j === i ? (up ? "ascending" : "descending") : "none"));
		fill();
	}
	columns.forEach((column, i) => {
		const th = document.createElement("th"), button = document.createElement("button");

		button.textContent = column.title;
		button.addEventListener("click", () => sortBy(i));
		th.className = column.text ? "text" : "";
		th.append(button);
		head.append(th);
	});
	fill();
	$("tables").append(section);
}

function time(title, key) {
	return { title, value: row => row[key], show: row => ms(row[key]) };
}

function plain(title, key, text) {
	return { title, text, value: row => row[key], show: row => String(row[key] ?? "") };
}

const of = (key, how) => row => how(row.time[key]);

makeTable("Processes, times in ms", [
	plain("pid", "pid"), plain("program", "name", true), plain("status", "status", true),
	{ title: "turnaround", text: true, value: row => row.turnaround_ns ?? 0, show: row => bar([
		[row.user_ns, "user"], [row.kernel_ns, "kernel"], [row.vmm_ns, "vmm"],
		[row.ready_ns, "ready"], [row.blocked_ns, "blocked"], [row.stopped_ns, "stopped"]],
		row.running_ns + row.ready_ns + row.blocked_ns + row.stopped_ns) },
	time("user", "user_ns"), time("kernel", "kernel_ns"), time("VMM", "vmm_ns"),
	time("ready", "ready_ns"), time("blocked", "blocked_ns"), time("response", "response_ns"),
	time("turnaround", "turnaround_ns"),
	plain("turns", "turns"), plain("preempted", "preempted"), plain("calls", "syscalls"),
	plain("faults", "faults"), plain("signals", "signals"), plain("exits", "exits"),
], trace.processes, row => {
	chooseLane(lanes.findIndex(lane => lane.process === row.idx));
	goTo(row.first_run_ns ?? row.created_ns);
	$("lanes").scrollIntoView({ block: "nearest" });
});

makeTable("vCPUs, times in ms", [
	plain("vCPU", "vcpu"),
	{ title: "", text: true, value: row => row.user_ns, show: row => bar([
		[row.user_ns, "user"], [row.kernel_ns, "kernel"], [row.vmm_ns, "vmm"]], length) },
	time("user", "user_ns"), time("kernel", "kernel_ns"), time("VMM", "vmm_ns"), time("idle", "idle_ns"),
	{ title: "utilisation", value: row => length - row.idle_ns, show: row => percent(length - row.idle_ns, length) },
], trace.vcpus);

makeTable("System calls, and where their time went", [
	plain("call", "name", true),
	{ title: "count", value: row => row.time.count, show: of("count", String) },
	plain("errors", "errors"),
	{ title: "", text: true, value: row => row.blocked_ns, show: row => bar([
		[Math.max(0, row.time.total_ns - row.blocked_ns - row.ready_ns - row.vmm_ns), "kernel"],
		[row.vmm_ns, "vmm"], [row.ready_ns, "ready"], [row.blocked_ns, "blocked"]], row.time.total_ns) },
	{ title: "total ms", value: row => row.time.total_ns, show: of("total_ns", ms) },
	{ title: "mean \u00b5s", value: row => row.time.mean_ns, show: of("mean_ns", us) },
	{ title: "p50 \u00b5s", value: row => row.time.p50_ns, show: of("p50_ns", us) },
	{ title: "p99 \u00b5s", value: row => row.time.p99_ns, show: of("p99_ns", us) },
	{ title: "max \u00b5s", value: row => row.time.max_ns, show: of("max_ns", us) },
], trace.syscalls, row => {
	$("search").value = row.name;
	search();
	nextFound(1);
	$("lanes").scrollIntoView({ block: "nearest" });
});

makeTable("Latencies, in \u00b5s", [
	plain("what", "what", true), plain("count", "count"),
	...[["min", "min_ns"], ["mean", "mean_ns"], ["p50", "p50_ns"], ["p99", "p99_ns"], ["max", "max_ns"]]
		.map(([title, key]) => ({ title, value: row => row[key], show: row => us(row[key]) })),
], Object.entries(trace.latencies).filter(([, counter]) => counter.count).map(([key, counter]) => ({
	what: { wakeup_to_cpu: "wake-up to CPU", ready_to_cpu: "next turn after preemption or yield" }[key] ||
		key + ", request to completion", ...counter,
})));

makeTable("Exits to the VMM, by cause, process and system call", [
	{ title: "process", text: true, value: row => (row.process === undefined ? "" : nameOf(row.process)) },
	plain("cause", "cause", true), plain("system call", "syscall", true),
	{ title: "count", value: row => row.time.count, show: of("count", String) },
	{ title: "total ms", value: row => row.time.total_ns, show: of("total_ns", ms) },
	{ title: "mean \u00b5s", value: row => row.time.mean_ns, show: of("mean_ns", us) },
	{ title: "p99 \u00b5s", value: row => row.time.p99_ns, show: of("p99_ns", us) },
], trace.exits);

/* ---- around it ------------------------------------------------------------------- */

(function () {
	const entries = [["user", "U", "running, user mode"], ["kernel", "K", "running, in the kernel"],
		["vmm", "V", "away in the VMM"], ["ready", "r", "ready"], ["blocked", "B", "blocked"], ["stopped", "S", "stopped"],
		["call-a", "", "system call (strip below)"]];

	for (const [colour, letter, text] of entries) {
		const entry = document.createElement("span"), key = document.createElement("i");

		key.style.background = "var(--" + colour + ")";
		key.textContent = letter || "\u00a0";
		key.style.color = colour === "blocked" ? "var(--on-blocked)" : "";
		entry.append(key, text);
		$("legend").append(entry);
	}
	document.title = trace.command + " \u2013 lde timeline";
	$("command").textContent = trace.command;
	$("facts").textContent = formatNs(length) + ", " + trace.events.toLocaleString("en") + " events, " +
		trace.processes.length + (trace.processes.length === 1 ? " process" : " processes") +
		(trace.complete ? "" : "; the trace ends before the run did") +
		(trace.classes.length === 8 ? "" : "; recorded: " + trace.classes.join(", "));
	if (trace.nr_violations) {
		$("violations").hidden = false;
		for (const violation of trace.violations) {
			const line = document.createElement("p");

			line.textContent = "Cannot be, at " + formatNs(violation.ns) + ": " + violation.text;
			$("violations").append(line);
		}
	}
	readColours();
	paint();
	listEvents();
	window.ready = true;
})();
