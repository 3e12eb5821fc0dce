// The room has three shapes at one address, and the server picks. What is urgent, the verdict, has
// taken its place already; the page of another shape loads itself anew ("warroom:reload"), spread
// over a few seconds, so that a thousand of them do not come at once.

const SPREAD = 3000; // milliseconds
const shape = document.getElementById("shape")?.dataset.room;
let timer = 0;

document.addEventListener("warroom:swapped", (event) => {
  const { id, dataset } = event.detail;
  if (id !== "shape" || !shape) return;
  clearTimeout(timer);
  if (dataset.room === shape) return;
  const load = () => document.dispatchEvent(new CustomEvent("warroom:reload"));
  timer = setTimeout(load, SPREAD * Math.random());
});
