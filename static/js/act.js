// One-tap actions. Buttons in live fragments carry form="act" and formaction; the form with the
// token stands outside. htmx keeps one request per form and remembers one pressed button, so two
// quick ticks would become one: these go out by fetch, each on its own. Forms with text are htmx's.

const PATIENCE = 15000; // milliseconds

const saving = (state) =>
  document.dispatchEvent(new CustomEvent("warroom:saving", { detail: state }));

// Signing in changes the token: a page that stayed open meanwhile sends the new one.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
const { because, unanswered, isSignIn } = window.warroomUnsaved;
const isWholePage = (html) => /^\s*<!doctype/i.test(html);

const fragments = (html, asked) => {
  const rest = [];
  document.dispatchEvent(
    new CustomEvent("warroom:fragments", { detail: { html, rest, asked } }),
  );
  return rest;
};

function place(button) {
  return button.closest("[data-notice], [data-live], form, .panel") || button;
}

function clearNotices() {
  for (const notice of document.querySelectorAll("[data-act-notice]")) notice.remove();
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
  saving("saving");
  const asked = performance.now();
  const again = () => send(form, document.getElementById(id) || button);
  const fail = (note) => {
    saving("unsaved");
    tell(id, button, [note]);
  };
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { "HX-Request": "true", Accept: "text/html" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.redirected && !isSignIn(answer.url)) {
      location.assign(answer.url);
      return;
    }
    const html = await answer.text();
    if (answer.redirected || answer.status >= 500 || isWholePage(html)) {
      fail(unanswered(answer.status, answer.url, again));
      return;
    }
    saving(answer.ok ? "saved" : "unsaved");
    tell(id, button, fragments(html, asked));
  } catch {
    fail(because("no-answer", again));
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

// Beside the form that asked, or whose button did. What only looks again by itself says nothing.
function refuse(asker, make) {
  const form = asker.closest("form");
  if (!form) return;
  const again = () => (asker === form ? form.requestSubmit() : asker.click());
  const notice = make(again);
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
    const { status, responseURL } = detail.xhr;
    refuse(form, (again) => unanswered(status, responseURL, again));
    return;
  }
  const rest = fragments(detail.serverResponse);
  detail.serverResponse = rest.map((element) => element.outerHTML).join("\n");
  if (!rest.length) detail.shouldSwap = false;
  // A refusal stands beside the form, whose text stays.
  if (detail.xhr.status >= 400 && !rest.some((element) => element.matches("form"))) {
    detail.shouldSwap = false;
    for (const notice of rest) refuse(form, () => notice);
  }
});

document.addEventListener("htmx:beforeRequest", clearNotices);
for (const [name, words] of [
  ["htmx:sendError", "no-answer"],
  ["htmx:timeout", "too-slow"],
  ["htmx:responseError", "fault"],
]) {
  document.addEventListener(name, (event) => {
    refuse(event.detail.elt, (again) => because(words, again));
  });
}
