// The sentence beside a control whose change did not reach the server: why, that nothing was recorded
// and what was written is still here, and a button to send it again.

const word = (name, values) => window.warroomWord(name, values);
const isSignIn = (address) => new URL(address, location.href).pathname === "/sign-in/";

function line(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function note(what, again) {
  const box = document.createElement("div");
  box.className = "note note--bad";
  box.setAttribute("role", "alert");
  const body = document.createElement("div");
  body.append(line(what), line(word("kept")));
  box.append(body);
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = word("again");
    button.addEventListener("click", again);
    box.append(button);
  }
  return box;
}

// One sign-in, in a tab of its own: what was typed here stays, and is sent again from here.
function signedOut(again) {
  const box = note(word("signed-out"), again);
  const link = document.createElement("a");
  link.href = "/sign-in/";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = word("sign-in");
  box.querySelector("p").append(" ", link);
  return box;
}

// A whole page is no answer to an action: the sign-in, a fault, or a proxy that speaks for the server.
function unanswered(status, address, again) {
  if (isSignIn(address)) return signedOut(again);
  return note(status === 403 ? word("old-form") : word("answered", { status }), again);
}

window.warroomUnsaved = {
  isSignIn,
  signedOut,
  unanswered,
  because: (name, again) => note(word(name), again),
};
