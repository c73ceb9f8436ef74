// The legend: a button for each line of the run and for each earlier run; `chart` is what live_chart.js holds. Plotly's
// own is drawn anew with every point, and no key reaches it; only the saved picture has it.
const lineKey = (i) => `${chart.views[chart.shown].key === "loss" ? "loss" : "group"} ${i}`;
const runKey = (name) => `run ${name}`;
const isShown = (key) => !chart.hidden.has(key);

// Whether an earlier run's line is to be seen: it goes with the line of the same name.
function isShownBeside(run, name) {
  return isShown(runKey(run)) && isShown(lineKey(chart.views[chart.shown].data.findIndex((trace) => trace.name === name)));
}

function entries() {
  const rows = rowsOf(chart);
  const lines = chart.views[chart.shown].data.map(({ name, line }, i) => ({ key: lineKey(i), name: plain(name), line, row: rows[i] }));
  return [...lines, ...chart.others.map(({ name }) => ({ key: runKey(name), name, line: BESIDE, row: "" }))];
}

function drawLegend() {
  const drawn = entries();
  const text = JSON.stringify(drawn);
  if (text !== chart.legend) legend.replaceChildren(...drawn.map(entry));
  chart.legend = text;
  for (const [i, button] of [...legend.children].entries()) button.setAttribute("aria-pressed", String(isShown(drawn[i].key)));
}

function entry({ key, name, line, row }) {
  const swatch = make("span", { className: "swatch" });
  swatch.style.borderTop = `2px ${line.dash === "dash" ? "dashed" : "solid"} ${line.color}`;
  const button = make("button", { type: "button" }, swatch, make("span", {}, name));
  button.addEventListener("click", ({ detail }) => { press(key, detail); draw(); });
  for (const [event, met] of [["pointerenter", row], ["pointerleave", ""]]) button.addEventListener(event, () => meetEntry(met));
  return button;
}

// Twice shows a line alone, or all of them again.
function press(key, clicks) {
  const others = chart.views[chart.shown].data.map((_, i) => lineKey(i)).filter((each) => each !== key);
  if (clicks !== 2 || key.startsWith("run")) {
    if (!chart.hidden.delete(key)) chart.hidden.add(key);
    return;
  }
  const change = others.some(isShown) ? "add" : "delete";
  for (const other of others) chart.hidden[change](other);
  chart.hidden.delete(key);
}

function meetEntry(row) {
  meetRow({ detail: row });
  document.dispatchEvent(new CustomEvent("line-met", { detail: row }));
}
