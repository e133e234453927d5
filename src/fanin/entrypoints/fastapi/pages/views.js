// Configuration, Recent and Sources: what is read from beside the page, again and again while it is looked at.
async function read(what, query = {}) {
  const asked = new URLSearchParams(query), response = await fetch(`console/${what}${asked.size ? `?${asked}` : ""}`, {headers: admission});
  if (!response.ok) throw Object.assign(new Error(`console/${what}: ${response.status}`), {status: response.status});
  return response.json();
}

function showConfiguration({file, lines, findings}) {
  const counted = severity => findings.filter(finding => finding.severity === severity).length;
  const [errors, warnings] = [counted("error"), counted("warning")];
  const words = errors ? `${errors} ${errors === 1 ? "mistake" : "mistakes"}: what is saved cannot be served` : warnings ? `${warnings} ${warnings === 1 ? "warning" : "warnings"}` : "nothing to mend";
  const finding = ({severity, rule, message, fix, file: other}) => element("div", {class: `finding ${severity}`},
    element("b", {class: severity === "error" ? "bad" : "warn", text: `${severity}: `}), `${other ? `${other}: ` : ""}${message} `, element("span", {class: "soft", text: `[${rule}]`}), element("div", {text: `Fix: ${fix}`}));
  const placed = findings.filter(({line, file: other}) => line > 0 && line <= lines.length && !other), loose = findings.filter(each => !placed.includes(each));
  const leads = placed.slice(0, 20).map(({line, severity, message}) => {
    const lead = element("button", {type: "button", class: `quiet ${severity === "error" ? "bad" : "warn"}`, text: `line ${line}: ${message.length > 80 ? `${message.slice(0, 79)}…` : message}`});
    lead.addEventListener("click", () => { const found = at(`line-${line}`); found.focus({preventScroll: true}); found.scrollIntoView({block: "center"}); });
    return lead;
  });
  at("configuration").replaceChildren(
    element("h2", {text: `${file}: ${words}`}), ...(leads.length ? [element("p", {class: "choice", role: "group", "aria-label": "Go to a finding"}, ...leads)] : []), element("p", {class: "soft", text: "As it is saved now, with what fanin check finds. Secrets are not in it, and what logs may not show is hidden."}),
    ...loose.map(finding),
    element("ol", {class: "lines", tabindex: 0, "aria-label": file}, ...lines.flatMap((text, number) => {
      const here = placed.filter(({line}) => line === number + 1);
      const marked = here.length ? `found ${here.some(({severity}) => severity === "error") ? "error" : ""}` : "";
      return [element("li", here.length ? {id: `line-${number + 1}`, tabindex: -1} : {}, element("div", {class: `line ${marked}`, text: text || " "}), ...here.map(finding))];
    })));
}

// What of the last requests is wanted: each choice has a word for it, and tells of a request whether it is.
const CHOICES = {
  endpoint: () => [["every endpoint", () => true], ...plan.endpoints.map(({name}) => [name, ({endpoints}) => endpoints.includes(name)])],
  status: () => [["every status", () => true], ...[2, 3, 4, 5].map(first => [`${first}xx`, ({status}) => Math.floor(status / 100) === first])],
  answer: () => [["complete or not", () => true], ["complete", ({complete}) => complete === true], ["partial", isPartial]],
};
const isPartial = ({complete, status}) => complete === false && status < 400; // one that failed has no part of an answer
const MADE = "made by Run";
let recent = [], lastRead = 0;
const requestRows = new Map(); // by their requests' numbers

function recentFilter() {
  const label = (text, control) => element("label", {for: control.id}, `${text} `, control);
  const chosen = Object.entries(CHOICES).map(([what, choices]) => {
    const made = choices(), select = element("select", {id: `recent-${what}`}, ...made.map(([text], place) => element("option", {value: place, text})));
    return {select, labelled: label(what, select), wants: request => made[select.value][1](request)};
  });
  const text = element("input", {id: "recent-text", type: "search", placeholder: "path, id or source", autocomplete: "off"});
  const form = element("form", {class: "filter", role: "search", "aria-label": "Requests"}, ...chosen.map(({labelled}) => labelled), label("text", text));
  const within = ({method, path, id, sources, by_page: made}) => [method, path, id, ...sources, made ? MADE : ""].join(" ").toLowerCase();
  form.wants = request => chosen.every(({wants}) => wants(request)) && within(request).includes(text.value.trim().toLowerCase());
  form.addEventListener("input", listRecent);
  form.addEventListener("submit", event => event.preventDefault());
  return form;
}

// The last requests: those that came since they were read before.
function showRecent({since, last, requests}) {
  if (since && since !== lastRead) return; // two readings at once
  recent = [...requests, ...(since ? recent : [])].slice(0, 100);
  lastRead = last;
  listRecent();
}

