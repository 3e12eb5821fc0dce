// Several tabs of a browser share one stream per release: browsers allow six connections per host,
// and ten tabs must work. Who holds the lock holds the stream ("warroom:hold") and passes on what it
// is told ("warroom:told"); the others hear it ("warroom:sibling"). When that tab goes, the browser
// hands the lock to the next.

const url = document.body.dataset.liveUrl;
const shares = Boolean(url && "BroadcastChannel" in window && navigator.locks);
const channel = shares ? new BroadcastChannel(`warroom:${url}`) : null;
let letGo = null;
let asked = null;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function hold() {
  tell("warroom:hold");
  return new Promise((resolve) => {
    letGo = resolve;
  });
}

function queue() {
  if (!shares) {
    tell("warroom:hold");
    return;
  }
  asked = new AbortController();
  navigator.locks.request(`warroom:${url}`, { signal: asked.signal }, hold).catch(() => {});
}

// A page that the browser keeps for Back must not keep the stream from the tabs that are looked at.
function leave() {
  asked?.abort();
  letGo?.();
  letGo = null;
}

if (url) {
  channel?.addEventListener("message", (event) => tell("warroom:sibling", event.data));
  document.addEventListener("warroom:told", (event) => channel?.postMessage(event.detail));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && queue());
  queue();
}
