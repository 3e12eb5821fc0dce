// The list of releases looks again by itself: one request every ten seconds while it is on screen.
// It spans releases, so no release's stream serves it.

const url = document.body.dataset.pollUrl;
const EVERY = 10000;
const LOST = 30000;
const skew = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
let heard = Date.now();

function show(state) {
  document.body.dataset.link = state;
  if (state === "live") return;
  const at = new Date(heard + skew).toISOString().slice(11, 19);
  for (const element of document.querySelectorAll("[data-asof]")) element.textContent = at;
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(url, {
      headers: { "HX-Request": "true" },
      signal: AbortSignal.timeout(EVERY - 1000),
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const html = await answer.text();
    heard = Date.now();
    document.dispatchEvent(new CustomEvent("warroom:fragments", { detail: { html } }));
    show("live");
  } catch {
    show(Date.now() - heard > LOST ? "lost" : "reconnecting");
  }
}

if (url) {
  show("live");
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
