// Says what the button will do before it is pressed, and warns before ticks are lost. The page works without it.
const bar = document.querySelector("[data-choice]");
const form = bar && document.getElementById(bar.dataset.choice);

const changed = () => [...form.querySelectorAll("input[type=checkbox]")].filter((box) => box.checked !== box.defaultChecked);

function tell() {
  const boxes = changed();
  for (const row of form.querySelectorAll("tbody tr")) {
    row.classList.toggle("changed", boxes.some((box) => row.contains(box)));
  }
  const added = boxes.filter((box) => box.checked).length;
  const counts = [[bar.dataset.add, added], [bar.dataset.remove, boxes.length - added]];
  const told = counts.filter(([words]) => words).map(([words, n]) => words.replace("{n}", n)).join(", ");
  const line = bar.querySelector(".choice-told");
  line.textContent = boxes.length ? `${told}.` : line.dataset.start;
}

if (form) {
  const line = bar.querySelector(".choice-told");
  line.dataset.start = line.textContent;
  let sent = false;
  form.addEventListener("change", tell);
  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && changed().length) event.preventDefault();
  });
}
