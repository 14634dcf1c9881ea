// A copy button beside everything that is to be copied into Entra. Without JavaScript there is none.
for (const text of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button little copy";
  button.textContent = text.dataset.copy;
  button.setAttribute("aria-label", `${text.dataset.copy} ${text.textContent}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = text.dataset.copied;
    setTimeout(() => { button.textContent = text.dataset.copy; }, 2000);
  });
  text.after(" ", button);
}

// Listed ids matter only with "Listed groups only".
const groups = document.querySelector("[data-only-with-scope]");
const scopes = document.querySelectorAll("input[name=scope]");
function showGroups() {
  const chosen = document.querySelector("input[name=scope]:checked");
  groups.hidden = chosen?.value !== groups.dataset.onlyWithScope && !groups.querySelector("textarea").value;
}
if (groups) {
  for (const scope of scopes) scope.addEventListener("change", showGroups);
  showGroups();
}

// Half-typed answers are not lost by a slip of the finger.
const form = document.querySelector("form[data-guard]");
let changed = false;
form?.addEventListener("input", () => { changed = true; });
form?.addEventListener("submit", () => { changed = false; });
window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
