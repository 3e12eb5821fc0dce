// One-tap actions. Buttons in live fragments carry form="act" and formaction; the form with the
// token stands outside. htmx keeps one request per form and remembers one pressed button, so two
// quick ticks would become one: these go out by fetch, each on its own. Forms with text are htmx's.

const PATIENCE = 15000; // milliseconds

const SIGNED_OUT = "Not saved: you are signed out. Sign in in another tab, then send again.";

// Signing in changes the token: a page that stayed open meanwhile sends the new one.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
const isSignIn = (address) => new URL(address, location.href).pathname === "/sign-in/";
const isWholePage = (html) => /^\s*<!doctype/i.test(html);

const fragments = (html) => {
  const rest = [];
  document.dispatchEvent(new CustomEvent("warroom:fragments", { detail: { html, rest } }));
  return rest;
};

function place(button) {
  return button.closest("[data-notice], [data-live], form, .panel") || button;
}

function clearNotices() {
  for (const notice of document.querySelectorAll("[data-act-notice]")) notice.remove();
}

function notSaved(what, again) {
  const note = document.createElement("div");
  note.className = "note note--bad";
  note.setAttribute("role", "alert");
  const body = document.createElement("div");
  for (const text of [what, "Nothing was recorded. What you wrote is still here."]) {
    const line = document.createElement("p");
    line.textContent = text;
    body.append(line);
  }
  note.append(body);
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = "Send again";
    button.addEventListener("click", again);
    note.append(button);
  }
  return note;
}

// Near the control, but outside the fragment, which the next swap replaces.
function tell(id, fallback, notices) {
  const near = (id && document.getElementById(id)) || fallback;
  const anchor = near.isConnected ? place(near) : document.getElementById("main");
  const item = anchor.closest("li.item, .sign, li");
  for (const notice of notices) {
    notice.dataset.actNotice = "";
    if (item) item.append(notice);
    else if (anchor.id === "main") anchor.prepend(notice);
    else anchor.before(notice);
  }
}

async function send(form, button) {
  const id = button.id;
  const address = button.getAttribute("formaction") || form.getAttribute("action") || location.href;
  const data = new FormData(form);
  if (button.name) data.append(button.name, button.value);
  if (token()) data.set("csrfmiddlewaretoken", token());
  clearNotices();
  button.setAttribute("aria-busy", "true");
  const again = () => send(form, document.getElementById(id) || button);
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { "HX-Request": "true", Accept: "text/html" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.redirected && isSignIn(answer.url)) {
      tell(id, button, [notSaved(SIGNED_OUT, again)]);
      return;
    }
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    const html = await answer.text();
    // A whole page is no answer to an action: a fault, or a proxy that speaks for the server.
    if (answer.status >= 500 || isWholePage(html)) {
      tell(id, button, [notSaved(`Not saved: the server answered ${answer.status}.`, again)]);
      return;
    }
    tell(id, button, fragments(html));
  } catch {
    tell(id, button, [notSaved("Not saved: the server did not answer.", again)]);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("form[data-act]") || !submitter) return;
  event.preventDefault();
  if (submitter.getAttribute("aria-busy") !== "true") send(form, submitter);
});

function refuse(form, notice) {
  notice.dataset.actNotice = "";
  form.before(notice);
}

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, parameters } = event.detail;
  if (verb !== "get" && token()) parameters.csrfmiddlewaretoken = token();
});

// Forms with text go through htmx. Live fragments in their answers find their own places; what is
// left (the form itself, with its errors or emptied) is swapped as the form asks.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = event.detail;
  if (!detail.shouldSwap || !detail.serverResponse) return;
  const form = detail.requestConfig?.elt || detail.elt;
  if (isWholePage(detail.serverResponse)) {
    detail.shouldSwap = false;
    const words = isSignIn(detail.xhr.responseURL)
      ? SIGNED_OUT
      : `Not saved: the server answered ${detail.xhr.status}.`;
    refuse(form, notSaved(words, () => form.requestSubmit?.()));
    return;
  }
  const rest = fragments(detail.serverResponse);
  detail.serverResponse = rest.map((element) => element.outerHTML).join("\n");
  if (!rest.length) detail.shouldSwap = false;
  // A refusal stands beside the form, whose text stays.
  if (detail.xhr.status >= 400 && !rest.some((element) => element.matches("form"))) {
    detail.shouldSwap = false;
    for (const notice of rest) refuse(form, notice);
  }
});

document.addEventListener("htmx:beforeRequest", clearNotices);
for (const [name, words] of [
  ["htmx:sendError", "Not saved: the server did not answer."],
  ["htmx:timeout", "Not saved: the server took too long to answer."],
  ["htmx:responseError", "Not saved: the server has a fault."],
]) {
  document.addEventListener(name, (event) => {
    const form = event.detail.elt;
    refuse(form, notSaved(words, () => form.requestSubmit?.()));
  });
}
