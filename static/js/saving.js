// Saving, saved at what time, or not saved: told in one place for every form and one-tap button
// ("warroom:saving", detail: "saving", "saved" or "unsaved"). What is quick is only said when done.

const SLOW = 300; // milliseconds; below nobody waits
const STAYS = 3000;
const LOOKS = {
  saving: ["tag--run", "i-sync"],
  saved: ["tag--ok", "i-ok"],
  unsaved: ["tag--bad", "i-bad"],
};

let timer = 0;
let skew = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
document.addEventListener("warroom:time", (event) => {
  skew = event.detail - Date.now();
});

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "i i--12");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

function show(state) {
  const place = document.getElementById("saving");
  if (!place) return;
  const [look, symbol] = LOOKS[state];
  const time = new Date(Date.now() + skew).toISOString().slice(11, 19);
  const tag = document.createElement("span");
  tag.className = `tag ${look}`;
  tag.append(icon(symbol), window.warroomWord(state, { time }));
  place.replaceChildren(tag);
  if (state === "saved") timer = setTimeout(() => place.replaceChildren(), STAYS);
}

document.addEventListener("warroom:saving", (event) => {
  clearTimeout(timer);
  if (event.detail === "saving") timer = setTimeout(() => show("saving"), SLOW);
  else show(event.detail);
});

for (const [name, state] of [
  ["htmx:beforeRequest", "saving"],
  ["htmx:afterRequest", ""],
]) {
  document.addEventListener(name, ({ detail }) => {
    if (detail.requestConfig?.verb === "get" || !detail.elt.matches("form")) return;
    const result = state || (detail.successful ? "saved" : "unsaved");
    document.dispatchEvent(new CustomEvent("warroom:saving", { detail: result }));
  });
}
