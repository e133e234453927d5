// Run: a request for an endpoint, watched while its sources arrive.
let plan, admission = {};
const NOT_FIELDS = new Set(["Prefer", "Idempotency-Key"]); // those of jobs

// The lines of JSON of an answer, each as it comes.
async function* linesOf(response) {
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const line of parts) if (line) yield JSON.parse(line);
  }
}

const operationOf = ({method, path}) => api.paths?.[path]?.[method.toLowerCase()] ?? {};

// What a record of the stream says a source came to, until the answer says it all.
function outcomeOf(record) {
  const {state, age, attempts = 1, problem} = record;
  const failed = record.type === "progress" ? !KINDS[state] : problem !== undefined && !("value" in record);
  return {state: failed ? (problem?.type?.split(/[/#]/).pop() ?? state) : state, age, attempts, failed, detail: problem?.detail};
}

// What a problem says of itself, whatever failed.
function detailOf(body) {
  try { return JSON.parse(body)?.detail ?? ""; } catch { return ""; }
}

function tell(kind, mark, title, ...words) {
  at("verdict").className = kind;
  at("verdict").replaceChildren(icon(mark), element("div", {}, element("strong", {text: title}), ...words.map(text => element("p", {text}))));
}

class Run {
  // name: the endpoint's that is chosen first.
  constructor(name) {
    this.endpoint = null;
    this.number = 0;
    at("endpoint").replaceChildren(...plan.endpoints.map(({name, method, path}) => element("option", {value: name, text: `${method} ${path}`})));
    at("endpoint").addEventListener("change", () => { this.choose(at("endpoint").value); keepAddress(); });
    at("ask").addEventListener("submit", event => { event.preventDefault(); this.start(); });
    at("ask").addEventListener("input", () => this.showCode());
    at("legend").replaceChildren(...legend());
    new ResizeObserver(() => { this.graph?.draw(); this.waterfall?.draw(this.answer !== null); }).observe(at("graph"));
    this.choose(name);
  }

  choose(name) {
    this.number++; // a run that is under way is shown no more
    at("go").disabled = false;
    this.endpoint = plan.endpoints.find(endpoint => endpoint.name === name);
    at("endpoint").value = name;
    this.filled = fields("field", operationOf(this.endpoint)).filter(({name}) => !NOT_FIELDS.has(name) || (this.endpoint.writes && name !== "Prefer"));
    at("fields").replaceChildren(...this.filled.map(each => each.shown));
    const {summary, method, timeout_ms: timeout, sources, caller, writes} = this.endpoint;
    const told = [`${sources.length} ${sources.length === 1 ? "source" : "sources"}, within ${spelledTime(timeout)}.`,
      writes ? "It changes something: Run does it for real." : "", caller ? `For ${caller.name}.` : ""].filter(Boolean).join(" ");
    at("summary").replaceChildren(...(summary ? [element("bdi", {text: summary.replace(/[^.!?]$/, "$&.")}), " "] : []), told); // it may be written from right to left
    this.reset();
    this.graph = new Graph(at("graph"), this.endpoint);
    const calls = sources.filter(source => !MADE_HERE.has(source.kind)).length;
    tell("", "waiting", `One request, ${calls} ${calls === 1 ? "call" : "calls"}`, `Press Run to see ${method} ${this.endpoint.path} call its sources, each the moment that it can.`);
    this.showCode();
  }

  reset() {
    this.values = {};
    this.answer = null;
    this.waterfall = new Waterfall(at("calls"), Object.fromEntries(this.endpoint.sources.map(source => [source.name, source])), name => this.opened(name));
    this.waterfall.draw();
    at("answer").replaceChildren();
  }

  asked() {
    return filledIn(this.endpoint.method, this.endpoint.path, this.filled);
  }

  showCode() {
    const asked = this.asked();
    this.language ??= "curl";
    const languages = {curl: asCurl, Python: asPython, JavaScript: asJavaScript};
    const text = element("pre", {tabindex: 0, "aria-label": `The request in ${this.language}`, text: languages[this.language](asked)});
    const buttons = Object.keys(languages).map(name => {
      const button = element("button", {type: "button", "aria-pressed": String(name === this.language), text: name});
      button.addEventListener("click", () => { this.language = name; this.showCode(); at("code").querySelector("[aria-pressed=true]").focus(); });
      return button;
    });
    at("code").replaceChildren(element("div", {class: "choice", role: "group", "aria-label": "Language"}, ...buttons), text);
  }

  async start() {
    const number = ++this.number, asked = this.asked();
    const {template, method, secrets, cookies, ...parts} = asked;
    this.reset();
    const enable = resting(at("go"));
    tell("", "busy", "Calling…", "Each source starts the moment that what it needs is there.");
    try {
      const response = await fetch("console/run", {method: "POST", headers: {...admission, "Content-Type": "application/json"}, body: JSON.stringify({endpoint: this.endpoint.name, ...parts})});
      if (!response.ok) return this.refused(response.status, await response.text(), number);
      for await (const record of linesOf(response)) {
        if (number !== this.number) return response.body.cancel?.().catch(() => {});
        this.heard(record);
      }
      if (!this.answer) throw new Error("the stream ended early");
    } catch (error) {
      if (number !== this.number) return;
      this.stop();
      tell("bad", "failed", "The connection broke", `What had arrived is shown. ${error.message}`);
    } finally {
      if (number === this.number) enable();
    }
  }

  refused(status, text, number) {
    if (number !== this.number) return;
    this.stop();
    let problem = {};
    try { problem = JSON.parse(text) ?? problem; } catch { /* no problem of fanin's */ }
    if (!problem.title) return tell("bad", "failed", `The console got no answer: status ${status}`, "What is between the page and fanin answered. What became of the request is in the logs.");
    const more = Object.entries({...problem.parameters, ...problem.input}).map(([name, why]) => `${name || "body"}: ${why}`);
    tell("bad", "failed", `Refused with ${problem.status}: ${problem.title}`, problem.detail ?? "", ...more, "No source was called.");
  }

  heard(record) {
    const {waterfall} = this;
    if (record.type === "trace") {
      Object.assign(waterfall.spans, record.spans);
      [waterfall.now, this.moment] = [record.at, performance.now() - record.at];
      for (const name of Object.keys(record.spans)) waterfall.row(name);
      this.animate();
    } else if (record.type === "answer") this.finish(record);
    else {
      waterfall.outcomes[record.source] = outcomeOf(record);
      this.values[record.source] = record;
    }
  }

  // Between two records time goes on: what is under way grows.
  animate() {
    cancelAnimationFrame(this.frame);
    const number = this.number;
    const step = () => {
      if (this.answer || number !== this.number) return;
      this.waterfall.now = performance.now() - this.moment;
      this.waterfall.draw();
      this.graph.mark(this.marks());
      this.frame = requestAnimationFrame(step);
    };
    step();
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.moment = undefined;
  }

  marks() {
    const {spans, outcomes, sources} = this.waterfall;
    return Object.fromEntries(Object.keys(sources).filter(name => spans[name]).map(name => [name, kindOf(spans[name], outcomes[name], sources[name])]));
  }

  finish(answer) {
    this.stop();
    this.answer = answer;
    const {waterfall} = this;
    Object.assign(waterfall, {spans: answer.spans, outcomes: answer.outcomes, critical: new Set(answer.critical), now: answer.duration_ms});
    waterfall.sort();
    waterfall.draw(true);
    this.graph.mark(this.marks(), waterfall.critical);
    this.judge(answer);
    const headers = answer.headers.flatMap(([name, value]) => [element("dt", {text: name}), element("dd", {text: value})]);
    let body = answer.body;
    try { body = pretty(JSON.parse(body)); } catch { /* shown as it is */ }
    at("answer").replaceChildren(element("h2", {text: "What the client gets"}),
      element("details", {open: ""}, element("summary", {text: `Body, status ${answer.status}`}), element("pre", {tabindex: 0, "aria-label": "Body", text: body})),
      element("details", {}, element("summary", {text: `Headers (${answer.headers.length})`}), element("dl", {}, ...headers)));
  }

  // In plain words, what became of it.
  judge({status, body, complete, outcomes, critical, duration_ms: took, spans}) {
    const names = Object.keys(outcomes), failed = names.filter(name => outcomes[name].failed), root = failed.filter(name => spans[name]?.started != null);
    const kinds = this.marks(), cached = names.filter(name => kinds[name] === "cache"), other = names.filter(name => ["stale", "fallback", "partial"].includes(kinds[name]));
    const listed = texts => texts.length > 4 ? `${texts.slice(0, 4).join(", ")} and ${texts.length - 4} more` : texts.join(", ");
    const sum = Object.values(spans).reduce((total, {started, ended}) => total + (started === null || ended === null ? 0 : ended - started), 0);
    const words = [];
    const why = critical.length > 1 ? [`${critical.join(" → ")} decided how long it took.`] : [];
    if (sum > took * 1.15) why.push(`One call after another would have taken ${spelledTime(sum)}.`);
    if (why.length) words.push(why.join(" "));
    if (cached.length) words.push(`${listed(cached)} came from the cache, without a call.`);
    if (other.length) words.push(`Not whole, or not from the source itself: ${listed(other.map(name => `${name} (${wordsOf(kinds[name], outcomes[name])})`))}.`);
    if (status >= 400) {
      const causes = (root.length ? root : failed).map(name => `${name}: ${outcomes[name].detail ?? outcomes[name].state}`);
      return tell("bad", "failed", `No answer: status ${status}, after ${spelledTime(took)}`, causes.length ? listed(causes) : detailOf(body));
    }
    const given = names.length - failed.length, of = names.length === 1 ? "1 source" : `${names.length} sources`;
    if (complete) return tell("good", "fresh", `Complete: ${names.length > 1 ? "all " : ""}${of} in ${spelledTime(took)}`, ...words);
    const failures = failed.map(name => `${name}: ${outcomes[name].detail ?? outcomes[name].state}`);
    tell("warn", "partial", `Partial: ${given} of ${of} in ${spelledTime(took)}`, `The client still gets status ${status}, marked as incomplete.`, ...failures.slice(0, 4), ...words);
  }

  opened(name) {
    const span = this.waterfall.spans[name], outcome = this.waterfall.outcomes[name], record = this.values[name], source = this.waterfall.sources[name];
    const told = outcomeDetails(span, outcome, source);
    if (record && "value" in record) told.push(element("pre", {tabindex: 0, "aria-label": `Value of ${name}`, text: pretty(record.value)}));
    else if (record && !outcome?.failed) told.push(element("p", {class: "soft", text: "Clients do not get the value of this source by itself, so it is not shown."}));
    return told;
  }
}

// What happened to one call, in words.
function outcomeDetails(span, outcome, source) {
  if (!span) return [element("p", {text: "It has not begun."})];
  const lines = [];
  if (source) lines.push(`${source.asks}${source.needs.length ? `, after ${source.needs.join(", ")}` : ""}`);
  if (outcome?.detail) lines.push(outcome.detail);
  span.attempts.forEach(({started, ended, result}, number) => lines.push(`Attempt ${number + 1}: at ${spelledTime(started)}, ${ended === null ? "under way" : `${result === "value" ? "answered" : result} after ${spelledTime(ended - started)}`}`));
  if (span.items) lines.push(`${span.calls} calls, one for each item${span.calls > span.items.length ? `; the first ${span.items.length} are drawn` : ""}`);
  for (const {at: moment, policy, did} of span.events) lines.push(`At ${spelledTime(moment)}, ${policy}: ${did}`);
  return [element("ul", {}, ...lines.map(text => element("li", {text})))];
}
