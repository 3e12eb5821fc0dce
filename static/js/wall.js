// The wall stays open for weeks and nobody is there to press Reload. It loads itself anew when the
// server says so (another build, another shape) and once a day, but only after the server has just
// answered with the page: an error page of the browser would stay there until somebody comes.

const DAY = 24 * 60 * 60 * 1000;
const TRY = 20000; // milliseconds

let wanted = false;
let trying = false;

async function reload() {
  if (trying) return;
  trying = true;
  try {
    const answer = await fetch(location.href, {
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(10000),
    });
    if (answer.ok) location.reload();
  } catch {
    // The board goes on as it is, by snapshots; it says itself when it is not live.
  }
  trying = false;
}

function want() {
  wanted = true;
  reload();
}

// Before those who would reload at once (reload.js listens on the document).
window.addEventListener(
  "warroom:reload",
  (event) => {
    event.stopImmediatePropagation();
    want();
  },
  true,
);
setInterval(() => wanted && reload(), TRY);
setTimeout(want, DAY);
