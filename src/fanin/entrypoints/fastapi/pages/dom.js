"use strict";

// What a page is made of. Data becomes text or an attribute, and never markup.
function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") made.textContent = value; else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

// Have an element contain these and nothing else. Those that are there stay: one that is taken out and put back loses the
// focus, and a click that has begun on it.
function putInOrder(into, children) {
  const wanted = new Set(children);
  for (const child of [...into.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, place) => { if (into.children[place] !== child) into.insertBefore(child, into.children[place] ?? null); });
}

// Disable a button while something is under way; gives what enables it. A disabled one loses the focus, and gets it back
// then, unless it has gone elsewhere.
function resting(button) {
  const focused = document.activeElement === button;
  button.disabled = true;
  return () => {
    button.disabled = false;
    if (focused && document.activeElement === document.body) button.focus({preventScroll: true});
  };
}

const at = id => document.getElementById(id);
const pretty = value => JSON.stringify(value, null, 2);

function spelledTime(ms) {
  if (ms >= 2000) return `${Number((ms / 1000).toFixed(ms >= 10000 ? 1 : 2))} s`;
  return ms >= 100 ? `${Math.round(ms)} ms` : `${Math.round(ms * 10) / 10} ms`;
}
