// Shows a part of a form only where what was chosen asks for it; without this every part shows.
for (const part of document.querySelectorAll("[data-when]")) {
  const form = part.closest("form");
  const wanted = part.dataset.when.split(" ");
  const choices = [...form.querySelectorAll(`input[name="${part.dataset.field}"]`)];
  const find = () => choices.find((one) => one.checked || one.type === "hidden")?.value;
  const show = () => {
    const isAsked = wanted.includes(find());
    part.hidden = !isAsked;
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = !isAsked;
  };
  for (const one of choices) one.addEventListener("change", show);
  show();
}
