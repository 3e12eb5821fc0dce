// Puts rendered fragments into the page: each element with id and data-live takes the place of the
// one with its id. Others ask for it by the event "warroom:fragments" (detail: {html, rest}); what is
// no fragment (a sentence, a form) is appended to `rest`, an array, when one is given; `asked` says
// when the answer was asked for (performance.now()). A toast (data-toast) is shown for a while.

const shown = new WeakMap(); // element -> {html it came from, at: when it was put in}
const waiting = new Map(); // id -> fragment that waits until nobody types or presses in the old one

const FIELD = "input:not([type=hidden]), textarea, select";
let pressed = null; // the button that a finger, the mouse or the space bar holds down

const seqOf = (element) => Number(element.dataset.seq || 0);

function isHeld(element) {
  const active = document.activeElement;
  // A button that is replaced between press and release would never be clicked.
  if (pressed && element.contains(pressed)) return true;
  return element.contains(active) && active.matches(FIELD);
}

// Older than what is shown; or as old, but asked for before that came (a slow answer).
function isLate(fresh, old, asked) {
  if (seqOf(fresh) < seqOf(old)) return true;
  const put = shown.get(old);
  return Boolean(put && asked && seqOf(fresh) === seqOf(old) && put.at > asked);
}

// What was scrolled inside the fragment stays where it was.
const scrolled = (root) => [...root.querySelectorAll("[id], .scroll, .out, .cmd__c")];

function scrolls(root) {
  return scrolled(root).flatMap((element, index) => {
    const { scrollLeft: left, scrollTop: top } = element;
    return left || top ? [{ index, id: element.id, left, top }] : [];
  });
}

function scrollBack(root, places) {
  if (!places.length) return;
  const all = scrolled(root);
  for (const { index, id, left, top } of places) {
    (id ? all.find((element) => element.id === id) : all[index])?.scrollTo({ left, top });
  }
}

// To the same control; where that is gone, to the fragment, so that Tab goes on from here.
function focusBack(fresh, id) {
  const control = id ? document.getElementById(id) : null;
  const target = control?.checkVisibility() ? control : fresh;
  if (target === fresh) fresh.tabIndex = -1;
  target.focus({ preventScroll: true });
}

function swap(fresh, asked) {
  const old = document.getElementById(fresh.id);
  if (!old || isLate(fresh, old, asked)) return;
  const html = fresh.outerHTML;
  if (shown.get(old)?.html === html) return;
  if (fresh.id === "say") {
    document.dispatchEvent(new CustomEvent("warroom:say", { detail: fresh }));
    return;
  }
  if (isHeld(old)) {
    const newer = waiting.get(fresh.id);
    if (!newer || !isLate(fresh, newer)) waiting.set(fresh.id, fresh);
    return;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const places = scrolls(old);
  shown.set(fresh, { html, at: performance.now() });
  old.replaceWith(fresh);
  scrollBack(fresh, places);
  if (focused) focusBack(fresh, focused.id);
  window.htmx?.process(fresh);
  document.dispatchEvent(new CustomEvent("warroom:swapped", { detail: fresh }));
}

const TOAST = 6000; // milliseconds

function toast(element) {
  for (const old of document.querySelectorAll("[data-toast]")) old.remove();
  document.body.append(element);
  setTimeout(() => element.remove(), TOAST);
}

// "Checks · HOLD at 5 % · Genesis · Warroom": what stands before the headline is the page's own.
const parts = (text) => (text || "").split(" · ");
const own = parts(document.title).slice(
  0,
  -1 - parts(document.getElementById("strip")?.dataset.title).length,
);
const section = own.map((part) => `${part} · `).join("");

function headline() {
  const strip = document.getElementById("strip");
  const icon = document.getElementById("favicon");
  if (!strip) return;
  if (strip.dataset.title) document.title = `${section}${strip.dataset.title} · Warroom`;
  const wanted = icon?.dataset[strip.dataset.verdict] || icon?.dataset.wait;
  if (wanted && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
}

document.addEventListener("warroom:fragments", (event) => {
  const holder = document.createElement("template");
  holder.innerHTML = event.detail.html;
  for (const element of [...holder.content.children]) {
    if (element.id && "live" in element.dataset) swap(element, event.detail.asked);
    else if ("toast" in element.dataset) toast(element);
    else event.detail.rest?.push(element);
  }
  headline();
});

function swapWaiting() {
  if (!waiting.size) return;
  // After the browser moved the focus, and after the click that a release makes.
  setTimeout(() => {
    const late = [...waiting.values()];
    waiting.clear();
    for (const fresh of late) swap(fresh);
  });
}

document.addEventListener("focusout", swapWaiting);
for (const name of ["pointerdown", "keydown"]) {
  document.addEventListener(name, (event) => {
    if (name === "keydown" && event.key !== " ") return;
    pressed = event.target.closest?.("button, summary, a") || null;
  });
}
for (const name of ["pointerup", "pointercancel", "keyup"]) {
  document.addEventListener(name, () => {
    pressed = null;
    swapWaiting();
  });
}
