// What the page says about itself: live, reconnecting, or (after half a minute, or at once when it
// has been away for longer) not live, without colour and with the time that it shows. Others tell it
// by events: "warroom:heard" (what is shown is true now), "warroom:doubt" (it may not be),
// "warroom:out" (signed out, or no longer theirs to see).

const LOST = 30000; // milliseconds

let skew = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
let heardAt = Date.now();
let lostTimer = 0;

function show(state) {
  if (document.body.dataset.link === state) return;
  document.body.dataset.link = state;
  if (state === "live") return;
  const at = new Date(heardAt + skew);
  for (const element of document.querySelectorAll("[data-asof]")) {
    element.textContent = at.toISOString().slice(11, 19);
    element.dateTime = at.toISOString();
  }
  for (const element of document.querySelectorAll("[data-lost-since]")) {
    element.dataset.elapsed = at.toISOString();
  }
}

function heard() {
  heardAt = Date.now();
  clearTimeout(lostTimer);
  lostTimer = 0;
  delete document.body.dataset.out;
  show("live");
}

function doubt() {
  if (lostTimer) return;
  const left = LOST - (Date.now() - heardAt);
  show(left > 0 ? "reconnecting" : "lost");
  lostTimer = setTimeout(() => show("lost"), Math.max(left, 0));
}

document.addEventListener("warroom:time", (event) => {
  skew = event.detail - Date.now();
});
document.addEventListener("warroom:heard", heard);
document.addEventListener("warroom:doubt", doubt);
document.addEventListener("warroom:out", () => {
  document.body.dataset.out = "";
  doubt();
  show("lost");
});
