// What screen readers are told: each turn of the release once, whatever is loaded, lost or sent
// again. The fragment "say" carries the newest turns with their numbers; spoken are those above the
// one that this page began with or spoke last. The element stays, only its text is swapped.

let heard = Number(document.body.dataset.seq || 0);

document.addEventListener("warroom:say", (event) => {
  const place = document.getElementById("say");
  const fresh = [...event.detail.querySelectorAll("[data-said]")].filter(
    (turn) => Number(turn.dataset.said) > heard,
  );
  if (!place || !fresh.length) return;
  heard = Math.max(...fresh.map((turn) => Number(turn.dataset.said)));
  place.textContent = fresh.map((turn) => turn.textContent.trim()).join(" ");
  document.dispatchEvent(new CustomEvent("warroom:said", { detail: place.textContent }));
});
