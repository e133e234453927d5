// How what happens to a call is drawn: each by its colour, and by its shape, so that either is enough.
const KINDS = {
  fresh: ["good", "check", "answered"], cache: ["cache", "diamond", "from the cache"], stale: ["warn", "diamond", "stale"],
  fallback: ["warn", "down", "fallback"], partial: ["warn", "half", "partial"], skipped: ["wait", "dash", "not needed"],
  computed: ["good", "square", "made here"], failed: ["bad", "cross", "failed"], busy: ["busy", "dot", "under way"],
  waiting: ["wait", "dots", "waiting"], "given up": ["wait", "dash", "given up"],
};
const MADE_HERE = new Set(["value", "compute", "first_of"]);

// What a call has come to, as one of these kinds.
function kindOf(span, outcome, source) {
  if (!outcome) return span?.started === null || !span ? "waiting" : span.ended === null ? "busy" : "fresh";
  if (outcome.failed) return "failed";
  if (outcome.state !== "fresh") return KINDS[outcome.state] ? outcome.state : "failed";
  if (MADE_HERE.has(source?.kind) || outcome.made) return "computed";
  return span && !span.attempts.length && !span.items?.length && outcome.age !== undefined && outcome.attempts === 0 ? "cache" : "fresh";
}

function wordsOf(kind, outcome) {
  const [, , words] = KINDS[kind];
  if (kind === "failed") return outcome?.state?.replace("source-", "").replaceAll("-", " ") ?? words;
  if (kind === "stale" || kind === "cache") return outcome.age ? `${kind}, ${spelledAge(outcome.age)} old` : words;
  if (outcome?.items !== undefined) return `${words}, ${outcome.items} items`;
  return kind === "fresh" && outcome?.attempts > 1 ? `${outcome.attempts} attempts` : words;
}

function spelledAge(seconds) {
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

// A shape around a point; r is half its width.
function shape(kind, x, y, r, extra = "") {
  const [colour, form] = KINDS[kind];
  const line = d => drawn("path", {class: `m line ${colour} ${extra}`, d});
  const solid = d => drawn("path", {class: `m ${colour} ${kind === "stale" ? "open" : "mark"} ${extra}`, d});
  switch (form) {
    case "check": return line(`M${x - r} ${y}l${r * .7} ${r * .7} ${r * 1.3} ${-r * 1.5}`);
    case "cross": return line(`M${x - r * .8} ${y - r * .8}l${r * 1.6} ${r * 1.6}m0 ${-r * 1.6}l${-r * 1.6} ${r * 1.6}`);
    case "diamond": return solid(`M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`);
    case "down": return solid(`M${x - r} ${y - r * .8}h${r * 2}l${-r} ${r * 1.7}z`);
    case "half": return drawn("g", {}, drawn("circle", {class: `m line ${colour}`, cx: x, cy: y, r: r * .9}), drawn("path", {class: `m ${colour}`, d: `M${x} ${y - r * .9}a${r * .9} ${r * .9} 0 0 0 0 ${r * 1.8}z`}));
    case "square": return solid(`M${x - r * .8} ${y - r * .8}h${r * 1.6}v${r * 1.6}h${-r * 1.6}z`);
    case "dash": return line(`M${x - r} ${y}h${r * 2}`);
    case "dot": return drawn("circle", {class: `m ${colour}`, cx: x, cy: y, r: r * .6});
    default: return drawn("path", {class: "m wait needs", d: `M${x - r} ${y}h${r * 2}`});
  }
}

function icon(kind) {
  return drawn("svg", {viewBox: "0 0 16 16", "aria-hidden": "true"}, shape(kind, 8, 8, 6));
}

// What a policy did, at its moment: an arrow back for another attempt, a fork for one beside.
function eventMark(event, x) {
  const mark = path => drawn("g", {}, drawn("circle", {class: "halo", cx: x, cy: 9, r: 8}), path);
  if (event.policy === "retry" && event.did.startsWith("waits")) return mark(drawn("path", {class: "m line warn", d: `M${x + 5} 7a4.5 4.5 0 1 0 1 5m0 -6l-.6 2.6l-2.8 -.8`}));
  if (event.policy === "hedge") return mark(drawn("path", {class: "m accent", d: `M${x - 6} 9h3c3 0 3 -4 8 -4m-8 4c3 0 3 4 8 4`}));
  if (event.policy === "circuit_breaker") return drawn("path", {class: "m line bad", d: `M${x - 6} 12h4l6 -6m2 6h-3`});
  return null;
}

const LEGEND = [
  ["waits for values", () => drawn("path", {class: "m wait needs", d: "M1 8h24"})],
  ["waits for its turn", () => drawn("path", {class: "m wait line", d: "M1 12l4 -8m1 8l4 -8m1 8l4 -8m1 8l4 -8m1 8l4 -8"})],
  ["attempt", () => drawn("rect", {class: "m good", x: 1, y: 4, width: 24, height: 8, rx: 2})],
  ["failed attempt", () => drawn("g", {}, drawn("rect", {class: "m bad", x: 1, y: 4, width: 24, height: 8, rx: 2}), drawn("path", {class: "m white", d: "M10 5l6 6m0 -6l-6 6"}))],
  ["given up", () => drawn("rect", {class: "m cut", x: 1, y: 4, width: 24, height: 8, rx: 2})],
  ["pause", () => drawn("path", {class: "m line good", d: "M1 8h24"})],
  ["retry", () => drawn("g", {transform: "translate(10 -2)"}, eventMark({policy: "retry", did: "waits"}, 3))],
  ["hedge", () => drawn("g", {transform: "translate(10 -1)"}, eventMark({policy: "hedge", did: ""}, 3))],
  ["cache", () => shape("cache", 13, 8, 6)], ["stale", () => shape("stale", 13, 8, 6)], ["fallback", () => shape("fallback", 13, 8, 6)],
  ["partial", () => shape("partial", 13, 8, 6)], ["skipped", () => shape("skipped", 13, 8, 6)], ["failed", () => shape("failed", 13, 8, 6)],
];

function legend() {
  return [...LEGEND.map(([words, mark]) => element("span", {}, drawn("svg", {viewBox: "0 0 26 16", "aria-hidden": "true"}, mark()), words)),
    element("span", {}, element("b", {class: "accent", text: "●"}), "decides how long it takes")];
}
