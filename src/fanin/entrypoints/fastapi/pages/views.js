// Configuration, Recent and Sources: what is read from beside the page, again and again while it is looked at.
async function read(what) {
  const response = await fetch(`console/${what}`, {headers: admission});
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
  at("configuration").replaceChildren(
    element("h2", {text: `${file}: ${words}`}), element("p", {class: "soft", text: "As it is saved now, with what fanin check finds. Secrets are not in it, and what logs may not show is hidden."}),
    ...loose.map(finding),
    element("ol", {class: "lines", tabindex: 0, "aria-label": file}, ...lines.flatMap((text, number) => {
      const here = placed.filter(({line}) => line === number + 1);
      const marked = here.length ? `found ${here.some(({severity}) => severity === "error") ? "error" : ""}` : "";
      return [element("li", {}, element("div", {class: `line ${marked}`, text: text || " "}), ...here.map(finding))];
    })));
}

// The last requests, each of which opens to its calls.
function showRecent({requests}) {
  const into = at("recent"), before = new Set([...into.querySelectorAll("details[open]")].map(each => each.dataset.id));
  if (!requests.length) return into.replaceChildren(element("h2", {text: "No request yet"}), element("p", {class: "soft", text: "Ask something: by Run, or by any client. It is listed here."}));
  into.replaceChildren(element("h2", {text: `The last ${requests.length} requests`}), ...requests.map(request => {
    const {id, method, path, status, duration_ms: took, complete} = request;
    const kind = status >= 400 ? "failed" : complete === false ? "partial" : "fresh", calls = element("div", {class: "waterfall"});
    const made = element("details", {"data-id": id}, element("summary", {}, icon(kind), ` ${request.at} `, element("code", {text: `${method} ${path}`}), ` ${status}, ${spelledTime(took)}${complete === false ? ", partial" : ""}`), calls, element("p", {class: "soft", text: `request ${id}`}));
    made.querySelector("svg").setAttribute("class", "inline");
    made.addEventListener("toggle", () => {
      if (!made.open || calls.childElementCount) return;
      for (const result of request.results) {
        const part = element("div"), names = Object.keys(result.spans);
        calls.append(part);
        const drawn = new Waterfall(part, Object.fromEntries(names.map(name => [name, undefined])), name => outcomeDetails(result.spans[name], result.outcomes[name]));
        Object.assign(drawn, {spans: result.spans, outcomes: result.outcomes, critical: new Set(result.critical), now: result.duration_ms});
        drawn.sort();
        drawn.draw(true);
      }
      if (!request.results.length) calls.append(element("p", {text: "It called no source."}));
    });
    if (before.has(id)) made.open = true;
    return made;
  }));
}

function showSources({sources}) {
  const head = [["source"], ["calls", 1], ["failures", 1], ["median", 1], ["95th percentile", 1], ["cache hits", 1], ["why it failed"]];
  const rows = sources.map(({name, calls, failures, median_ms: median, p95_ms: p95, hits}) => {
    const failed = Object.values(failures).reduce((sum, times) => sum + times, 0), time = ms => ms === null ? "" : spelledTime(ms);
    return element("tr", {}, element("th", {scope: "row"}, element("code", {text: name})),
      ...[calls, failed, time(median), time(p95), hits].map((text, number) => element("td", {class: number === 1 && failed ? "n bad" : "n", text: String(text)})),
      element("td", {text: Object.entries(failures).map(([problem, times]) => `${problem} ${times}×`).join(", ")}));
  });
  at("sources").replaceChildren(element("h2", {text: rows.length ? "Sources since this process began" : "No source has been called yet"}), element("div", {class: "wide", tabindex: 0, role: "region", "aria-label": "Sources"},
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map(([text, n]) => element("th", {scope: "col", class: n && "n", text})))), element("tbody", {}, ...rows))));
}
