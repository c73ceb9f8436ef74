const ROOM = 4096; // bytes of a call beside the text
const MOST_FILE = 64 * 2 ** 20; // bytes of a recording
const MOST_RECORDING = 6 * 2 ** 20; // characters of it that are kept
const MOST_TEXT = 8 * 2 ** 20; // characters of a header, or of what may be packed
const area = element.querySelector("textarea");
const button = element.querySelector(".import");
const again = element.querySelector(".again");
const file = element.querySelector("input");

function name() {
  area.placeholder = word("hint");
  area.setAttribute("aria-label", word("hint"));
  button.textContent = word("button");
  again.textContent = word("again");
  element.querySelector("span").textContent = word("file");
}

// null stands for what is no UTF-8. What would take more than `max_bytes` in a call is sent `packed` (deflate, base64);
// of what is still too much, just that is sent. Of a recording's steps one in oneIn is left.
async function send(text, oneIn = 1) {
  const size = (value) => new Blob([JSON.stringify(value)]).size + ROOM;
  let value = { text, one_in: oneIn };
  if (size(value) > props.max_bytes && text.length <= MOST_TEXT) value = { text: "", packed: await pack(text), one_in: oneIn };
  props.value = size(value) > props.max_bytes ? { text: "", bytes: props.max_bytes + 1 } : value;
  trigger("submit");
}

async function pack(text) {
  const packed = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate")));
  let letters = "";
  for (const byte of new Uint8Array(await packed.arrayBuffer())) letters += String.fromCharCode(byte);
  return btoa(letters);
}

// Of a file of weights only the header is read: 8 bytes that say how long it is, and JSON. A pointer of Git LFS has none.
async function header(chosen) {
  const start = await chosen.slice(0, 8).arrayBuffer();
  const length = start.byteLength < 8 ? chosen.size : Number(new DataView(start).getBigUint64(0, true));
  if (length > chosen.size - 8) return JSON.stringify({ __no_header__: chosen.name });
  return length > MOST_TEXT ? " ".repeat(MOST_TEXT + 1) : chosen.slice(8, 8 + length).text();
}

// Of a folder's files, configurations and the like say no shapes; the names tell whether all parts are there.
async function takeWeights(chosen) {
  const files = chosen.filter((one) => /\.(safetensors|index\.json)$/.test(one.name));
  const parts = await Promise.all(files.map((one) => (one.name.endsWith(".safetensors") ? header(one) : one.text())));
  parts.push(JSON.stringify({ __files__: files.map((one) => one.name) }));
  area.value = "";
  await send(`[${parts.join(",")}]`);
}

// A recording of any length: while it is too long, every second step is left out.
async function takeRecording(chosen) {
  let kept = [];
  let every = 1; // of the steps
  let length = 0;
  let seen = 0;
  const isStep = (line) => line.startsWith('{"event": "Step"') || line.startsWith('{"event": "TensorStep"');
  const thinOut = () => {
    let step = 0;
    every *= 2;
    kept = kept.filter((line) => !isStep(line) || (line.startsWith('{"event": "Step"') ? step++ : step - 1) % 2 === 0);
    length = kept.reduce((sum, line) => sum + line.length + 1, 0);
  };
  let rest = "";
  let goesOn = true;
  const reader = chosen.stream().pipeThrough(new TextDecoderStream()).getReader();
  while (goesOn) {
    const { done, value } = await reader.read();
    const lines = (rest + (value || "")).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('{"event": "Step"')) seen += 1;
      if (!line || (isStep(line) && (seen - 1) % every)) continue;
      kept.push(line);
      length += line.length + 1;
      if (length > MOST_RECORDING) thinOut();
    }
    goesOn = !done;
  }
  area.value = "";
  const whole = () => `${kept.join("\n")}\n${rest}`; // whether a last line without an end is there to its end, the server sees
  let text = whole();
  while ((await pack(text)).length + ROOM > props.max_bytes && kept.some(isStep)) {
    thinOut();
    text = whole();
  }
  await send(text, every);
}

// A `handle` gives a recording anew while a training still writes it; a File cannot be read once it has changed.
let handle = null;

async function takeAll(chosen, from) {
  const files = [...chosen];
  handle = files[0].name.endsWith(".jsonl") ? await from : null;
  again.hidden = !handle;
  if (files[0].name.endsWith(".jsonl") && files[0].size <= MOST_FILE) return takeRecording(files[0]);
  if (files.some((one) => one.name.endsWith(".safetensors"))) return takeWeights(files);
  await take(files[0]);
}

// Of a folder, as one comes with its weights from a hub, the files in it.
async function takeFolder(folder) {
  const reader = folder.createReader();
  const entries = [];
  let some = [];
  do {
    some = await new Promise((done, failed) => reader.readEntries(done, failed)); // a hundred at a time
    entries.push(...some);
  } while (some.length);
  const files = entries.filter((entry) => entry.isFile).map((entry) => new Promise((done, failed) => entry.file(done, failed)));
  await (files.length ? takeAll(await Promise.all(files)) : send(""));
}

async function take(chosen) {
  const bytes = new Uint8Array(await chosen.slice(0, MOST_TEXT + 1).arrayBuffer());
  let text = null;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // stays null, but for a pickle, which is told by how it begins
    if (bytes[0] === 0x80 || (bytes[0] === 0x50 && bytes[1] === 0x4b)) text = "PK\u0003\u0004";
  }
  area.value = text && bytes.byteLength <= props.max_bytes ? text : ""; // more takes a browser seconds to lay out
  if (text === null && bytes.byteLength > props.max_bytes) text = " ".repeat(MOST_TEXT + 1);
  await send(text);
}

button.addEventListener("click", () => send(area.value));
again.addEventListener("click", async () => takeRecording(await handle.getFile()));
file.addEventListener("click", async (event) => {
  if (!window.showOpenFilePicker || window.self !== window.top) return; // elsewhere the browser's own way
  event.preventDefault();
  try {
    const handles = await window.showOpenFilePicker({ multiple: true });
    await takeAll(await Promise.all(handles.map((one) => one.getFile())), handles[0]);
  } catch (error) {
    if (error.name !== "AbortError") throw error; // none was chosen
  }
});
file.addEventListener("change", async () => {
  if (file.files.length > 0) await takeAll(file.files);
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
  const { files, items } = event.dataTransfer;
  const entry = items[0].webkitGetAsEntry();
  if (entry?.isDirectory) takeFolder(entry);
  else takeAll(files, items[0].getAsFileSystemHandle?.());
});
onLanguage(name);
name();
