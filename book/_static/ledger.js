/* Hides the entries of the ledger that the form above them does not ask for. */
for (const form of document.querySelectorAll("form.ledger-filter")) {
  const main = form.closest("main") ?? document.body;
  const entries = [...main.querySelectorAll(".ledger-entry")];
  const headings = [...main.querySelectorAll("p.rubric")];
  // What a reader sees, and not the names of the tests; a number asks for that equation or figure.
  const texts = entries.map((entry) => {
    const copy = entry.cloneNode(true);
    copy.querySelectorAll(".ledger-tests").forEach((tests) => tests.remove());
    return copy.textContent.toLowerCase();
  });
  const titles = entries.map((entry) => entry.querySelector("strong").textContent.toLowerCase());
  const asked = (word, k) =>
    /^\d+$/.test(word) ? titles[k].split(" ").includes(word) : texts[k].includes(word);
  const [search, verdict] = [form.querySelector("input"), form.querySelector("select")];
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [k, entry] of entries.entries()) {
      const right = !verdict.value || entry.classList.contains(`verdict-${verdict.value}`);
      entry.hidden = !(right && words.every((word) => asked(word, k)));
      shown += !entry.hidden;
    }
    for (const heading of headings) {
      let next = heading.nextElementSibling;
      while (next?.matches(".ledger-entry") && next.hidden) next = next.nextElementSibling;
      heading.hidden = !next?.matches(".ledger-entry");
    }
    form.querySelector("output").textContent = `${shown} of ${entries.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}
