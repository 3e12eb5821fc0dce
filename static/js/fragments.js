// Puts rendered fragments into the page: each element with id and data-live takes the place of the
// one with its id. Others ask for it by the event "warroom:fragments" (detail: {html, rest}); what is
// no fragment (a sentence, a form) is appended to `rest`, an array, when one is given. A toast
// (data-toast) is shown for a while.

const shown = new WeakMap(); // element -> the HTML it came from, to leave what is unchanged alone
const waiting = new Map(); // id -> fragment that waits until somebody stops typing in the old one

const seqOf = (element) => Number(element.dataset.seq || 0);

function isTyping(element) {
  const active = document.activeElement;
  return element.contains(active) && active.matches("input:not([type=hidden]), textarea, select");
}

function swap(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old || seqOf(fresh) < seqOf(old)) return;
  const html = fresh.outerHTML;
  if (shown.get(old) === html) return;
  if (fresh.id === "say") {
    old.textContent = fresh.textContent;
    old.dataset.seq = fresh.dataset.seq || "0";
    return;
  }
  if (isTyping(old)) {
    waiting.set(fresh.id, fresh);
    return;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  shown.set(fresh, html);
  old.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
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
    if (element.id && "live" in element.dataset) swap(element);
    else if ("toast" in element.dataset) toast(element);
    else event.detail.rest?.push(element);
  }
  headline();
});

document.addEventListener("focusout", () => {
  const late = [...waiting.values()];
  waiting.clear();
  setTimeout(() => late.forEach(swap));
});
