// The calls of a request over time: a row for each source, which opens to show what it gave.
const NICE = [1, 2, 5, 10, 20, 50, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10000, 15000, 20000, 30000, 60000];

const niceAbove = ms => NICE.find(nice => nice >= ms) ?? ms;

function ticks(domain) {
  const step = NICE.find(nice => domain / nice <= 5) ?? domain;
  return Array.from({length: Math.floor(domain / step) + 1}, (_, number) => number * step);
}

const tickTexts = (marks, x) => marks.map((ms, number) => drawn("text", {x: x(ms), y: 12, "text-anchor": number ? "middle" : "start", text: ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`}));

class Waterfall {
  // into: where it is drawn; sources: the plan's, by their names; opened: makes what a row shows once it is opened.
  constructor(into, sources, opened) {
    this.sources = sources;
    this.opened = opened;
    this.rows = new Map();
    this.spans = {};
    this.outcomes = {};
    this.critical = new Set();
    this.now = 0;
    this.domain = 0;
    this.axis = drawn("svg", {class: "axis", "aria-hidden": "true"});
    this.list = element("ol");
    into.replaceChildren(element("div", {class: "row head"}, element("span"), this.axis, element("span"), element("span")), this.list);
    for (const name of Object.keys(sources)) this.row(name);
  }

  row(name) {
    if (this.rows.has(name)) return this.rows.get(name);
    const bars = drawn("svg", {class: "bars", "aria-hidden": "true"}), took = element("span", {class: "took"}), weighs = element("span", {class: "unseen"}), state = element("span", {class: "state"});
    const button = element(this.opened ? "button" : "div", {class: "row", type: this.opened ? "button" : undefined, "aria-expanded": this.opened ? "false" : undefined},
      element("span", {class: "name", text: name, title: name}), weighs, bars, took, state);
    const item = element("li", {}, button);
    const row = {name, bars, took, weighs, state, button, item, detail: null};
    if (this.opened) button.addEventListener("click", () => this.toggle(row));
    this.list.append(item);
    this.rows.set(name, row);
    return row;
  }

  toggle(row) {
    const open = row.detail === null;
    row.detail?.remove();
    row.detail = open ? element("div", {class: "detail"}, ...this.opened(row.name)) : null;
    if (open) row.item.append(row.detail);
    row.button.setAttribute("aria-expanded", String(open));
  }

  // Order the rows as their calls began, once all is known.
  sort() {
    const began = name => this.spans[name]?.started ?? this.spans[name]?.ready ?? Infinity;
    const names = [...this.rows.keys()].sort((one, other) => began(one) - began(other));
    if (!this.list.contains(document.activeElement)) this.list.append(...names.map(name => this.rows.get(name).item));
    for (const row of this.rows.values()) if (row.detail) row.detail.replaceChildren(...this.opened(row.name));
  }

  draw(done = false) {
    const length = Math.max(this.now, 1);
    this.domain = done ? length * 1.05 : Math.max(this.domain, 100, niceAbove(length * 1.05));
    const width = this.axis.clientWidth || 500, x = ms => Math.min(ms / this.domain, 1) * (width - 12) + 2;
    this.axis.setAttribute("viewBox", `0 0 ${width} 18`);
    const marks = ticks(this.domain);
    this.axis.replaceChildren(...tickTexts(marks, x));
    for (const row of this.rows.values()) this.drawRow(row, width, x, marks, done);
  }

  drawRow(row, width, x, marks, done) {
    const {name} = row, span = this.spans[name], outcome = this.outcomes[name], source = this.sources[name];
    const kind = done && !outcome ? "given up" : kindOf(span, outcome, source);
    row.bars.setAttribute("viewBox", `0 0 ${width} 24`);
    row.bars.replaceChildren(...marks.map(ms => drawn("path", {class: "grid", d: `M${x(ms)} 0v24`})), ...barsOf(span, kind, x, this.now));
    const ended = span?.started == null ? null : (span.ended ?? this.now) - span.started;
    row.took.textContent = ended === null ? "" : spelledTime(ended);
    const words = wordsOf(kind, outcome);
    if (row.words !== words || row.kind !== kind) row.state.replaceChildren(icon(kind), element("span", {text: words}));
    Object.assign(row, {words, kind});
    const critical = this.critical.has(name);
    row.button.classList.toggle("critical", critical);
    row.weighs.textContent = critical ? ", decides how long the request takes" : "";
  }
}

// What is drawn of one call: waits, attempts one above the other where two run at once, pauses, and what it came to.
function barsOf(span, kind, x, now) {
  if (!span) return [drawn("path", {class: "m wait needs", d: `M${x(0)} 12H${x(now)}`})];
  const made = [], started = span.started ?? (span.ended ?? now), ended = span.ended ?? (span.started === null ? span.ready : now);
  if (span.ready > 0.5) made.push(drawn("path", {class: "m wait needs", d: `M${x(0)} 12H${x(span.ready)}`}));
  if (span.started !== null && span.started - span.ready > 1 && x(started) - x(span.ready) > 8) made.push(turn(x(span.ready), x(started)));
  if (span.started === null) return [...made, shape(kind, Math.max(x(span.ready), 10), 12, 6)];
  const [colour] = KINDS[kind], calls = span.items ?? span.attempts;
  if (!calls.length) {
    made.push(drawn("rect", {class: `m ${colour} open`, x: x(started), y: 9, width: Math.max(x(ended) - x(started), 1), height: 6, rx: 2}));
  } else {
    made.push(drawn("path", {class: `m line ${colour}`, d: `M${x(started)} 12H${x(ended)}`}));
    const lanes = [];
    for (const call of calls) {
      if (call.started === null) continue;
      let lane = lanes.findIndex(until => until <= call.started + .05);
      if (lane < 0) lane = lanes.push(0) - 1;
      lanes[lane] = call.ended ?? now;
      call.lane = lane;
    }
    const height = Math.max(18 / Math.max(lanes.length, 1) - (lanes.length > 1 ? 1 : 4), 1);
    for (const call of calls) if (call.started !== null) made.push(...attempt(call, height, lanes.length, x, now));
  }
  for (const event of span.events) { const mark = eventMark(event, x(event.at)); if (mark) made.push(mark); }
  if (span.ended !== null && kind !== "fresh" && kind !== "busy") made.push(shape(kind, x(ended) + (x(ended) - x(started) > 8 ? 9 : 2), 12, 6));
  return made;
}

function attempt(call, height, lanes, x, now) {
  const from = x(call.started), width = Math.max(x(call.ended ?? now) - from, 2), y = lanes > 1 ? 3 + call.lane * (18 / lanes) : 12 - height / 2;
  const kind = call.ended === null ? "busy" : call.result === "value" || call.result === "" ? "good" : call.result === "cancelled" ? "cut" : "bad";
  const bar = drawn("rect", {class: `m ${kind}`, x: from, y, width, height, rx: 2});
  if (kind !== "bad" || width < 12 || height < 6) return [bar];
  const middle = from + width / 2;
  return [bar, drawn("path", {class: "m white", d: `M${middle - 3} ${y + height / 2 - 3}l6 6m0 -6l-6 6`})];
}

function turn(from, to) {
  let d = "";
  for (let x = from; x < to - 4; x += 5) d += `M${x} 17l4 -10`;
  return drawn("path", {class: "m wait line", d});
}
