// Makes the intake quicker to use; without it the pages do the same after a click.
"use strict";

const EVERY_MS = 2000;
const ACTIVE = ["waiting", "running"];

// says before sending that a file is too large, and that sending takes a while
const form = document.querySelector("[data-upload]");
if (form) {
  const file = form.querySelector("input[type=file]");
  const fault = document.getElementById("fout-file");
  const told = form.querySelector("[data-sending]");
  file.addEventListener("change", () => {
    const chosen = file.files[0];
    const tooLarge = Boolean(chosen) && chosen.size > Number(file.dataset.most);
    fault.textContent = tooLarge ? file.dataset.tooLarge : "";
    file.setAttribute("aria-invalid", String(tooLarge));
    file.setCustomValidity(tooLarge ? file.dataset.tooLarge : "");
  });
  form.addEventListener("submit", () => {
    told.textContent = told.dataset.sending;
    form.querySelector("button[type=submit]").disabled = true;
  });
  // back from the next page: the form can be used again
  window.addEventListener("pageshow", () => {
    told.textContent = "";
    form.querySelector("button[type=submit]").disabled = false;
  });
}

// asks for the page anew while the file is read, and puts the new state in its place
async function refresh() {
  const shown = document.querySelector("[data-progress]");
  if (!shown || !ACTIVE.includes(shown.dataset.progress)) {
    return;
  }
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    const text = await answer.text();
    const found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-progress]");
    if (answer.ok && found) {
      const hadFocus = shown.contains(document.activeElement);
      const before = shown.dataset.progress;
      shown.replaceWith(found);
      if (hadFocus) {
        (found.querySelector("[data-refresh]") || document.getElementById("inhoud")).focus();
      }
      if (found.dataset.progress !== before) {
        document.querySelector("[data-said]").textContent = found.dataset.saidNl;
      }
    }
  } catch {
    // the service is away for a moment: asked again below
  }
  window.setTimeout(refresh, EVERY_MS);
}
window.setTimeout(refresh, EVERY_MS);
