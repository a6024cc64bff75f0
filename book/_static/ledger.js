/* Hides the entries of the ledger that the form above them does not ask for. */
for (const form of document.querySelectorAll("form.ledger-filter")) {
  const entries = [...form.parentElement.querySelectorAll(".ledger-entry")];
  const [search, verdict] = [form.querySelector("input"), form.querySelector("select")];
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const text = entry.textContent.toLowerCase();
      const right = !verdict.value || entry.classList.contains(`verdict-${verdict.value}`);
      entry.hidden = !(right && words.every((word) => text.includes(word)));
      shown += !entry.hidden;
    }
    form.querySelector("output").textContent = `${shown} of ${entries.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}
