// A plain form leaves the page, and with it what was typed, whatever answers. So before it goes the
// server is asked whether it is there and still knows who sends; if not, the form stays as it is,
// with the reason and "Send again". Forms of htmx and one-tap buttons do so by themselves.

const PATIENCE = 8000; // milliseconds
const OWN = "form[data-act], form[hx-post], form[data-theme-form], form[method=dialog]";

const check = document.getElementById("saving")?.dataset.check;
const checked = new WeakSet(); // forms that may go
const asking = new WeakSet();

const saving = (state) =>
  document.dispatchEvent(new CustomEvent("warroom:saving", { detail: state }));

function clear(form) {
  if (form.previousElementSibling?.matches("[data-unsent]")) form.previousElementSibling.remove();
}

function stay(form, note) {
  note.dataset.unsent = "";
  form.before(note);
  saving("unsaved");
}

// Signing in changes the token: a page that stayed open meanwhile sends the new one.
function renewToken(form) {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const field = form.elements.csrfmiddlewaretoken;
  if (token && field) field.value = token;
}

async function ask(form, submitter) {
  const again = () => form.requestSubmit(submitter);
  const { because, signedOut, unanswered } = window.warroomUnsaved;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(check, { redirect: "manual", cache: "no-store", signal });
    if (answer.type === "opaqueredirect") return stay(form, signedOut(again));
    if (answer.status !== 204) return stay(form, unanswered(answer.status, check, again));
  } catch {
    return stay(form, because("no-answer", again));
  }
  renewToken(form);
  checked.add(form);
  return form.requestSubmit(submitter?.isConnected ? submitter : undefined);
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || !check || form.getAttribute("method") !== "post" || form.matches(OWN)) return;
  if (checked.delete(form)) {
    document.dispatchEvent(new CustomEvent("warroom:sent", { detail: form }));
    return;
  }
  event.preventDefault();
  if (asking.has(form)) return;
  asking.add(form);
  clear(form);
  saving("saving");
  await ask(form, submitter);
  asking.delete(form);
});
