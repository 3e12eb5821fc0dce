// Lists whose shape changed: when somebody adds, moves or removes an item, the fragment with
// data-shape says so, and the list that it names (data-list) is read anew from this page's own
// address, with this page's own filter. Whoever is typing in it is asked first. On the page that
// edits the list, Alt and an arrow press the buttons of the line in focus. On the page of several
// items the ticked ones are counted.

const shapes = new Map(); // id of the fragment -> the shape that its list has here
for (const mark of document.querySelectorAll("[data-shape]")) shapes.set(mark.id, mark.dataset.shape);

function isTyping(list) {
  const written = [...list.querySelectorAll("textarea, input.in")].some(
    (field) => field.value !== field.defaultValue,
  );
  return written || (list.contains(document.activeElement) && document.activeElement.matches(".in"));
}

// What the reader opened stays open: by the row that stands before it.
const rowOf = (details) => details.parentElement.querySelector("[data-live]")?.id;

async function renew(mark) {
  const list = document.getElementById(mark.dataset.list);
  if (!list) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = document.createElement("template"); // inert: nothing in it is loaded or applied
  page.innerHTML = await answer.text();
  const fresh = page.content.getElementById(list.id);
  if (!fresh || isTyping(list)) return;
  const opened = [...list.querySelectorAll("details[open]")].map(rowOf).filter(Boolean);
  const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
  list.replaceWith(fresh);
  for (const id of opened) {
    const row = document.getElementById(id);
    row?.parentElement.querySelector("details")?.setAttribute("open", "");
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  window.htmx?.process(fresh);
  shapes.set(mark.id, page.content.getElementById(mark.id)?.dataset.shape || mark.dataset.shape);
}

function ask(mark, list) {
  if (document.getElementById(`new-${list.id}`)) return;
  const note = document.createElement("div");
  note.className = "note note--warn";
  note.id = `new-${list.id}`;
  note.setAttribute("role", "status");
  const words = document.createElement("p");
  words.textContent = window.warroomWord("list-changed");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = window.warroomWord("load-list");
  button.addEventListener("click", () => {
    for (const form of list.querySelectorAll("form")) form.reset();
    button.blur();
    note.remove();
    renew(mark);
  });
  note.append(words, button);
  list.before(note);
}

document.addEventListener("warroom:swapped", (event) => {
  const mark = event.detail;
  if (!mark.dataset.shape || shapes.get(mark.id) === mark.dataset.shape) return;
  const list = document.getElementById(mark.dataset.list);
  if (list && isTyping(list)) ask(mark, list);
  else renew(mark).catch(() => {}); // the next change, or a reload, tries again
});

document.addEventListener("keydown", (event) => {
  if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const line = event.target.closest("[data-line]");
  const button = line?.querySelector(event.key === "ArrowUp" ? "[data-up]" : "[data-down]");
  if (!button) return;
  event.preventDefault();
  button.click();
});

const bulk = document.querySelector("form[data-bulk]");
const count = bulk?.querySelector("[data-bulk-count]");

function tell() {
  const ticked = bulk.querySelectorAll('input[name="items"]:checked').length;
  count.textContent = ticked ? window.warroomWord("chosen", { count: ticked }) : "";
}

if (bulk) {
  for (const part of bulk.querySelectorAll("fieldset")) {
    const all = document.createElement("button");
    all.type = "button";
    all.className = "btn btn--quiet push";
    all.textContent = window.warroomWord("choose-all");
    all.addEventListener("click", () => {
      const boxes = [...part.querySelectorAll('input[name="items"]')];
      const wanted = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = wanted;
      tell();
    });
    part.querySelector("legend").append(all);
  }
  bulk.addEventListener("change", tell);
  tell();
}
