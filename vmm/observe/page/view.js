/* The picture: which stretch is shown, how it is drawn, and what moves it. */

const $ = id => document.getElementById(id);
const view = {
	begin: trace.begin_ns, end: Math.max(trace.end_ns, trace.begin_ns + 1),
	t0: 0, t1: 1, width: 0, labels: 150, cursor: -1, lane: -1, hover: null, printing: false,
	found: null, event: -1,
};
view.t0 = view.begin;
view.t1 = view.end;

const MIN_SPAN = 20; /* ns over the whole width */
const colours = {};

function readColours() {
	const style = getComputedStyle(document.documentElement);

	for (const name of ["ground", "panel", "text", "dim", "line", "accent", "select", "found", "user",
		"kernel", "vmm", "ready", "blocked", "disk", "stopped", "call-a", "call-b", "on-colour", "on-blocked", "grid"])
		colours[name] = style.getPropertyValue("--" + name).trim();
	colours.show = ["user", "kernel", "vmm", "ready", "blocked", "disk", "stopped"].map(name => colours[name]);
}

function scale() {
	return (view.width - view.labels) / (view.t1 - view.t0);
}

function xOf(time) {
	return view.labels + (time - view.t0) * scale();
}

function timeOf(x) {
	return view.t0 + (x - view.labels) / scale();
}

/* Makes a canvas as large as it looks, in pixels of the screen. */
function fitCanvas(canvas, width, height) {
	const ratio = window.devicePixelRatio || 1;
	const context = canvas.getContext("2d");

	if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
		canvas.width = Math.round(width * ratio);
		canvas.height = Math.round(height * ratio);
		canvas.style.width = width + "px";
		canvas.style.height = height + "px";
	}
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.clearRect(0, 0, width, height);
	context.font = "12px system-ui, sans-serif";
	context.textBaseline = "middle";
	return context;
}

/* ---- drawing ---------------------------------------------------------------- */

/* Spans narrower than a pixel share its column: it gets the colour of the one
 * with most of it, paler if much of it is empty. Neighbours that are alike are
 * drawn at once. */
function paintSpans(context, spans, y, height, colourOf, label) {
	const left = view.labels, right = view.width, k = scale();
	const weights = new Float64Array(8);
	let column = -1, runBegin = -1, runEnd = -1, runShow = -1, runPart = 0;

	function endRun() {
		if (runShow >= 0) {
			context.globalAlpha = runPart / 5;
			context.fillStyle = colourOf(runShow, -1);
			context.fillRect(runBegin, y, runEnd - runBegin, height);
			context.globalAlpha = 1;
		}
		runShow = -1;
	}
	function endColumn() {
		let best = 0, sum = 0;

		if (column < 0)
			return;
		for (let i = 0; i < weights.length; i++) {
			sum += weights[i];
			if (weights[i] > weights[best])
				best = i;
		}
		weights.fill(0);
		const part = Math.min(5, 2 + Math.round(3.4 * sum));

		if (best !== runShow || column !== runEnd || part !== runPart) {
			endRun();
			runShow = best;
			runBegin = column;
			runPart = part;
		}
		runEnd = column + 1;
		column = -1;
	}

	let i = Math.max(0, above(spans.begin, view.t0, spans.n) - 1);

	for (; i < spans.n && spans.begin[i] < view.t1; i++) {
		const a = Math.max(left, left + (spans.begin[i] - view.t0) * k);
		const b = Math.min(right, left + (spans.end[i] - view.t0) * k);

		if (b < left || spans.end[i] < view.t0)
			continue;
		if (b - a >= 1.5) {
			endColumn();
			endRun();
			context.fillStyle = colourOf(spans.show[i], i);
			context.fillRect(a, y, b - a, height);
			if (label && b - a > 34)
				paintLabel(context, label(i), a, y, b - a, height, spans.show[i]);
		} else {
			const at = Math.min(Math.floor(a), right - 1);

			if (at !== column) {
				endColumn();
				column = at;
			}
			weights[spans.show[i]] += Math.max(b - a, 1e-6);
		}
	}
	endColumn();
	endRun();
}