function listRecent() {
  if (!at("recent-found")) at("recent").replaceChildren(recentFilter(), element("div", {id: "recent-found"}));
  const into = at("recent-found");
  if (!recent.length) return into.replaceChildren(element("h2", {text: "No request yet"}), element("p", {class: "soft", text: "Ask something: by Run, or by any client. It is listed here."}));
  if (!at("recent-counted")) into.replaceChildren(element("h2", {id: "recent-counted", "aria-live": "polite"}));
  const wanted = recent.filter(at("recent").firstChild.wants), known = new Set(recent.map(({number}) => number));
  for (const number of requestRows.keys()) if (!known.has(number)) requestRows.delete(number);
  for (const request of wanted) if (!requestRows.has(request.number)) requestRows.set(request.number, requestRow(request));
  const counted = wanted.length < recent.length ? `${wanted.length} of the last ${recent.length} requests` : recent.length === 1 ? "The last request" : `The last ${recent.length} requests`;
  if (at("recent-counted").textContent !== counted) at("recent-counted").textContent = counted;
  putInOrder(into, [at("recent-counted"), ...wanted.map(({number}) => requestRows.get(number))]);
}

// A request, which opens to its calls and to what was logged.
function requestRow(request) {
  const {id, at: moment, method, path, status, duration_ms: took, by_page: made} = request, partial = isPartial(request);
  const kind = status >= 400 ? "failed" : partial ? "partial" : "fresh", calls = element("div", {class: "waterfall"});
  const row = element("details", {}, element("summary", {}, icon(kind), ` ${new Date(moment).toTimeString().slice(0, 8)} `, element("code", {text: `${method} ${path}`}), ` ${status}, ${spelledTime(took)}${partial ? ", partial" : ""}`, ...(made ? [element("span", {class: "soft", text: `, ${MADE}`})] : [])), calls, element("p", {class: "soft", text: `request ${id}`}));
  row.querySelector("svg").setAttribute("class", "inline");
  row.addEventListener("toggle", async () => {
    if (!row.open || calls.childElementCount) return;
    calls.append(element("p", {class: "soft", text: "Reading…"}));
    try {
      const {results, lines} = await read("recent", {id});
      calls.replaceChildren();
      results.forEach(result => drawResult(result, calls));
      if (!results.length) calls.append(element("p", {text: request.sources.length ? "What happened in it is not kept any more: it was not among the last 100 requests." : "It called no source."}));
      if (lines.length) calls.append(element("pre", {tabindex: 0, role: "region", "aria-label": `Log lines of request ${id}`, text: lines.join("\n")}));
    } catch (error) {
      calls.replaceChildren();
      row.open = false;
      at("notice").textContent = `It cannot be read: ${error.message}`;
    }
  });
  return row;
}

function drawResult({spans, outcomes, critical, duration_ms: now}, into) {
  const part = element("div");
  into.append(part);
  const made = new Waterfall(part, Object.fromEntries(Object.keys(spans).map(name => [name, undefined])), name => outcomeDetails(spans[name], outcomes[name]));
  Object.assign(made, {spans, outcomes, critical: new Set(critical), now});
  made.sort();
  new ResizeObserver(() => made.draw(true)).observe(part);
}

function showSources({sources}) {
  const soft = text => element("div", {class: "soft", text});
  const head = ["source", "calls", "failures", "median", "95th percentile", "cache hits", "why it failed", "breaker", "rate limit"], numbers = 6;
  const cell = (number, ...content) => element("td", {role: "cell", class: number < numbers ? "n" : undefined, "data-head": head[number]}, ...content);
  const lines = sources.map(({name, calls, failures, median_ms: median, p95_ms: p95, hits, breaker, limit}) => {
    const failed = Object.values(failures).reduce((sum, times) => sum + times, 0), time = ms => ms === null ? "" : spelledTime(ms);
    return element("tr", {role: "row"}, element("th", {scope: "row", role: "rowheader"}, element("code", {text: name})),
      cell(1, String(calls)), cell(2, element("span", {class: failed ? "bad" : undefined, text: String(failed)})), ...[time(median), time(p95), String(hits)].map((text, number) => cell(number + 3, text)),
      cell(6, Object.entries(failures).map(([problem, times]) => `${problem} ${times}×`).join(", ")),
      cell(7, ...(breaker ? [element("b", {class: breaker.state === "closed" ? undefined : "bad", text: breaker.state}), breaker.since && ` since ${breaker.since}`, soft(breaker.settings)] : [])),
      cell(8, ...(limit ? [`${limit.waits} waited, ${limit.refusals} refused${limit.holds ? `, ${limit.holds}× held back` : ""}`, soft(limit.settings)] : [])));
  });
  if (!at("sources-found")) at("sources").replaceChildren(element("h2"), element("div", {class: "wide", tabindex: 0, role: "region", "aria-label": "Sources"},
    element("table", {role: "table"}, element("thead", {role: "rowgroup"}, element("tr", {role: "row"}, ...head.map((text, number) => element("th", {scope: "col", role: "columnheader", class: number && number < numbers ? "n" : undefined, text})))), element("tbody", {role: "rowgroup", id: "sources-found"}))));
  at("sources").firstChild.textContent = lines.length ? "Sources since this process began" : "No source has been called yet";
  at("sources-found").replaceChildren(...lines);
}
