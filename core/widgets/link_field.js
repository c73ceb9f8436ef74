const said = element.querySelector("p");
const field = element.querySelector("input");

// On a Space the page is in a frame of its page at huggingface.co, which hands the query on.
function address(link) {
  const page = props.space ? `https://huggingface.co/spaces/${props.space}` : location.origin + location.pathname;
  return `${page}?${props.parameter}=${link}`;
}

async function copy() {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select(); // the older way, for pages without https
    return document.execCommand("copy");
  }
}

async function show() {
  const { link, problem } = props.value || {};
  said.textContent = problem || "";
  said.className = problem ? "problem" : "";
  field.hidden = !link;
  field.value = link ? address(link) : "";
  field.setAttribute("aria-label", word("label"));
  if (!link) return;
  const copied = await copy();
  if (!field.hidden) said.textContent = word(copied ? "copied" : "by_hand");
}

field.addEventListener("focus", () => field.select());
watch("value", show);
