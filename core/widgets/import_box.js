const ROOM = 4096; // bytes of a call beside the text
const area = element.querySelector("textarea");
const button = element.querySelector("button");
const file = element.querySelector("input");

function name() {
  area.placeholder = word("hint");
  area.setAttribute("aria-label", word("hint"));
  button.textContent = word("button");
  element.querySelector("span").textContent = word("file");
}

// null stands for what is no UTF-8; of what would take more than `max_bytes` in a call, just that is sent.
function send(text) {
  const sent = new Blob([JSON.stringify(text)]).size + ROOM;
  props.value = sent > props.max_bytes ? { text: "", bytes: props.max_bytes + 1 } : { text };
  trigger("submit");
}

async function take(chosen) {
  const bytes = await chosen.slice(0, props.max_bytes + 1).arrayBuffer();
  let text = null;
  try {
    text = new TextDecoder("utf-8", { fatal: bytes.byteLength <= props.max_bytes }).decode(bytes);
  } catch {
    // stays null
  }
  area.value = bytes.byteLength <= props.max_bytes ? text || "" : ""; // half a megabyte takes a browser seconds to lay out
  if (bytes.byteLength > props.max_bytes) text = "?".repeat(props.max_bytes);
  send(text);
}

button.addEventListener("click", () => send(area.value));
file.addEventListener("change", async () => {
  if (file.files.length > 0) await take(file.files[0]);
  file.value = ""; // so that the same file can be chosen again
});
area.addEventListener("dragover", (event) => {
  event.preventDefault();
  area.classList.add("over");
});
area.addEventListener("dragleave", () => area.classList.remove("over"));
area.addEventListener("drop", (event) => {
  area.classList.remove("over");
  if (event.dataTransfer.files.length === 0) return; // dropped text is the browser's own matter
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});
onLanguage(name);
name();
