const said = element.querySelector("p");
const shown = element.querySelector(".shown");
const close = element.querySelector(".close");
const AFTER_TYPING = 400; // ms
const [field, ...told] = ["link", "title", "note"].map((name) => element.querySelector("." + name));

// On a Space the page is in a frame of its page at huggingface.co, which hands the query on.
function address(link) {
  const page = props.space ? `https://huggingface.co/spaces/${props.space}` : location.origin + location.pathname;
  const query = new URLSearchParams({ [props.parameter]: link });
  for (const name of props.kept) {
    const text = new URLSearchParams(location.search).get(name);
    if (text) query.set(name, text);
  }
  query.set("lang", language());
  for (const input of told) if (input.value.trim()) query.set(input.className, input.value.trim());
  return `${page}?${query}`;
}

let written = Promise.resolve(); // one after the other, or an earlier text might come last

async function copied() {
  try {
    written = written.catch(() => {}).then(() => navigator.clipboard.writeText(field.value));
    await written;
    return true;
  } catch {
    if (told.includes(document.activeElement)) return false; // the older way would take the focus while one types
    field.select(); // the older way, for pages without https
    return document.execCommand("copy");
  }
}

async function copy() {
  if (!props.value?.link || shown.hidden) return;
  field.value = address(props.value.link);
  const done = await copied();
  if (!shown.hidden) said.textContent = word(done ? "copied" : "by_hand");
}

function show() {
  const { link, problem } = props.value || {};
  said.textContent = problem || "";
  said.className = problem ? "problem" : "";
  shown.hidden = !link;
  for (const input of told) input.value ||= new URLSearchParams(location.search).get(input.className) || "";
  if (link) copy();
}

function label() {
  close.setAttribute("aria-label", word("close"));
  field.setAttribute("aria-label", word("label"));
  for (const input of told) input.previousElementSibling.textContent = word(input.className);
}

let typing = null; // the timer until what was typed is copied

field.addEventListener("focus", () => field.select());
for (const input of told) {
  input.addEventListener("input", () => {
    if (!props.value?.link) return;
    field.value = address(props.value.link);
    clearTimeout(typing);
    typing = setTimeout(copy, AFTER_TYPING);
  });
}
close.addEventListener("click", () => { shown.hidden = true; said.textContent = ""; });
watch("value", show);
onLanguage(label);
label();
