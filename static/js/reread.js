// The preview of an import is read again after each choice, which takes a moment. What is chosen,
// typed or pressed in that moment must not be lost: an answer that speaks of an older state of the
// form is dropped and asked for again with the newest values, nothing is swapped under somebody who
// types or presses, and nothing at all once the form itself is on its way.

const FIELD = "input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select";

let asked = ""; // the form as it was sent
let asker = ""; // id of the control whose choice was sent
let waits = false; // an answer was held back
let leaving = false;

const tableOf = (form) => form?.querySelector("[data-reread]");
const formNow = () => document.querySelector("form:has([data-reread])");
const stateOf = (form) => new URLSearchParams(new FormData(form)).toString();

function isBusy(form) {
  if (form.querySelector("button:active")) return true;
  const active = document.activeElement;
  return form.contains(active) && active.id !== asker && active.matches(FIELD);
}

function again() {
  const table = tableOf(formNow());
  if (!table || leaving) return;
  waits = false;
  window.htmx.trigger(table, "reread");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const table = event.detail.elt;
  if (!table.matches("[data-reread]")) return;
  const cause = event.detail.requestConfig?.triggeringEvent?.target;
  if (cause?.matches?.("select")) asker = cause.id;
  asked = stateOf(table.closest("form"));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const table = event.detail.requestConfig?.elt;
  if (!table?.matches("[data-reread]")) return;
  const form = table.closest("form");
  const stale = stateOf(form) !== asked;
  if (!leaving && !stale && !isBusy(form)) return;
  event.detail.shouldSwap = false;
  waits = true;
  if (!leaving && !isBusy(form)) setTimeout(again);
});

for (const ended of ["focusout", "change", "pointerup"]) {
  document.addEventListener(ended, () => {
    // After the browser moved the focus, and after the click that a release of the button makes.
    setTimeout(() => {
      const form = waits && formNow();
      if (form && !isBusy(form)) again();
    }, 50);
  });
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !tableOf(event.target)) return;
  leaving = true;
});

addEventListener("pageshow", () => {
  leaving = false;
});