const widths = new Map();

function paintLabel(context, text, x, y, width, height, shown) {
	if (!text)
		return;
	if (!widths.has(text)) {
		if (widths.size > 5000)
			widths.clear();
		widths.set(text, context.measureText(text).width);
	}
	if (widths.get(text) > width - 8)
		return;
	context.fillStyle = colours[shown === SHOW.blocked ? "on-blocked" : "on-colour"];
	context.fillText(text, x + 4, y + height / 2 + 1);
}

function spanLabel(lane) {
	return i => {
		const row = lane.spans.row[i];

		if (lane.kind === "vcpu") {
			const idx = valueOf(occupation, row, 4);

			return idx < 0 ? names.modes[valueOf(occupation, row, 3)] : nameOf(idx);
		}
		if (lane.kind === "vmm")
			return names.causes[valueOf(exits, row, 4)];
		if (lane.kind === "disk")
			return names.ops[valueOf(disks, row, 4)];
		if (row & OTHER)
			return names.modes[valueOf(occupation, row & ~OTHER, 3)];
		const call = valueOf(states, row, 5);

		if (lane.spans.show[i] !== SHOW.blocked)
			return lane.spans.show[i] === SHOW.ready ? "ready" : "stopped";
		return call >= 0 ? "blocked: " + callName(call) : "blocked";
	};
}

function isFoundLane(lane) {
	return view.found && lane.kind === "process" && view.found.processes.has(lane.process);
}

/* System calls below the states; what was searched for stands out. */
function paintCalls(context, lane, y) {
	const found = view.found && view.found.calls;
	const hit = i => i >= 0 && found && found.has(valueOf(calls, lane.calls.row[i], 3)) &&
		(!view.found.named || isFoundLane(lane));

	paintSpans(context, lane.calls, y + 19, 6,
		(show, i) => (hit(i) ? colours.found : i & 1 ? colours["call-a"] : colours["call-b"]));
}

function shorten(context, text, width) {
	if (context.measureText(text).width <= width)
		return text;
	while (text.length > 1 && context.measureText(text + "\u2026").width > width)
		text = text.slice(0, -1);
	return text + "\u2026";
}

function paintLane(context, lane, index, y) {
	if (index === view.lane) {
		context.fillStyle = colours.select;
		context.fillRect(0, y, view.width, lane.height);
	}
	context.fillStyle = colours.line;
	context.fillRect(0, y + lane.height - 1, view.width, 1);
	if (lane.kind === "process") {
		paintSpans(context, lane.spans, y + 3, 15, show => colours.show[show], spanLabel(lane));
		paintCalls(context, lane, y);
	} else if (lane.levels && lane.levels.length > 1) {
		lane.levels.forEach((level, i) =>
			paintSpans(context, level, y + 3 + 7 * i, 6, show => colours.show[show]));
	} else {
		paintSpans(context, lane.spans, y + 3, lane.height - 7, show => colours.show[show],
			spanLabel(lane));
	}
	context.fillStyle = isFoundLane(lane) ? colours.found : colours.text;
	context.font = (isFoundLane(lane) || index === view.lane ? "600 " : "") + "12.5px system-ui, sans-serif";
	context.fillText(shorten(context, lane.label, view.labels - 16), 8, y + lane.height / 2);
	context.font = "12px system-ui, sans-serif";
}

/* 1, 2 or 5 times a power of ten, so that marks are at least 90 pixels apart. */
function markStep() {
	const least = 90 / scale();
	const power = Math.pow(10, Math.floor(Math.log10(least)));

	return [1, 2, 5, 10].map(k => k * power).find(step => step >= least) || 10 * power;
}

function eachMark(paint) {
	const step = Math.max(1, markStep());

	for (let t = Math.ceil(view.t0 / step) * step; t <= view.t1; t += step)
		paint(t, xOf(t), step);
}

function formatMark(time, step) {
	const digits = unit => Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));

	if (view.t1 >= 1e9)
		return (time / 1e9).toFixed(Math.min(9, digits(1e9))) + " s";
	if (view.t1 >= 1e6)
		return (time / 1e6).toFixed(Math.min(6, digits(1e6))) + " ms";
	return (time / 1e3).toFixed(Math.min(3, digits(1e3))) + " \u00b5s";
}

