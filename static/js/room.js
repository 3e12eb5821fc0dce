// The room has three shapes at one address, and the server picks. What is urgent, the verdict, has
// taken its place already; a page of another shape loads itself anew, spread over a few seconds so
// that a thousand of them do not come at once, and not under somebody's pen. The control that had
// the focus gets it back, if the new shape has it.

const FIRST = 1000; // milliseconds: the spoken sentence comes before the page does
const SPREAD = 2500;
const KEPT = "warroom:focus";
const shape = document.getElementById("shape")?.dataset.room;
let timer = 0;

function isBusy() {
  const typed = [...document.querySelectorAll("textarea, input.in")].some(
    (field) => field.value && field.value !== field.defaultValue,
  );
  return typed || Boolean(document.querySelector("dialog[open], details.menu[open]"));
}

function load() {
  if (isBusy()) {
    timer = setTimeout(load, SPREAD);
    return;
  }
  const id = document.activeElement?.id;
  if (id) sessionStorage.setItem(KEPT, id);
  location.reload();
}

document.addEventListener("warroom:swapped", (event) => {
  if (!shape || event.detail.id !== "shape") return;
  clearTimeout(timer);
  if (event.detail.dataset.room !== shape) timer = setTimeout(load, FIRST + SPREAD * Math.random());
});

const focused = shape && sessionStorage.getItem(KEPT);
if (focused) {
  sessionStorage.removeItem(KEPT);
  document.getElementById(focused)?.focus({ preventScroll: true });
}
