const tabs = element.querySelector(".tabs");
const note = element.querySelector(".note");
const plot = element.querySelector(".plot");
const CONFIG = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

const REST = 9; // times as long as drawing took, until the next
const LONGEST_REST = 1000; // ms
const LATER = 3000; // ms: plotly.js is several MB, and a page that is being filled or typed into should not wait for it

let head = ""; // the first line as it came: a new one is a new run
let read = 0; // characters of props.value already taken
let views = []; // {label, data, layout, columns: [{x, y}] one per trace}
let shown = 0;
let fresh = null; // points of the shown view not drawn yet, one {x, y} per trace
let drawn = 0; // when the last points had been drawn, and how long that took, in ms
let took = 0;
let kept = recall(); // of a run that this page lost, by its reload or Gradio's
let loading = false; // plotly.js is on its way
let others = []; // earlier runs: {name, views}, drawn dashed beside this one

const css = (name) => getComputedStyle(element).getPropertyValue(name).trim();

function themed() {
  const grid = css("--border-color-primary");
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid };
  const colours = { "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font.color": css("--body-text-color") };
  colours["hoverlabel.bgcolor"] = css("--background-fill-primary");
  for (const name of ["xaxis", "yaxis"]) for (const key in axis) colours[`${name}.${key}`] = axis[key];
  return colours;
}

function filled(view) {
  return view.data.map((trace, i) => ({ ...trace, x: [...view.columns[i].x], y: [...view.columns[i].y] }));
}

function dashed(trace, name) {
  return { ...trace, name: `${trace.name} · ${name}`, opacity: 0.75, line: { ...trace.line, dash: "dash", width: 1.5 } };
}

function settle() {
  fresh = null;
  plot.setAttribute("aria-busy", "false");
}

function draw() {
  if (!views.length) return;
  if (!window.Plotly) return load();
  settle();
  const view = views[shown];
  const beside = others.flatMap((other) => filled(other.views[shown]).map((trace) => dashed(trace, other.name)));
  const traces = [...filled(view), ...beside];
  const layout = { ...structuredClone(view.layout), uirevision: head.slice(0, 60) + shown };
  Plotly.react(plot, traces, layout, CONFIG).then(() => Plotly.relayout(plot, themed()));
}

function flush() {
  const points = fresh;
  settle();
  if (!points || !window.Plotly) return;
  const began = performance.now();
  Plotly.extendTraces(plot, { x: points.map((p) => p.x), y: points.map((p) => p.y) }, points.map((_, i) => i));
  requestAnimationFrame(() => setTimeout(() => {
    drawn = performance.now(); // layout and painting too
    took = drawn - began;
  }));
}

// At once, unless drawing would keep a slow machine, on which the run may be computing, busy all the time.
function schedule() {
  plot.setAttribute("aria-busy", "true");
  fresh = views[shown].data.map(() => ({ x: [], y: [] }));
  const wait = drawn + Math.min(REST * took, LONGEST_REST) - performance.now();
  setTimeout(() => (document.hidden ? flush() : requestAnimationFrame(flush)), wait); // hidden pages get no frames
}

function show(index) {
  shown = index;
  for (const [i, tab] of [...tabs.children].entries()) tab.setAttribute("aria-selected", String(i === shown));
  draw();
}

function drawTabs() {
  const buttons = views.map((view, index) => {
    const button = make("button", { type: "button", role: "tab" }, view.label);
    button.addEventListener("click", () => show(index));
    return button;
  });
  tabs.replaceChildren(...buttons);
}

function viewsOf(line) {
  const empty = line ? JSON.parse(line).views : [];
  for (const view of empty) view.columns = view.data.map(() => ({ x: [], y: [] }));
  return empty;
}

function restart(line) {
  head = line;
  views = viewsOf(line);
  note.textContent = views.length ? "" : word("empty");
  if (kept) note.textContent = word("kept");
  drawTabs();
  if (views.length) show(Math.min(shown, views.length - 1));
}

function addPoints(columns, step, values) {
  values.forEach((y, i) => {
    columns[i].x.push(step);
    columns[i].y.push(y);
  });
}

function take([step, ...values]) {
  values.forEach((ofView, v) => {
    if (ofView === null) return;
    addPoints(views[v].columns, step, ofView);
    if (v === shown && fresh) addPoints(fresh, step, ofView);
  });
}

function compare() {
  const begun = (props.others || []).filter(({ text }) => text.includes("\n"));
  others = begun.map(({ name, text }) => {
    const [line, ...rows] = text.trimEnd().split("\n");
    const itsViews = viewsOf(line);
    for (const [step, ...values] of rows.map((row) => JSON.parse(row))) {
      values.forEach((ofView, v) => ofView !== null && addPoints(itsViews[v].columns, step, ofView));
    }
    return { name, views: itsViews };
  });
  draw();
}

// Gradio loads the page anew once a lost connection is back; the run has ended with it.
function recall() {
  try {
    return sessionStorage.getItem("cut-off run") || "";
  } catch {
    return ""; // a frame that may store nothing
  }
}

function keep() {
  const runs = document.querySelector("#stop:enabled") && props.value;
  try {
    if (runs) sessionStorage.setItem("cut-off run", props.value);
    else sessionStorage.removeItem("cut-off run");
  } catch {
    // a frame that may store nothing, or more than a browser stores: some 5 MB
  }
}

function feed() {
  if (props.value) kept = "";
  const text = props.value || kept;
  const endOfHead = text.indexOf("\n");
  const line = endOfHead < 0 ? "" : text.slice(0, endOfHead);
  if (line !== head || text.length < read) {
    read = endOfHead + 1;
    restart(line);
  }
  const end = text.lastIndexOf("\n") + 1;
  if (end <= read) return;
  if (!fresh) schedule();
  text.slice(read, end).trimEnd().split("\n").forEach((row) => take(JSON.parse(row)));
  read = end;
}

function load() {
  if (loading || window.Plotly) return;
  loading = true;
  const script = document.createElement("script");
  script.src = new URL(props.script, window.location.origin + window.location.pathname.replace(/[^/]*$/, ""));
  script.onload = draw;
  script.onerror = () => { note.textContent = word("missing"); };
  document.head.append(script);
}

restart("");
watch("value", feed);
window.addEventListener("pagehide", keep);
watch("others", compare);
feed();
setTimeout(load, LATER);
const retheme = () => { if (window.Plotly && views.length) Plotly.relayout(plot, themed()); };
new MutationObserver(retheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
new ResizeObserver(() => { if (window.Plotly && plot.data && plot.offsetParent) Plotly.Plots.resize(plot); }).observe(element);