function paintAxis() {
	const context = fitCanvas($("axis"), view.width, 24);

	context.fillStyle = colours.dim;
	context.fillText(formatNs(view.t1 - view.t0, 2), 8, 12);
	context.save();
	context.beginPath();
	context.rect(view.labels, 0, view.width, 24);
	context.clip();
	eachMark((time, x, step) => {
		context.fillStyle = colours.line;
		context.fillRect(x, 14, 1, 10);
		context.fillStyle = colours.dim;
		context.fillText(formatMark(time, step), x + 4, 11);
	});
	context.restore();
}

/* How busy the vCPUs were, and which stretch is shown. */
const busy = (function () {
	const columns = new Float64Array(400), length = view.end - view.begin;
	const per = length / columns.length;
	let nr = 0;

	for (const lane of lanes.filter(each => each.kind === "vcpu")) {
		nr++;
		for (let i = 0; i < lane.spans.n; i++)
			for (let t = lane.spans.begin[i]; t < lane.spans.end[i];) {
				const c = Math.min(columns.length - 1, Math.floor((t - view.begin) / per));
				const until = Math.min(lane.spans.end[i],
					Math.max(t + per * 1e-6, view.begin + (c + 1) * per));

				columns[c] += until - t;
				t = until;
			}
	}
	return columns.map(sum => Math.min(1, sum / (per * Math.max(1, nr))));
})();

function paintOverview() {
	const canvas = $("overview"), context = fitCanvas(canvas, view.width, 32);
	const x = time => (time - view.begin) / (view.end - view.begin) * view.width;

	canvas.style.width = "100%";
	context.fillStyle = colours.user;
	context.globalAlpha = 0.55;
	for (let left = 0; left < view.width; left++) {
		const part = busy[Math.min(busy.length - 1, Math.floor(left * busy.length / view.width))];

		context.fillRect(left, 32 - 30 * part, 1, 30 * part);
	}
	context.globalAlpha = 1;
	context.fillStyle = colours.select;
	context.fillRect(x(view.t0), 0, Math.max(2, x(view.t1) - x(view.t0)), 32);
	context.strokeStyle = colours.accent;
	context.strokeRect(x(view.t0) + 0.5, 0.5, Math.max(2, x(view.t1) - x(view.t0) - 1), 31);
}

function paintCursor(context, height) {
	if (view.cursor < view.t0 || view.cursor > view.t1)
		return;
	context.fillStyle = colours.accent;
	context.fillRect(Math.round(xOf(view.cursor)), 0, 1, height);
}

function visibleHeight() {
	return view.printing ? lanes.height : Math.max(1, $("lanes").clientHeight);
}

function paintLanes() {
	const top = view.printing ? 0 : $("lanes").scrollTop;
	const height = Math.min(visibleHeight(), lanes.height);
	const context = fitCanvas($("canvas"), view.width, height);

	eachMark((time, x) => {
		context.fillStyle = colours.grid;
		if (x >= view.labels)
			context.fillRect(x, 0, 1, height);
	});
	lanes.forEach((lane, index) => {
		if (lane.y + lane.height > top && lane.y < top + height)
			paintLane(context, lane, index, lane.y - top);
	});
	context.fillStyle = colours.line;
	context.fillRect(view.labels - 1, 0, 1, height);
	paintCursor(context, height);
	if (view.mark) {
		context.fillStyle = colours.select;
		context.fillRect(Math.min(...view.mark), 0, Math.abs(view.mark[1] - view.mark[0]), height);
	}
}

function paint() {
	view.pending = false;
	view.width = Math.max(200, $("lanes").clientWidth);
	view.labels = view.width < 640 ? 84 : 150;
	$("lanes-height").style.height = lanes.height + "px";
	paintOverview();
	paintAxis();
	paintLanes();
}

function repaint() {
	if (!view.pending) {
		view.pending = true;
		requestAnimationFrame(paint);
	}
}

/* ---- moving ------------------------------------------------------------------- */

