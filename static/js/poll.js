// Pages that span releases look again by themselves: one request every ten seconds while they are
// on screen. No release's stream serves them.

const url = document.body.dataset.pollUrl;
const EVERY = 10000;
let looking = false;
let heardAt = Date.now();

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

async function read() {
  const asked = performance.now();
  const answer = await fetch(url, {
    headers: { "HX-Request": "true" },
    redirect: "manual",
    signal: AbortSignal.timeout(EVERY - 1000),
  });
  if (answer.type === "opaqueredirect") return "warroom:out";
  const html = await answer.text();
  // A whole page is no answer: somebody on the way speaks for the server.
  if (!answer.ok || /^\s*<!doctype/i.test(html)) return "warroom:doubt";
  heardAt = Date.now();
  tell("warroom:fragments", { html, asked });
  return "warroom:heard";
}

async function look() {
  if (document.hidden || looking) return;
  looking = true;
  tell(await read().catch(() => "warroom:doubt"));
  looking = false;
}

// After the lid was closed or by Back: what is shown may be old until it has been looked at.
function wake() {
  if (Date.now() - heardAt > EVERY + 5000) tell("warroom:doubt");
  look();
}

if (url) {
  tell("warroom:heard");
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => {
    if (event.persisted) tell("warroom:doubt");
    if (event.persisted) look();
  });
}
