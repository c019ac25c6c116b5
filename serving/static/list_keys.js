// Keys that move over the rows of the list. Only outside fields, never with a modifier, and they can be put off.
(() => {
  const help = document.getElementById("sneltoetsen");
  const on = document.getElementById("toetsen-aan");
  const NAME = "kantelpunt.sneltoetsen";
  const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

  const recall = () => {
    try {
      return localStorage.getItem(NAME);
    } catch {
      return null; // a browser that keeps nothing: the keys work until the page is left
    }
  };
  const keep = (value) => {
    try {
      localStorage.setItem(NAME, value);
    } catch {
      // as above
    }
  };

  help.hidden = false;
  on.checked = recall() !== "uit";
  on.addEventListener("change", () => keep(on.checked ? "aan" : "uit"));

  function move(step, isArrow) {
    const links = [...document.querySelectorAll(".kp-case")];
    const row = document.activeElement.closest("#lijst tr");
    const at = links.indexOf(row?.querySelector(".kp-case"));
    if (isArrow && at < 0) return false; // the arrows scroll, as everywhere
    const next = at < 0 ? links[0] : links[at + step];
    next?.focus();
    return Boolean(next);
  }

  function act(key) {
    if (key in STEPS) return move(STEPS[key], key.startsWith("Arrow"));
    if (key === "/") {
      document.getElementById("zoek").focus();
      return true;
    }
    if (key === "n") {
      const next = document.querySelector("#lijst a[rel=next]");
      next?.click();
      return Boolean(next);
    }
    if (key !== "?") return false;
    help.open = !help.open;
    help.querySelector("summary").focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, select, textarea, [contenteditable]");
    if (!on.checked || isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
    if (act(event.key)) event.preventDefault();
  });
})();