function show(t0, t1) {
	const length = Math.min(Math.max(t1 - t0, MIN_SPAN), view.end - view.begin);

	t0 = Math.min(Math.max(t0, view.begin), view.end - length);
	view.t0 = t0;
	view.t1 = t0 + length;
	hideTip();
	repaint();
}

function zoom(factor, at = (view.t0 + view.t1) / 2) {
	show(at - (at - view.t0) * factor, at + (view.t1 - at) * factor);
}

function pan(part) {
	const by = (view.t1 - view.t0) * part;

	show(view.t0 + by, view.t1 + by);
}

/* Moves the cursor there, and what is shown if it is not in it. */
function goTo(time, row = -1) {
	const length = view.t1 - view.t0;

	view.cursor = time;
	view.event = row;
	if (time < view.t0 + length * 0.05 || time > view.t1 - length * 0.05)
		show(time - length / 2, time + length / 2);
	repaint();
	listEvents();
}

function chooseLane(index) {
	view.lane = index;
	if (index >= 0) {
		const lane = lanes[index], box = $("lanes");

		if (lane.y < box.scrollTop)
			box.scrollTop = lane.y;
		else if (lane.y + lane.height > box.scrollTop + box.clientHeight)
			box.scrollTop = lane.y + lane.height - box.clientHeight;
	}
	repaint();
	listEvents();
}

function chosenProcess() {
	const lane = lanes[view.lane];

	return lane && lane.kind === "process" ? lane.process : -1;
}

/* The next or previous event that is wanted, from the cursor on. */
function jump(direction, wanted) {
	const idx = chosenProcess();
	const from = view.event >= 0 ? view.event
		: above(events.time, view.cursor < 0 ? view.t0 : view.cursor) - (direction > 0 ? 1 : 0);

	for (let row = from + direction; row >= 0 && row < events.n; row += direction)
		if (wanted(row) && (idx < 0 || concerns(row, idx)))
			return goTo(events.time[row], row);
	say("none " + (direction > 0 ? "after" : "before") + " this");
	return undefined;
}

/* ---- search ---------------------------------------------------------------------- */

function say(text) {
	$("found").textContent = text;
}

/* Each word is part of a process's name, its number, or part of a call's name. */
function search() {
	const words = $("search").value.toLowerCase().split(/\s+/).filter(word => word);
	const found = { processes: new Set(), calls: null, named: false };

	view.found = null;
	say("");
	if (words.length) {
		for (const word of words) {
			const hits = trace.processes.filter(process =>
				process.name.toLowerCase().includes(word) || String(process.pid) === word);
			const numbers = names.calls.flatMap((name, number) =>
				(!name.startsWith("call ") && name.includes(word) ? [number] : []));
			const used = new Set(numbers.filter(number => callsUsed.has(number)));

			if (hits.length && !(used.size && found.named)) {
				found.named = true;
				hits.forEach(process => found.processes.add(process.idx));
			}
			if (used.size)
				found.calls = used;
		}
		view.found = found.named || found.calls ? found : null;
		say(view.found ? countFound() : "nothing");
	}
	repaint();
}

const callsUsed = new Set();
for (let row = 0; row < calls.n; row++)
	callsUsed.add(valueOf(calls, row, 3));

/* Of a process alone, its turns; of a call, every time it is made. */
function isFound(row) {
	const found = view.found;

	if (!found)
		return false;
	if (found.calls)
		return events.kind[row] === KIND.callEntry && found.calls.has(eventCode(row)) &&
			(!found.named || found.processes.has(events.process[row]));
	if (events.kind[row] !== KIND.switch)
		return false;
	const next = processOfPid(eventArg(row, 1), events.time[row]);

	return next !== undefined && found.processes.has(next.idx);
}

function countFound() {
	let n = 0;

	for (let row = 0; row < events.n; row++)
		n += isFound(row) ? 1 : 0;
	return n + (view.found.calls ? " call" : " turn") + (n === 1 ? "" : "s");
}

