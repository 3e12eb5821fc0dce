// What was typed into a form that went out is kept for this tab until a page of ours comes back. If
// a fault came instead, Back shows the form, and what was typed stands in it again.

const STORE = "warroom.draft";
const FIELDS = "textarea, select, input:not([type=hidden], [type=password], [type=file], [type=submit])";

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && field.matches(FIELDS));
const placeOf = (form) => [...document.forms].indexOf(form);

function keep(form) {
  const values = fieldsOf(form).map((field) => [field.name, field.value, field.checked ?? null]);
  const draft = { at: location.pathname + location.search, place: placeOf(form), values };
  try {
    sessionStorage.setItem(STORE, JSON.stringify(draft));
  } catch {
    // Storage may be closed to us, or full.
  }
}

function take() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(STORE));
    sessionStorage.removeItem(STORE);
    return draft;
  } catch {
    return null;
  }
}

function restore(draft) {
  const form = document.forms[draft.place];
  const fields = form ? fieldsOf(form) : [];
  if (fields.length !== draft.values.length) return; // the page has changed: nothing is guessed
  fields.forEach((field, index) => {
    const [name, value, checked] = draft.values[index];
    if (field.name !== name) return;
    if (field.matches("[type=checkbox], [type=radio]")) field.checked = checked;
    else field.value = value;
  });
}

const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
const draft = take();
if (back && draft?.at === location.pathname + location.search) restore(draft);
document.addEventListener("warroom:sent", (event) => keep(event.detail));
