// Changing a filter, a view or a page fetches the page of that address and puts its parts in place of ours.
// Without this script the same forms and links load the whole page.
(() => {
  const form = document.getElementById("filters");
  const PARTS = ["aantal", "snel", "lijst"];
  const WAIT = 250; // going through a list of choices by arrow key is one change, not one per choice
  let shown = location.pathname + location.search;
  let timer, under_way;

  function buildAddress() {
    const set = [...new FormData(form)].filter(([, value]) => value.trim());
    const query = new URLSearchParams(set).toString();
    return query ? `/?${query}` : "/";
  }

  async function show(address, { push = true, focus = false } = {}) {
    clearTimeout(timer);
    under_way?.abort();
    under_way = new AbortController();
    const list = document.getElementById("lijst");
    list.setAttribute("aria-busy", "true");
    let text;
    try {
      const answer = await fetch(address, { signal: under_way.signal });
      // a session that ended, a fault: the browser shows it better than we do
      if (!answer.ok || answer.redirected) return location.assign(address);
      text = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
      return;
    }
    if (push) history.pushState(null, "", address);
    shown = address;
    put(new DOMParser().parseFromString(text, "text/html"), focus);
  }

  function put(page, focus) {
    for (const id of PARTS) document.getElementById(id).replaceWith(page.getElementById(id));
    const fields = page.getElementById("filters").elements;
    for (const field of form.elements) {
      const same = field.name && fields[field.name];
      if (!same) continue;
      if (field.type === "checkbox") field.checked = same.checked;
      else field.value = same.value;
    }
    document.getElementById("melding").textContent = document.getElementById("aantal").textContent;
    if (!focus) return;
    const list = document.getElementById("lijst");
    list.focus({ preventScroll: true });
    if (list.getBoundingClientRect().top < 0) list.scrollIntoView();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(buildAddress());
  });
  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => show(buildAddress()), WAIT);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#snel a, #lijst a");
    const plain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.pathname !== "/" || event.defaultPrevented) return;
    event.preventDefault();
    show(link.pathname + link.search, { focus: true });
  });
  addEventListener("popstate", () => {
    const here = location.pathname + location.search;
    if (here !== shown) show(here, { push: false });
  });
})();