function nextFound(direction) {
	if (!view.found)
		return;
	const lane = view.lane;

	view.lane = -1;
	jump(direction, isFound);
	view.lane = lane;
	if (view.event >= 0) {
		const wanted = isSwitch(view.event)
			? processOfPid(eventArg(view.event, 1), events.time[view.event]).idx
			: events.process[view.event];

		chooseLane(lanes.findIndex(each => each.process === wanted));
	}
}

/* ---- the tip ------------------------------------------------------------------------ */

function hideTip() {
	$("tip").hidden = true;
}

function cell(row, text, className) {
	const td = row.insertCell();

	td.textContent = text;
	if (className)
		td.className = className;
	return td;
}

function fillTip(title, facts) {
	const tip = $("tip"), table = document.createElement("table");
	const head = document.createElement("b");

	head.textContent = title;
	for (const [name, value] of facts) {
		const row = table.insertRow();

		cell(row, name);
		cell(row, value);
	}
	tip.replaceChildren(head, table);
}

function placeTip(x, y) {
	const tip = $("tip");

	tip.hidden = false;
	const box = tip.getBoundingClientRect();

	tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 6)) + "px";
	tip.style.top = (y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18) + "px";
}

function laneAt(y) {
	return lanes.findIndex(lane => y >= lane.y && y < lane.y + lane.height);
}

function showTip(event) {
	const box = $("canvas").getBoundingClientRect();
	const x = event.clientX - box.left, y = event.clientY - box.top + $("lanes").scrollTop;
	const lane = lanes[laneAt(y)], slack = 2 / scale();

	if (!lane || x < view.labels)
		return hideTip();
	const time = timeOf(x), at = describeAt(lane, time, slack), near = eventNear(lane, time, 4 / scale());

	if (!at && near < 0)
		return hideTip();
	const facts = at ? at.facts.slice() : [["at", formatNs(events.time[near])]];

	if (near >= 0) {
		facts.push(["event", eventName(near) + " at " + formatNs(events.time[near])]);
		facts.push(...eventFields(near));
	}
	fillTip(at ? at.title : lane.label, facts);
	placeTip(event.clientX, event.clientY);
	return undefined;
}

/* ---- pointers and keys --------------------------------------------------------------- */

const fingers = new Map();
let drag = null;

function startDrag(event) {
	if (event.button)
		return;
	fingers.set(event.pointerId, event.clientX);
	drag = { x: event.clientX, y: event.clientY, t0: view.t0, t1: view.t1, moved: false, marking: event.shiftKey };
	$("canvas").setPointerCapture(event.pointerId);
}

function pinch() {
	const [a, b] = [...fingers.values()];
	const width = Math.max(10, Math.abs(a - b));

	if (drag.width)
		zoom(drag.width / width, timeOf((a + b) / 2 - $("canvas").getBoundingClientRect().left));
	drag.width = width;
	drag.moved = true;
}

function moveDrag(event) {
	const left = $("canvas").getBoundingClientRect().left;

	fingers.set(event.pointerId, event.clientX);
	if (fingers.size === 2)
		return pinch();
	if (Math.abs(event.clientX - drag.x) > 3)
		drag.moved = true;
	if (!drag.moved)
		return undefined;
	if (drag.marking) {
		view.mark = [drag.x - left, event.clientX - left];
		return repaint();
	}
	$("canvas").classList.add("moving");
	const by = (drag.x - event.clientX) / scale();

	return show(drag.t0 + by, drag.t1 + by);
}

function endDrag(event) {
	const box = $("canvas").getBoundingClientRect();
	const was = drag;

	fingers.delete(event.pointerId);
	if (!was || fingers.size)
		return;
	drag = null;
	$("canvas").classList.remove("moving");
	if (view.mark) {
		const [a, b] = view.mark.map(timeOf);

		view.mark = null;
		show(Math.min(a, b), Math.max(a, b));
	} else if (!was.moved && event.type === "pointerup") {
		const x = event.clientX - box.left;

		chooseLane(laneAt(event.clientY - box.top + $("lanes").scrollTop));
		if (x >= view.labels)
			goTo(timeOf(x));
	}
}

