// Single keys: j k between items, e for their notes, / to search, g and a letter to a section, ? for the list.
// They can be switched off, for people whose tools type for them (WCAG 2.1.4).

const STORE = "warroom.keys";
const PAUSE = 2000; // milliseconds between g and its letter

let on = true;
try {
  on = localStorage.getItem(STORE) !== "off";
} catch {
  // Storage may be closed to us; the keys then work until the page is left.
}

for (const box of document.querySelectorAll("[data-keys-toggle]")) {
  box.checked = on;
  box.addEventListener("change", () => {
    on = box.checked;
    try {
      localStorage.setItem(STORE, on ? "on" : "off");
    } catch {
      // As above.
    }
  });
}

let armed = 0;

function toItem(step) {
  const ticks = [...document.querySelectorAll(".tick")].filter((tick) => tick.offsetParent);
  if (!ticks.length) return false;
  const here = document.activeElement.closest(".item")?.querySelector(".tick");
  const at = ticks.indexOf(here);
  ticks[at < 0 ? 0 : Math.max(0, Math.min(ticks.length - 1, at + step))].focus();
  return true;
}

function toNotes() {
  const notes = document.activeElement.closest(".item")?.querySelector(".item__more");
  if (!notes) return false;
  const opener = notes.querySelector("summary");
  notes.open = !notes.open;
  opener?.focus();
  return true;
}

function toSearch() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function act(key) {
  if (armed && Date.now() - armed < PAUSE) {
    armed = 0;
    const link = document.querySelector(`.tabs a[data-key="${CSS.escape(key)}"]`);
    if (link) {
      location.assign(link.href);
      return true;
    }
  }
  armed = key === "g" ? Date.now() : 0;
  if (key === "j") return toItem(1);
  if (key === "k") return toItem(-1);
  if (key === "e") return toNotes();
  if (key === "/") return toSearch();
  if (key === "?") {
    document.getElementById("keys")?.showModal();
    return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (!on || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (document.querySelector("dialog[open]")) return;
  if (act(event.key)) event.preventDefault();
});
