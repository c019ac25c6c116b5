// What a test asks of a page in a browser, beside axe. Each function returns what is wrong, in words.
(() => {
  const tell = (el) => `<${el.localName}${el.id ? ` id=${el.id}` : ""} class="${el.getAttribute("class") ?? ""}"> ${el.textContent.trim().slice(0, 50)}`;
  const isSeen = (el) => el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !el.closest(".kp-hidden, .kp-skip:not(:focus)") && !isSqueezed(el);
  // a head of a table that is only read aloud, and its likes
  const isSqueezed = (el) => { for (let at = el; at; at = at.parentElement) if (getComputedStyle(at).clipPath === "inset(50%)") return true; return false; };
  const all = (selector) => [...document.querySelectorAll(selector)];

  function structure() {
    const faults = [];
    if (document.documentElement.lang !== "nl") faults.push("the language is not told");
    const levels = all("h1, h2, h3, h4, h5, h6").filter((el) => el.checkVisibility()).map((el) => Number(el.localName[1]));
    if (levels.filter((level) => level === 1).length !== 1) faults.push("not one h1");
    if (levels[0] !== 1) faults.push(`begins with h${levels[0]}`);
    levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) faults.push(`h${level} after h${levels[i - 1]}`); });
    const ids = all("[id]").map((el) => el.id);
    faults.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `two things with id ${id}`));
    return faults;
  }

  // the boxes that cut an element off, and whether one can scroll in them
  function findFrames(el) {
    const frames = [];
    for (let at = el; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (`${style.overflowX}${style.overflowY}` !== "visiblevisible") frames.push({ box: at.getBoundingClientRect(), scrolls: /auto|scroll/.test(style.overflowX + style.overflowY) });
    }
    return frames;
  }

  // every line of text that can be seen: where it stands, and in what
  function listLines() {
    const lines = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const el = node.parentElement;
      if (!node.data.trim() || ["SCRIPT", "OPTION", "TEXTAREA"].includes(el.tagName) || !isSeen(el)) continue;
      const range = document.createRange(), frames = findFrames(el);
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) lines.push({ el, box, frames });
    }
    return lines;
  }

  function cut({ el, box, frames }) {
    if (box.left < -1 || (box.right > innerWidth + 1 && !frames.some((one) => one.scrolls))) return `beyond the page: ${tell(el)}`;
    const by = frames.find((one) => !one.scrolls && (box.left < one.box.left - 1 || box.right > one.box.right + 1 || box.top < one.box.top - 2 || box.bottom > one.box.bottom + 2));
    return by ? `cut off: ${tell(el)}` : "";
  }

  const isHidden = ({ box, frames }) => frames.some((one) => one.scrolls && (box.bottom > one.box.bottom || box.top < one.box.top || box.right > one.box.right));

  function overlaps(lines) {
    const faults = [], sorted = lines.filter((one) => !isHidden(one)).sort((a, b) => a.box.top - b.box.top);
    sorted.forEach((one, i) => {
      for (let j = i + 1; j < sorted.length && sorted[j].box.top < one.box.bottom - 4; j += 1) {
        const other = sorted[j];
        const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const high = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
        // boxes of letters are higher than the letters: lines that stand close are no overlap
        if (wide > 2 && high > 0.45 * Math.min(one.box.height, other.box.height)) faults.push(`overlap: ${tell(one.el)} and ${tell(other.el)}`);
      }
    });
    return faults;
  }

  // what was chosen must be readable in a box of choices too
  function cutChoices() {
    const pen = document.createElement("canvas").getContext("2d");
    return all("select").filter(isSeen).filter((el) => {
      const style = getComputedStyle(el);
      pen.font = style.font;
      const room = el.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      return pen.measureText(el.selectedOptions[0]?.text ?? "").width > room + 1;
    }).map((el) => `a choice is cut off: ${el.name}`);
  }

  const isInText = (el) => getComputedStyle(el).display === "inline" && el.parentElement.textContent.trim() !== el.textContent.trim();

  function smallTargets() {
    return all("a[href], button, input:not([type=hidden]), select, textarea, summary").filter(isSeen).filter((el) => {
      const target = ["radio", "checkbox"].includes(el.type) ? el.closest("label") ?? el : el;
      const box = target.getBoundingClientRect();
      return box.width < 24 || box.height < 24;
    }).filter((el) => !isInText(el)).map((el) => `a target under 24 px: ${tell(el)}`);
  }

  function layout() {
    const wide = document.documentElement.scrollWidth, lines = listLines();
    const faults = wide > innerWidth ? [`scrolls sideways: ${wide}`] : [];
    return [...new Set([...faults, ...lines.map(cut).filter(Boolean), ...overlaps(lines), ...cutChoices()])];
  }

  function print() {
    const gone = all("nav, .kp-skip, .kp-who, button").filter((el) => el.checkVisibility());
    return [...gone.map((el) => `on paper: ${tell(el)}`), ...layout()];
  }

  const isLandscape = () => [...document.styleSheets].some((sheet) => [...sheet.cssRules].some((rule) => /@page[^}]*landscape/.test(rule.cssText)));

  function focus() {
    const faults = [];
    for (const el of all("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")) {
      if (!el.checkVisibility() || el.disabled) continue;
      el.focus({ preventScroll: true });
      const style = getComputedStyle(el), box = el.getBoundingClientRect();
      if (document.activeElement !== el) faults.push(`takes no focus: ${tell(el)}`);
      else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push(`shows no focus: ${tell(el)}`);
      else if (box.right < 1 || box.width < 1) faults.push(`is focused out of sight: ${tell(el)}`);
    }
    return faults;
  }

  const unfold = () => all("details").forEach((el) => { el.open = true; });
  window.checks = { structure, layout, smallTargets, print, isLandscape, focus, unfold };
})();
