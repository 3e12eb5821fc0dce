// The live link. One tab of a browser holds the event stream of a release and shares it with its
// siblings: browsers allow six connections per host, and ten tabs must work.
//
// Stream (data-live-url): event "panels" (fragments' HTML, id: sequence number), "beat" (server time),
// "end" (open me again), "shape" (reload the page). Snapshot (…/snapshot?after=seq): the same
// fragments in one answer, for catching up and for networks that block streams.

const url = document.body.dataset.liveUrl;
const SILENCE = 40000; // a heartbeat comes every 15 s
const LOST = 30000;
const RETRY = [1000, 2000, 4000, 5000];

let seq = Number(document.body.dataset.seq || 0);
let skew = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
let lastHeard = Date.now();
let lostTimer = 0;
let silenceTimer = 0;
let retryTimer = 0;
let tries = 0; // of opening the stream, since it last said something
let polls = false; // the stream is blocked, snapshots come through
let source = null;
let holding = false; // this tab holds the stream for all
let stopped = false;

const channel = "BroadcastChannel" in window && url ? new BroadcastChannel(`warroom:${url}`) : null;

function show(state) {
  if (document.body.dataset.link === state) return;
  document.body.dataset.link = state;
  if (state === "live") return;
  const at = new Date(lastHeard + skew).toISOString().slice(11, 19);
  for (const element of document.querySelectorAll("[data-asof]")) element.textContent = at;
}

function heard() {
  lastHeard = Date.now();
  clearTimeout(lostTimer);
  lostTimer = 0;
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(broken, SILENCE);
  show("live");
}

function receive(message) {
  if (message.kind === "down") {
    show("reconnecting");
    return;
  }
  heard();
  if (message.kind === "beat" && message.data) {
    const at = Date.parse(message.data);
    if (!at) return;
    skew = at - Date.now();
    document.dispatchEvent(new CustomEvent("warroom:time", { detail: at }));
  } else if (message.kind === "panels") {
    seq = Math.max(seq, Number(message.seq) || 0);
    document.dispatchEvent(
      new CustomEvent("warroom:fragments", { detail: { html: message.data } }),
    );
  } else if (message.kind === "shape") {
    reload();
  }
}

// The page changed its shape. Whoever is typing keeps the page until they are done.
function reload() {
  const typed = [...document.querySelectorAll("textarea, input.in")].some(
    (field) => field.value && field.value !== field.defaultValue,
  );
  if (!typed) location.reload();
}

function pass(message) {
  tries = message.kind === "open" ? tries : 0;
  polls = polls && tries > 0;
  receive(message);
  channel?.postMessage(message);
}

function broken() {
  source?.close();
  source = null;
  if (stopped) return;
  if (!polls) {
    show(document.body.dataset.link === "lost" ? "lost" : "reconnecting");
    lostTimer ||= setTimeout(() => show("lost"), LOST);
    if (holding) channel?.postMessage({ kind: "down" });
  }
  clearTimeout(silenceTimer);
  clearTimeout(retryTimer);
  const pause = RETRY[Math.min(tries, RETRY.length - 1)];
  tries += 1;
  // Spread out: after a restart all tabs of a team come back together.
  retryTimer = setTimeout(comeBack, pause * (0.7 + 0.6 * Math.random()));
}

async function comeBack() {
  const answered = await catchUp();
  if (stopped) return;
  polls = answered && tries > 2;
  if (holding || !channel) open();
  else if (!answered) broken();
}

async function catchUp() {
  try {
    const answer = await fetch(`${url}/snapshot?after=${seq}`, {
      headers: { "HX-Request": "true" },
      signal: AbortSignal.timeout(10000),
    });
    if (answer.redirected || [401, 403, 404].includes(answer.status)) {
      stopped = true; // signed out, or no longer ours to see: only a reload can tell more
      show("lost");
      return false;
    }
    if (!answer.ok) return false;
    const newest = Number(answer.headers.get("X-Warroom-Seq")) || seq;
    receive({ kind: "panels", seq: newest, data: await answer.text() });
    if (answer.headers.has("X-Warroom-Reload")) reload();
    return true;
  } catch {
    return false;
  }
}

function open() {
  source?.close();
  const stream = new EventSource(`${url}?after=${seq}`);
  source = stream;
  stream.addEventListener("open", () => source === stream && pass({ kind: "open" }));
  stream.addEventListener("panels", (event) =>
    pass({ kind: "panels", seq: event.lastEventId, data: event.data }),
  );
  stream.addEventListener("beat", (event) => pass({ kind: "beat", data: event.data }));
  stream.addEventListener("shape", () => pass({ kind: "shape" }));
  stream.addEventListener("end", () => {
    if (source === stream) open();
  });
  stream.addEventListener("error", () => {
    if (source === stream) broken();
  });
}

function hold() {
  holding = true;
  open();
  return new Promise(() => {}); // until the tab goes; the browser then hands the lock on
}

if (url) {
  channel?.addEventListener("message", (event) => receive(event.data));
  if (channel && navigator.locks) {
    let waits = true;
    navigator.locks.request(`warroom:${url}`, () => {
      waits = false;
      return hold();
    });
    // A sibling holds the stream: fetch what happened between rendering and listening.
    setTimeout(() => waits && catchUp(), 200);
  } else {
    holding = true;
    open();
  }
  addEventListener("online", () => document.body.dataset.link !== "live" && comeBack());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && document.body.dataset.link !== "live") comeBack();
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && comeBack());
}
