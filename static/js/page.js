// Small conveniences over plain HTML: dialogs, menus that close, filters that submit themselves.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (opener || !menu.contains(event.target)) menu.open = false;
  }
  if (event.target.closest("[data-print]")) {
    event.preventDefault();
    window.print();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form beside a fragment speaks of what its reader sees, so it follows the fragment's revision.
document.addEventListener("warroom:swapped", (event) => {
  const { id, dataset } = event.detail;
  if (!dataset.revision) return;
  for (const form of document.querySelectorAll(`form[data-follows="${CSS.escape(id)}"]`)) {
    form.elements.revision.value = dataset.revision;
  }
});

document.addEventListener("change", (event) => {
  event.target.closest("form[data-auto]")?.requestSubmit();
});

// A release is closed or reopened while its page is open: the banner says so, the frame follows.
document.addEventListener("warroom:swapped", (event) => {
  if (event.detail.id !== "archived") return;
  document.body.toggleAttribute("data-mode", false);
  if (!event.detail.hidden) document.body.dataset.mode = "readonly";
});
