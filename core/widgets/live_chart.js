const tabs = element.querySelector(".tabs");
const note = element.querySelector(".note");
const plot = element.querySelector(".plot");
const CONFIG = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

const REST = 9; // times as long as drawing took, until the next
const LONGEST_REST = 1000; // ms
const LATER = 3000; // ms: plotly.js is several MB, and a page that is being filled or typed into should not wait for it

// Points are lists of {x, y}: for each view, one per trace.
const chart = {
  head: "", // the first line as it came: a new one is a new run
  read: 0, // characters of the text already taken
  views: [], // {label, data, layout}, without points
  points: [], // all that have come
  fresh: null, // those not drawn yet, while drawing is due
  shown: 0, // which view
  others: [], // earlier runs: {name, views, points}, drawn dashed beside this one
  kept: recall(), // the text of a run that this page lost, by its reload or Gradio's
  drawn: 0, // when the last points had been drawn, and how long that took, in ms
  took: 0,
  loading: false, // plotly.js is on its way
};

// A run's text: its head holds the views, each later line is a step and, for each view, what its traces have there.
const viewsOf = (head) => (head ? JSON.parse(head).views : []);
const noPoints = (views) => views.map((view) => view.data.map(() => ({ x: [], y: [] })));

function addLine(line, ...sets) {
  const [step, ...ofViews] = JSON.parse(line);
  for (const points of sets) {
    ofViews.forEach((values, view) => values?.forEach((y, trace) => {
      points[view][trace].x.push(step);
      points[view][trace].y.push(y);
    }));
  }
}

function takeText() {
  if (props.value) chart.kept = "";
  const text = props.value || chart.kept;
  const endOfHead = text.indexOf("\n");
  const head = endOfHead < 0 ? "" : text.slice(0, endOfHead);
  if (head !== chart.head || text.length < chart.read) {
    chart.read = endOfHead + 1;
    begin(head);
  }
  const end = text.lastIndexOf("\n") + 1;
  if (end <= chart.read) return;
  if (!chart.fresh) drawSoon();
  for (const line of text.slice(chart.read, end).trimEnd().split("\n")) addLine(line, chart.points, chart.fresh);
  chart.read = end;
}

function takeOthers() {
  const begun = (props.others || []).filter(({ text }) => text.includes("\n"));
  chart.others = begun.map(({ name, text }) => {
    const [head, ...lines] = text.trimEnd().split("\n");
    const views = viewsOf(head);
    const points = noPoints(views);
    for (const line of lines) addLine(line, points);
    return { name, views, points };
  });
  draw();
}

function begin(head) {
  chart.head = head;
  chart.views = viewsOf(head);
  chart.points = noPoints(chart.views);
  note.textContent = chart.views.length ? "" : word("empty");
  if (chart.kept) note.textContent = word("kept");
  tabs.replaceChildren(...chart.views.map(tab));
  if (chart.views.length) show(Math.min(chart.shown, chart.views.length - 1));
}

function tab(view, index) {
  const button = make("button", { type: "button", role: "tab" }, view.label);
  button.addEventListener("click", () => show(index));
  return button;
}

function show(index) {
  chart.shown = index;
  for (const [i, button] of [...tabs.children].entries()) button.setAttribute("aria-selected", String(i === index));
  draw();
}

function draw() {
  if (!chart.views.length) return;
  allDrawn();
  if (!window.Plotly) return load();
  const beside = chart.others.flatMap((other) => traces(other).map((trace) => dashed(trace, other.name)));
  const layout = { ...structuredClone(chart.views[chart.shown].layout), uirevision: chart.head.slice(0, 60) + chart.shown };
  Plotly.react(plot, [...traces(chart), ...beside], layout, CONFIG).then(() => Plotly.relayout(plot, themed()));
}

// Of the shown view.
function traces({ views, points }) {
  const ofTraces = points[chart.shown];
  return views[chart.shown].data.map((trace, i) => ({ ...trace, x: [...ofTraces[i].x], y: [...ofTraces[i].y] }));
}

function dashed(trace, name) {
  return { ...trace, name: `${trace.name} · ${name}`, opacity: 0.75, line: { ...trace.line, dash: "dash", width: 1.5 } };
}

function themed() {
  const css = (name) => getComputedStyle(element).getPropertyValue(name).trim();
  const grid = css("--border-color-primary");
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid };
  const colours = { "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font.color": css("--body-text-color") };
  colours["hoverlabel.bgcolor"] = css("--background-fill-primary");
  for (const name of ["xaxis", "yaxis"]) for (const key in axis) colours[`${name}.${key}`] = axis[key];
  return colours;
}

// At once, unless drawing would keep a slow machine, on which the run may be computing, busy all the time.
function drawSoon() {
  plot.setAttribute("aria-busy", "true");
  chart.fresh = noPoints(chart.views);
  const wait = chart.drawn + Math.min(REST * chart.took, LONGEST_REST) - performance.now();
  setTimeout(() => (document.hidden ? drawFresh() : requestAnimationFrame(drawFresh)), wait); // hidden pages get no frames
}

function drawFresh() {
  const points = chart.fresh?.[chart.shown];
  allDrawn();
  if (!points || !window.Plotly) return;
  const began = performance.now();
  Plotly.extendTraces(plot, { x: points.map((p) => p.x), y: points.map((p) => p.y) }, points.map((_, i) => i));
  requestAnimationFrame(() => setTimeout(() => {
    chart.drawn = performance.now(); // layout and painting too
    chart.took = chart.drawn - began;
  }));
}

function allDrawn() {
  chart.fresh = null;
  plot.setAttribute("aria-busy", "false");
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

function load() {
  if (chart.loading || window.Plotly) return;
  chart.loading = true;
  const src = new URL(props.script, window.location.origin + window.location.pathname.replace(/[^/]*$/, ""));
  const onerror = () => { note.textContent = word("missing"); };
  document.head.append(make("script", { src, onload: draw, onerror }));
}

begin("");
takeText();
watch("value", takeText);
watch("others", takeOthers);
window.addEventListener("pagehide", keep);
setTimeout(load, LATER);
const retheme = () => { if (window.Plotly && chart.views.length) Plotly.relayout(plot, themed()); };
new MutationObserver(retheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
new ResizeObserver(() => { if (window.Plotly && plot.data && plot.offsetParent) Plotly.Plots.resize(plot); }).observe(element);
