// Race: the same request in every execution model, each from its own start, on one axis.
const MODELS = [
  ["", "FastAPI, event loop", "all calls at once on one loop; caches and limits"],
  ["/threads", "FastAPI, threads", "def endpoint, a thread for each call"],
  ["/sync", "requests", "one call after another"],
  ["/sync-threads", "requests, threads", "a thread for each call"],
  ["/django", "Django, sync view", "a view that waits"],
  ["/django/async", "Django, async view", "all calls at once on one loop"],
];

// Milliseconds between a request's first byte and its answer's last, as the browser's network has it: without what the page does.
async function waited(url) {
  await new Promise(done => setTimeout(done, 0));
  const timing = performance.getEntriesByName(url.href, "resource").at(-1);
  return timing?.responseEnd && timing.requestStart ? timing.responseEnd - timing.requestStart : null;
}

class Race {
  constructor(run) {
    this.run = run;
    this.into = at("race");
    this.memory = element("input", {id: "race-memory", type: "number", min: 128, max: 10240, value: plan.price.memory_mb});
    this.go = element("button", {text: "Start the race"});
    this.axis = drawn("svg", {class: "axis", "aria-hidden": "true"});
    this.list = element("ol");
    this.board = element("div", {class: "waterfall racers"}, element("div", {class: "row head"}, element("span"), this.axis, element("span"), element("span")), this.list);
    this.about = element("p", {class: "soft"});
    this.said = element("p", {role: "status"});
    const form = element("form", {class: "tools"}, this.go, element("div", {}, element("label", {for: "race-memory", text: "MB of memory"}), this.memory));
    form.addEventListener("submit", event => { event.preventDefault(); this.start(); });
    this.memory.addEventListener("input", () => this.draw());
    this.into.replaceChildren(element("h2", {text: "The same request in every execution model"}), this.about, form, this.said, this.board, this.terms());
    this.lanes = [];
    this.racing = false;
    new ResizeObserver(() => this.draw()).observe(this.board);
  }

  terms() {
    const {architecture, region, as_of: asOf} = plan.price;
    return element("p", {class: "soft", text: `Billed: the time that this browser waited, its way over the network included, rounded up to the millisecond, as Lambda's on-demand price of ${asOf} in ${region} on ${architecture} has it, with a million invocations. Models run one after another, so that none takes another's processor. Each is asked once, and its first request may have to load code: race again to see how much it varies.`});
  }

  // Get ready for the endpoint that is chosen, unless a race goes on.
  shown() {
    if (this.racing) return;
    if (this.endpoint !== this.run.endpoint) {
      this.lanes = [];
      this.said.textContent = "";
    }
    this.endpoint = this.run.endpoint;
    const {method, path, writes} = this.endpoint, asked = this.run.asked();
    this.about.textContent = writes ? `${method} ${path} changes something: it is not raced. Choose another endpoint in Run.`
      : `${method} ${path}, with what you filled in in Run. ${unsent(asked) && `W${unsent(asked)} `}Models that are not deployed are left out.`;
    this.go.disabled = writes;
  }

