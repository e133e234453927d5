// The plan of an endpoint as a graph: what waits for what, in columns, or in rows where there is little room.
function levelsOf(sources) {
  const level = {};
  const find = (name, inside = []) => level[name] ??= inside.includes(name) ? 0
    : Math.max(-1, ...(sources[name]?.needs ?? []).map(need => find(need, [...inside, name]))) + 1;
  for (const name of Object.keys(sources)) find(name);
  const levels = [];
  for (const [name, number] of Object.entries(level)) (levels[number] ??= []).push(name);
  return levels;
}

class Graph {
  constructor(into, endpoint) {
    this.into = into;
    this.endpoint = endpoint;
    this.sources = Object.fromEntries(endpoint.sources.map(source => [source.name, source]));
    this.kinds = {};
    this.critical = new Set();
    into.setAttribute("aria-label", `Plan of ${endpoint.name}: ` + endpoint.sources.map(({name, needs}) =>
      needs.length ? `${name} waits for ${needs.join(" and ")}` : `${name} starts at once`).join("; "));
    this.draw();
  }

  // Places of the boxes by their names, [x, y, where a line to it turns down, where one from it does], and the whole's size.
  placed() {
    const levels = levelsOf(this.sources), room = this.into.clientWidth || 600, high = 46, gap = 12;
    const down = room < 520;
    const most = Math.max(...levels.map(level => level.length));
    const wide = down ? Math.max(100, Math.min(170, (room - gap * (most - 1)) / most)) : Math.max(120, Math.min(190, (room - 48 * (levels.length - 1)) / levels.length));
    const places = {};
    if (down) { // beside each column of boxes is a gap, for the lines to and from all rows of a level but its outer ones
      const columns = Math.max(1, Math.floor((room - gap) / (wide + gap)));
      let y = 2;
      for (const level of levels) {
        const rows = Math.ceil(level.length / columns), end = y + rows * (high + gap) - gap;
        level.forEach((name, number) => {
          const row = Math.floor(number / columns);
          places[name] = [gap + (number % columns) * (wide + gap), y + row * (high + gap), row > 0 && y - 6, row < rows - 1 && end + 6];
        });
        y = end + gap + 22;
      }
      return {places, wide, high, down, width: room - 4, height: y - 30};
    }
    levels.forEach((level, column) => level.forEach((name, number) => {
      places[name] = [2 + column * (wide + 48), 2 + number * (high + gap) + (most - level.length) * (high + gap) / 2];
    }));
    return {places, wide, high, down, width: levels.length * (wide + 48) - 44, height: most * (high + gap) - gap + 4};
  }

  draw() {
    const {places, wide, high, down, width, height} = this.placed();
    const edges = [], boxes = [];
    for (const {name, needs, kind, asks, in_body: listed, required} of this.endpoint.sources) {
      const [x, y, before] = places[name];
      for (const need of needs) {
        const [fromX, fromY, , after] = places[need] ?? [0, 0];
        const hot = this.critical.has(name) && this.critical.has(need);
        const outX = after ? fromX + wide + 6 : fromX + wide / 2, outY = after || fromY + high, inX = before ? x - 6 : x + wide / 2, inY = before || y;
        const d = down ? (after ? `M${fromX + wide} ${fromY + high / 2}H${outX}V${outY}` : `M${outX} ${outY}`)
          + `C${outX} ${inY - 4} ${inX} ${outY + 4} ${inX} ${inY}` + (before ? `V${y + high / 2}H${x}` : "")
          : `M${fromX + wide} ${fromY + high / 2}C${fromX + wide + 28} ${fromY + high / 2} ${x - 28} ${y + high / 2} ${x} ${y + high / 2}`;
        edges.push(drawn("path", {class: `edge ${hot ? "critical" : ""}`, d}));
      }
      const known = this.kinds[name], letters = Math.floor((wide - 34) / 7.9);
      const said = [listed ? (required ? "required" : "") : "not in the answer", MADE_HERE.has(kind) ? "made here" : asks.replace(/https?:../, "").replace(/\*\*\*(:\d+)?/, "")].filter(Boolean).join(" · ");
      const cut = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;
      boxes.push(drawn("g", {class: `${known ? KINDS[known][0] : ""} ${listed ? "" : "out"} ${this.critical.has(name) ? "critical" : ""}`},
        drawn("title", {text: `${name}: ${said}`}), drawn("rect", {x, y, width: wide, height: high, rx: 7}),
        drawn("text", {x: x + 10, y: y + 19, text: cut(name, letters)}), drawn("text", {class: "sub", x: x + 10, y: y + 36, text: cut(said, Math.floor((wide - 16) / 6.7))}),
        ...(known ? [shape(known, x + wide - 15, y + 15, 5)] : [])));
    }
    this.into.replaceChildren(drawn("svg", {width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true"}, ...edges, ...boxes));
  }

  mark(kinds, critical = new Set()) {
    const same = critical.size === this.critical.size && Object.entries(kinds).every(([name, kind]) => this.kinds[name] === kind);
    if (same) return;
    this.kinds = kinds;
    this.critical = critical;
    this.draw();
  }
}
