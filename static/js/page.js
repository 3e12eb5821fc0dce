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
    for (const name of ["state", "value", "count"]) follow(form.elements[name], dataset[name]);
  }
  for (const part of document.querySelectorAll(`[data-renew="${CSS.escape(id)}"]`)) {
    renew(part).catch(() => {}); // the next change, or a reload, tries again
  }
});

// What the reader chose or typed themselves stays.
function follow(field, now) {
  if (!field || now === undefined) return;
  if (field.matches("select")) {
    const before = [...field.options].find((option) => option.defaultSelected);
    if (before && field.value !== before.value) return;
    for (const option of field.options) option.defaultSelected = option.value === now;
    field.value = now;
  } else if (field.value === field.defaultValue) {
    field.defaultValue = now;
    field.value = now;
  }
}

// What tells of the fragment's past stands beside it and is read anew from its page.
async function renew(part) {
  const answer = await fetch(part.dataset.address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = document.createElement("template"); // inert: nothing in it is loaded or applied
  page.innerHTML = await answer.text();
  const fresh = page.content.getElementById(part.id);
  if (fresh) part.replaceWith(fresh);
}

// The list of phases is the same for everybody; which of them is shown is the page's own.
function mark(list) {
  const shown = list.closest("[data-shown]")?.dataset.shown;
  for (const link of list.querySelectorAll("[data-phase]")) {
    if (link.dataset.phase === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

document.addEventListener("warroom:swapped", (event) => {
  if (event.detail.id === "phase-list") mark(event.detail);
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

// The conditions of a vote are asked for where they belong; what was typed there never hides.
function conditions(form) {
  const part = form?.querySelector("details.conds");
  if (!part) return;
  const asked = Boolean(form.querySelector("[data-conditional]:checked"));
  const typed = [...part.querySelectorAll("[name$=-text]")].some((field) => field.value.trim());
  part.hidden = !asked && !typed;
  part.open = asked || typed;
}

document.addEventListener("change", (event) => {
  if (event.target.name === "vote") conditions(event.target.form);
});
for (const part of document.querySelectorAll("details.conds")) conditions(part.closest("form"));