  async start() {
    this.shown();
    if (this.go.disabled) return;
    this.racing = true;
    const enable = resting(this.go);
    this.said.textContent = "";
    this.lanes = [];
    const asked = this.run.asked();
    const {Cookie, ...headers} = asked.headers;
    try {
      for (const [prefix, name, about] of MODELS) {
        const lane = {name, about, began: performance.now(), took: null, sources: []};
        this.lanes.push(lane);
        const ticking = setInterval(() => this.draw(), 50);
        try {
          const url = address(asked, prefix);
          performance.clearResourceTimings();
          const response = await fetch(url, {method: asked.method, headers: {...headers, Accept: "application/x-ndjson"}, body: asked.body || undefined, cache: "no-store"});
          const text = await response.text();
          lane.took = await waited(url) ?? performance.now() - lane.began;
          lane.status = response.status;
          if (response.headers.get("content-type") === "application/x-ndjson") this.ended(lane, JSON.parse(text.trimEnd().split("\n").at(-1)));
          if (response.status === 404 && !/sources/.test(text)) this.lanes.pop();
        } catch (error) {
          Object.assign(lane, {took: performance.now() - lane.began, status: 0});
        } finally {
          clearInterval(ticking);
        }
        this.draw();
      }
    } finally {
      this.racing = false;
      enable();
    }
    const [first, ...others] = this.lanes.filter(lane => lane.status && lane.status < 400).sort((one, other) => one.took - other.took);
    const statuses = [...new Set(this.lanes.map(lane => lane.status))].filter(Boolean);
    this.said.textContent = first ? `First: ${first.name} (${spelledTime(first.took)})${others.length ? `. Last: ${others.at(-1).name} (${spelledTime(others.at(-1).took)})` : ""}.` : statuses.length ? `No model gave an answer: status ${statuses.join(", ")}.` : "No model answered.";
  }

  // What the end of a stream says of each source: when it was called, and for how long.
  ended(lane, {status, complete, sources = {}}) {
    Object.assign(lane, {status, complete});
    const told = Object.entries(sources);
    lane.sources = told.filter(([, {began}]) => began !== undefined).map(([, {began, duration, state}]) => [began, duration, KINDS[state] ? KINDS[state][0] : "bad"]);
    lane.cached = told.filter(([name, {age, attempts}]) => age !== undefined && attempts === 0 && this.calls(name)).length;
  }

  // Whether a source is asked, and does not only make its value of others.
  calls(name) {
    return this.endpoint.sources.some(source => source.name === name && !MADE_HERE.has(source.kind));
  }

  billed(ms) {
    const {gb_second: second, million_invocations: invocations} = plan.price;
    return Math.ceil(ms) / 1000 * (Number(this.memory.value) || 1024) / 1024 * second * 1e6 + invocations;
  }

  draw() {
    this.board.hidden = !this.lanes.length;
    const now = performance.now(), width = this.axis.clientWidth || 600;
    const length = Math.max(100, ...this.lanes.map(({took, began}) => took ?? now - began)) * 1.02, x = ms => ms / length * (width - 12) + 2, marks = ticks(length);
    this.axis.setAttribute("viewBox", `0 0 ${width} 18`);
    this.axis.replaceChildren(...tickTexts(marks, x));
    this.list.replaceChildren(...this.lanes.map(lane => {
      const took = lane.took ?? now - lane.began;
      const kind = lane.took === null ? "busy" : !lane.status || lane.status >= 400 ? "failed" : lane.complete === false ? "partial" : "fresh";
      const bars = drawn("svg", {class: "bars", viewBox: `0 0 ${width} 48`, "aria-hidden": "true"},
        ...marks.map(ms => drawn("path", {class: "grid", d: `M${x(ms)} 0v48`})),
        drawn("rect", {class: `m ${KINDS[kind][0]} open`, x: x(0), y: 1, width: Math.max(x(took) - x(0), 2), height: 46, rx: 3}),
        ...lane.sources.map(([began, ms, colour], number) => drawn("rect", {class: `m ${colour}`, x: x(began) + 2, y: 5 + number * 38 / lane.sources.length, width: Math.max(x(ms) - x(0) - 4, 1), height: Math.min(Math.max(38 / lane.sources.length - 1.5, 1), 9), stroke: "none"})));
      const cached = lane.cached ? `, ${lane.cached} from the cache` : "";
      return element("li", {}, element("div", {class: "row"}, element("span", {class: "name"}, element("b", {text: lane.name}), element("small", {text: lane.about + cached})), bars,
        element("span", {class: "took", text: spelledTime(took)}),
        element("span", {class: "state"}, icon(kind), element("span", {text: lane.took === null ? "running" : lane.status && lane.status < 400 ? `${this.billed(lane.took).toFixed(2)} $ a million` : lane.status ? `status ${lane.status}` : "no answer"}))));
    }));
  }
}