function wheel(event) {
	if (event.ctrlKey || event.metaKey) {
		event.preventDefault();
		zoom(Math.exp(event.deltaY * 0.004), timeOf(event.clientX - $("canvas").getBoundingClientRect().left));
	} else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
		event.preventDefault();
		pan((event.deltaX || event.deltaY) / view.width);
	}
}

function letGo() {
	$("search").value = "";
	view.cursor = -1;
	view.event = -1;
	search();
	chooseLane(-1);
	hideTip();
}

const keys = {
	ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15),
	ArrowUp: () => chooseLane(Math.max(0, view.lane - 1)),
	ArrowDown: () => chooseLane(Math.min(lanes.length - 1, view.lane + 1)),
	"+": () => zoom(0.6, zoomPoint()), "=": () => zoom(0.6, zoomPoint()), "-": () => zoom(1 / 0.6, zoomPoint()),
	0: () => show(view.begin, view.end), Home: () => show(view.begin, view.begin + view.t1 - view.t0),
	End: () => show(view.end - (view.t1 - view.t0), view.end),
	n: () => jump(1, isTrap), p: () => jump(-1, isTrap),
	s: () => jump(1, isSwitch), a: () => jump(-1, isSwitch),
	"/": () => $("search").focus(), "?": () => toggleKeys(), Escape: letGo,
};

function zoomPoint() {
	return view.cursor >= view.t0 && view.cursor <= view.t1 ? view.cursor : (view.t0 + view.t1) / 2;
}

function toggleKeys() {
	$("keys").hidden = !$("keys").hidden;
	$("keys-button").setAttribute("aria-expanded", String(!$("keys").hidden));
}

function pressKey(event) {
	const inText = event.target instanceof HTMLInputElement;

	if (event.ctrlKey || event.metaKey || event.altKey)
		return;
	if (inText && event.key === "Enter") {
		nextFound(event.shiftKey ? -1 : 1);
		event.preventDefault();
	} else if (inText ? event.key === "Escape" : keys[event.key]) {
		/* Arrows move the page too, unless the timeline has the focus. */
		if (event.key.startsWith("Arrow") && event.target !== $("lanes"))
			return;
		keys[event.key]();
		if (event.key === "Escape")
			$("lanes").focus({ preventScroll: true });
		event.preventDefault();
	}
}

function overviewGo(event) {
	const box = $("overview").getBoundingClientRect(), length = view.t1 - view.t0;
	const time = view.begin + (event.clientX - box.left) / box.width * (view.end - view.begin);

	if (event.buttons & 1)
		show(time - length / 2, time + length / 2);
}

function setPrinting(printing) {
	view.printing = printing;
	readColours();
	paint();
}

(function () {
	const canvas = $("canvas");

	canvas.addEventListener("pointerdown", startDrag);
	canvas.addEventListener("pointermove", event => (drag ? moveDrag(event) : showTip(event)));
	canvas.addEventListener("pointerup", endDrag);
	canvas.addEventListener("pointercancel", endDrag);
	canvas.addEventListener("pointerleave", hideTip);
	$("lanes").addEventListener("wheel", wheel, { passive: false });
	$("lanes").addEventListener("scroll", () => { hideTip(); repaint(); });
	$("overview").addEventListener("pointerdown", event => {
		$("overview").setPointerCapture(event.pointerId);
		overviewGo(event);
	});
	$("overview").addEventListener("pointermove", overviewGo);
	document.addEventListener("keydown", pressKey);
	$("search").addEventListener("input", search);
	$("zoom-in").addEventListener("click", () => keys["+"]());
	$("zoom-out").addEventListener("click", () => keys["-"]());
	$("zoom-fit").addEventListener("click", () => keys[0]());
	$("next-trap").addEventListener("click", () => keys.n());
	$("prev-trap").addEventListener("click", () => keys.p());
	$("next-switch").addEventListener("click", () => keys.s());
	$("prev-switch").addEventListener("click", () => keys.a());
	$("keys-button").addEventListener("click", toggleKeys);
	addEventListener("resize", repaint);
	addEventListener("beforeprint", () => setPrinting(true));
	addEventListener("afterprint", () => setPrinting(false));
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); repaint(); });
})();
