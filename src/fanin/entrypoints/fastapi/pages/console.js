// The page: its views, and who may see them.
const VIEWS = {run: "Run", race: "Race", recent: "Recent", sources: "Sources", configuration: "Configuration"};
const SHOWN_BY = {recent: showRecent, sources: showSources, configuration: showConfiguration};
const AGAIN = 2000; // ms until a view is read again
let run, race, shown;

function views() {
  const there = {run: plan.endpoints.length > 0, race: plan.endpoints.length > 0, recent: plan.more.includes("recent"), sources: plan.more.includes("sources")};
  return Object.keys(VIEWS).filter(view => there[view] ?? true);
}

// The address leads back here: to the view, and in Run and Race to the endpoint.
function keepAddress() {
  history.replaceState(null, "", `#${shown}${shown === "run" || shown === "race" ? `/${run.endpoint.name}` : ""}`);
}

// What an address leads to, as far as it is there: a view, and an endpoint.
function addressed() {
  const [view, endpoint] = location.hash.slice(1).split("/");
  return [views().find(each => each === view), plan.endpoints.find(({name}) => name === endpoint)?.name];
}

function show(view, focus = false) {
  shown = view;
  for (const each of views()) {
    const tab = at(`tab-${each}`), selected = each === view;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
    at(each).hidden = !selected;
    if (selected && focus) tab.focus();
    if (selected) tab.scrollIntoView({block: "nearest", inline: "nearest"}); // on a phone the row of tabs scrolls
  }
  keepAddress();
  at("notice").textContent = "";
  if (view === "race") { race.shown(); race.draw(); }
  if (view === "run") { run.graph.draw(); run.waterfall.draw(run.answer !== null); }
  refresh();
}

let last = {}, waiting;
async function refresh() {
  clearTimeout(waiting);
  const view = shown;
  if (!SHOWN_BY[view]) return;
  try {
    if (!document.hidden) {
      const told = await read(view, view === "recent" ? {since: lastRead} : {}), text = JSON.stringify(told);
      if (view !== shown) return; // it was left, and is read anew when it is opened again
      if (last[view] !== text) SHOWN_BY[view](told);
      last[view] = text;
      at("notice").textContent = "";
    }
  } catch (error) {
    if (view === shown) at("notice").textContent = `It cannot be read: ${error.message}`;
  }
  if (view === shown) waiting = setTimeout(refresh, AGAIN);
}

function tabs() {
  at("tabs").replaceChildren(...views().map(view => {
    const tab = element("button", {role: "tab", id: `tab-${view}`, "aria-controls": view, type: "button", text: VIEWS[view]});
    tab.addEventListener("click", () => show(view));
    return tab;
  }));
  at("tabs").addEventListener("keydown", event => {
    const all = views(), step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    const next = step ? all[(all.indexOf(shown) + step + all.length) % all.length] : {Home: all[0], End: all.at(-1)}[event.key];
    if (next) { event.preventDefault(); show(next, true); }
  });
}

async function begin() {
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
    api = await response.json();
    plan = await read("plan");
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) {
      at("notice").textContent = `It cannot be read: ${error.message}`;
      return;
    }
    at("notice").textContent = Object.keys(admission).length ? "These credentials are not admitted." : "";
    at("admission").hidden = false;
    return;
  }
  at("notice").textContent = "";
  at("admission").hidden = true;
  document.title = `${api.info?.title ?? "fanin"}: console`;
  if (api.info && api.info.title !== "fanin") document.querySelector("h1 small").textContent = `console of ${api.info.title}`;
  tabs();
  const [view, endpoint] = addressed();
  if (plan.endpoints.length) {
    at("run").hidden = false; // what is drawn asks how wide it is
    run = new Run(endpoint ?? plan.endpoints[0].name);
    race = new Race(run);
  }
  show(view ?? views()[0]);
}

addEventListener("hashchange", () => {
  if (!shown) return;
  const [view, endpoint] = addressed();
  if (endpoint && endpoint !== run.endpoint.name) run.choose(endpoint);
  if (view) show(view); else keepAddress();
});

at("admission").addEventListener("submit", async event => {
  event.preventDefault();
  admission = {[at("admission-name").value.trim()]: at("admission-value").value.trim()};
  await begin();
  if (shown) at(`tab-${shown}`).focus(); // the form that had the focus is gone
});
begin();
