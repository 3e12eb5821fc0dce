// "Copy" beside a command. Without script, or where the clipboard is closed to us, the command is
// text that can be selected: the buttons come out hidden and are shown only where they work.

const SAID = 2000; // milliseconds

function show(scope) {
  if (!navigator.clipboard) return;
  for (const button of scope.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const text = button && document.getElementById(button.dataset.copy)?.textContent;
  if (!text) return;
  event.preventDefault();
  const word = button.firstChild;
  try {
    await navigator.clipboard.writeText(text.trim());
    word.textContent = window.warroomWord("copied");
  } catch {
    getSelection()?.selectAllChildren(document.getElementById(button.dataset.copy));
    word.textContent = window.warroomWord("selected");
  }
  setTimeout(() => {
    word.textContent = window.warroomWord("copy");
  }, SAID);
});

show(document);
document.addEventListener("warroom:swapped", (event) => show(event.detail));
