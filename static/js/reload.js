// The page has taken another shape, or another person sits before it: it is loaded anew
// ("warroom:reload"). Whoever is writing keeps the page until they are done. Focus comes back to
// where it was, and a sentence that was just being spoken is spoken to its end.

const STORE = "warroom.reload";
const SPOKEN = 5000; // milliseconds

let wanted = false;
let said = { text: "", at: 0 };

function isChanged(field) {
  if (field.matches("[type=hidden], [type=submit], [data-keys-toggle]")) return false;
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  if (!field.matches("select")) return field.value !== field.defaultValue;
  const chosen = [...field.options].filter((option) => option.defaultSelected);
  return chosen.length ? !chosen.every((option) => option.selected) : field.selectedIndex > 0;
}

function isBusy() {
  const fields = [...document.querySelectorAll("main :is(input, textarea, select)")];
  return (
    fields.some((field) => field === document.activeElement || isChanged(field)) ||
    document.querySelector("[aria-busy=true], dialog[open]")
  );
}

function reload() {
  if (isBusy()) return;
  wanted = false;
  const fresh = Date.now() - said.at < SPOKEN ? said.text : "";
  try {
    const kept = { focus: document.activeElement?.id || "", said: fresh, at: location.href };
    sessionStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // Storage may be closed to us; the page is loaded all the same.
  }
  location.reload();
}

function comeBack() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(STORE));
    sessionStorage.removeItem(STORE);
  } catch {
    return;
  }
  if (kept?.at !== location.href) return;
  if (kept.focus) document.getElementById(kept.focus)?.focus({ preventScroll: true });
  const place = document.getElementById("say");
  if (kept.said && place) setTimeout(() => (place.textContent = kept.said), 500);
}

document.addEventListener("warroom:reload", () => {
  wanted = true;
  reload();
});
document.addEventListener("warroom:heard", () => wanted && reload());
document.addEventListener("warroom:said", (event) => {
  said = { text: event.detail, at: Date.now() };
});
comeBack();
