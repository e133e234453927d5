// What a person who cannot see the page as others do would miss, each as a list of what is wrong.
const visible = selector => [...document.querySelectorAll(selector)].filter(each => each.checkVisibility());

// What reaches beyond the window.
function cutOff() {
  return visible("main button, main label, main h2, main .state, main .took, main .name").filter(each => {
    const box = each.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.left < -1;
  }).map(each => each.outerHTML.slice(0, 200));
}

// What a screen reader has no name for.
function nameless() {
  const labelled = each => each.id && document.querySelector(`label[for="${each.id}"]`);
  return visible("button, a, input, select, textarea, [role=tab], summary")
    .filter(each => !each.getAttribute("aria-label") && !each.textContent.trim() && !labelled(each)).map(each => each.outerHTML);
}

// Ids that something refers to and nothing has, and ids that two have.
function lost() {
  const names = ["aria-labelledby", "aria-controls", "aria-describedby", "for"];
  const used = names.flatMap(name => visible(`[${name}]`).flatMap(each => each.getAttribute(name).split(" ")));
  const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
  return [...used.filter(id => id && !ids.includes(id)), ...ids.filter((id, at) => ids.indexOf(id) !== at)];
}

// Texts with less contrast than WCAG 2.2 asks for (1.4.3).
function faint() {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = value => value / 255 <= .03928 ? value / 255 / 12.92 : ((value / 255 + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const behind = each => {
    for (; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const says = each => !each.closest("svg") && [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  return visible("main *, header *").filter(says).map(each => {
    const [one, other] = [light(rgba(getComputedStyle(each).color)), light(behind(each))];
    return [(Math.max(one, other) + .05) / (Math.min(one, other) + .05), each.outerHTML.slice(0, 120)];
  }).filter(([ratio]) => ratio < 4.5);
}
