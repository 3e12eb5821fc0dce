// The live link of a release. The stream (data-live-url) says "panels" (fragments; id: sequence
// number), "beat" (server time), "end" (open me again), "shape" (load the page anew). A snapshot
// (…/snapshot?after=seq) gives the same fragments in one answer: to catch up, and instead of the
// stream where a network blocks it or holds it back. The stream counts from its first beat on, not
// from its headers, which a proxy may send alone.

const url = document.body.dataset.liveUrl;
const FIRST = 5000; // the first beat comes at once
const SILENCE = 25000; // then one every 15 s
const POLL = 4000;
const OUT = 10000; // between looks of a page that is signed out
const RETRY = [1000, 2000, 4000, 5000];
const STREAM = [1000, 2000, 5000, 10000, 30000];

let seq = Number(document.body.dataset.seq || 0);
let source = null;
let holding = false; // this tab reads the stream, for its siblings too
let beats = false; // and the stream speaks
let behind = false; // something was missed: only a snapshot or an own stream can fill the gap
let polls = false; // snapshots come through
let looking = false;
let failures = 0; // of the stream
let misses = 0; // of snapshots
let round = 0; // of waking up: what was asked before it tells nothing about now
let heardAt = Date.now();
let siblingAt = Date.now(); // when the tab that holds the stream was heard
let openAt = 0;
let timer = 0;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const step = (steps, count) => steps[Math.min(count, steps.length - 1)];
// Spread out: after a restart all tabs of a team come back together.
const spread = (pause) => pause * (0.7 + 0.6 * Math.random());

function heard() {
  heardAt = Date.now();
  tell("warroom:heard");
}

function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}

function receive(message, own = true) {
  if (message.kind === "down") {
    tell("warroom:doubt");
    return;
  }
  if (own || !behind) heard();
  if (message.kind === "beat") {
    const at = Date.parse(message.data);
    if (at) tell("warroom:time", at);
  } else if (message.kind === "panels") {
    if (own || !behind) seq = Math.max(seq, Number(message.seq) || 0);
    tell("warroom:fragments", { html: message.data, asked: message.asked });
  } else if (message.kind === "shape") {
    tell("warroom:reload");
  }
}

function pass(message) {
  receive(message);
  tell("warroom:told", message);
}

function broken() {
  source?.close();
  source = null;
  beats = false;
  openAt = Date.now() + step(STREAM, failures);
  failures += 1;
  if (polls) return; // snapshots carry the page meanwhile
  doubt();
  later(spread(step(RETRY, misses)));
}

function doubt() {
  tell("warroom:doubt");
  if (holding) tell("warroom:told", { kind: "down" });
}

function open() {
  source?.close();
  const stream = new EventSource(`${url}?after=${seq}`);
  const quiet = setTimeout(() => source === stream && broken(), FIRST);
  const on = (kind) =>
    stream.addEventListener(kind, (event) => {
      if (source !== stream) return;
      clearTimeout(quiet);
      beats = true;
      polls = behind = false;
      failures = misses = 0;
      clearTimeout(timer);
      pass({ kind, data: event.data, seq: event.lastEventId });
    });
  source = stream;
  for (const kind of ["panels", "beat", "shape"]) on(kind);
  stream.addEventListener("end", () => source === stream && open());
  stream.addEventListener("error", () => {
    clearTimeout(quiet);
    if (source === stream) broken();
  });
}

// While no stream speaks: what is new, again and again, and now and then the stream itself.
async function look() {
  if (looking) return;
  looking = true;
  const state = await catchUp();
  looking = false;
  if (beats && !behind) return;
  polls = state === "ok";
  misses = polls ? 0 : misses + 1;
  if (state === "out") {
    tell("warroom:out");
    later(OUT);
    return;
  }
  if (!polls) doubt();
  if (holding && !source && Date.now() >= openAt) open();
  const carried = !holding && Date.now() - siblingAt < SILENCE;
  if (!polls || !carried) later(polls ? POLL : spread(step(RETRY, misses)));
}

async function catchUp() {
  const [asked, begun] = [performance.now(), round];
  try {
    const answer = await fetch(`${url}/snapshot?after=${seq}`, {
      headers: { "HX-Request": "true" },
      redirect: "manual",
      signal: AbortSignal.timeout(10000),
    });
    if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) return "out";
    const newest = answer.headers.get("X-Warroom-Seq");
    const data = await answer.text();
    // Without the number somebody on the way answered in our name.
    if (!answer.ok || !newest || begun !== round) return "failed";
    behind = false;
    const message = { kind: "panels", seq: newest, data, asked };
    receive(message);
    if (holding) tell("warroom:told", { ...message, asked: undefined });
    const viewer = answer.headers.get("X-Warroom-Viewer");
    const other = viewer !== null && viewer !== document.body.dataset.viewer;
    if (other || answer.headers.has("X-Warroom-Reload")) tell("warroom:reload");
    return "ok";
  } catch {
    return "failed";
  }
}

// The lid was closed, the page came back by Back, the network changed: nothing is taken for true
// that was not heard just now. Timers stand still meanwhile, the clock does not.
function wake() {
  round += 1;
  behind = true;
  source?.close();
  source = null;
  beats = polls = false;
  openAt = failures = misses = 0;
  doubt();
  later(0);
}

function check() {
  const silent = Date.now() - heardAt > SILENCE && !document.hidden;
  if (silent && (beats || document.body.dataset.link === "live")) wake();
}

function hear(message) {
  siblingAt = Date.now();
  if (!behind && message.kind !== "down") clearTimeout(timer);
  receive(message, false);
}

if (url) {
  document.addEventListener("warroom:sibling", (event) => hear(event.detail));
  document.addEventListener("warroom:hold", () => {
    holding = true;
    if (!("out" in document.body.dataset)) open();
  });
  // If a sibling holds the stream: what happened between rendering and listening.
  setTimeout(() => holding || look(), 200);
  setInterval(check, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (document.body.dataset.link === "live") check();
    else later(0);
  });
  document.addEventListener("resume", check);
  addEventListener("focus", () => "out" in document.body.dataset && later(0));
  addEventListener("online", wake);
  addEventListener("offline", () => {
    polls = false;
    broken();
  });
  addEventListener("pagehide", () => {
    holding = false;
    source?.close();
    source = null;
  });
  addEventListener("pageshow", (event) => event.persisted && wake());
}
