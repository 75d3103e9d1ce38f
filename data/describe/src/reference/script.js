// What the page can do besides being read: copy, run what only reads, find a name.
// The key is never kept: it is gone when the page is.
"use strict";

const key = document.getElementById("key");
const given = (text) => (key.value ? text.replaceAll("$KEY", key.value) : text);

for (const button of document.querySelectorAll("button")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const example = button.closest(".example");
  if (button.classList.contains("copy")) {
    const shown = [...example.querySelectorAll("pre")].find((pre) => pre.offsetParent !== null);
    await navigator.clipboard.writeText(given(shown.textContent));
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
    return;
  }
  let answer = example.querySelector("output");
  if (!answer) {
    answer = document.createElement("output");
    const lines = document.createElement("pre");
    lines.style.display = "block";
    answer.append(lines);
    example.append(answer);
  }
  const lines = answer.firstChild;
  try {
    const headers = key.value ? { apikey: key.value, Authorization: `Bearer ${key.value}` } : {};
    if (button.dataset.profile) headers["Accept-Profile"] = button.dataset.profile;
    const response = await fetch(button.dataset.url, { headers });
    const text = await response.text();
    let body = text;
    try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { /* no JSON: as it came */ }
    lines.textContent = `${response.status} ${response.statusText}\n${body.slice(0, 20000)}`;
  } catch (error) {
    lines.textContent = String(error);
  }
});

document.getElementById("find").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of document.querySelectorAll("nav li")) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
});
