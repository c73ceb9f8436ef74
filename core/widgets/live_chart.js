const tabs = element.querySelector(".tabs");
const note = element.querySelector(".note");
const plot = element.querySelector(".plot");
const legend = element.querySelector(".legend");
const stale = element.querySelector(".stale");
const [smooth, scale, places, png] = [".smooth input", ".scale", ".places", ".png"].map((part) => element.querySelector(part));
const FAINT = 0.45; // the opacity of a recorded run's lines
const TICKS = { "xaxis.tickmode": "auto", "xaxis.dtick": 1 }; // the distance counts where the mode is linear
const BESIDE = { color: "#888888", dash: "dash", width: 1.5 }; // an earlier run in the legend
const CONFIG = { responsive: true, displayModeBar: false, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

const REST = 24; // times as long as drawing took, until the next
const LONGEST_REST = 1000; // ms
const LATER = 10000; // ms: plotly.js is several MB, and a page that is being filled should not wait for it

let plotly = null; // window.Plotly as it came here: Gradio's own figures put theirs in its place

// Points are lists of {x, y, means}: for each view, one per trace.
const chart = {
  head: "", // the first line as it came: a new one is a new run
  run: "", // its name
  text: "", // what was taken of it
  long: false, // whether its lines are of stretches of steps, which a window of the chart has more to show of
  detail: null, // of such a window: {view, first, last, lines}
  awaited: "", // which of them was asked for last
  views: [], // {label, data, layout}, without points
  rows: [], // of the table, by name: the one that each group comes from
  row: "", // the one whose lines stand out
  hidden: new Set(), // the lines and the earlier runs that the legend has hidden, by their keys
  legend: "", // as it is drawn
  ticks: {}, // of the axes as they are drawn: what `ticksFor` gives
  rowsDrawn: [], // of each trace of the plot, and its opacity
  opacities: [],
  points: [], // all that have come
  fresh: null, // those not drawn yet, while drawing is due
  shown: 0, // which view
  asked: new URLSearchParams(location.search).get("tab"), // the name of the one to begin with
  range: null, // of the steps, or null for all: the views share it
  window: 0, // steps that a smoothed line looks back and ahead; 0 draws what was measured alone
  scales: {}, // by view: "log" or "linear", where it was switched
  inEpochs: false, // what the horizontal axis counts
  perEpoch: 0, // steps
  others: [], // earlier runs: {name, views, points}, drawn dashed beside this one
  recorded: false, // whether what is drawn is the recorded run of a preset: there is no run of the visitor's own yet
  note: "", // what is said above the chart
  missing: false, // plotly.js did not come
  kept: recall(), // the text of a run that this page lost, by its reload or Gradio's
  drawn: 0, // when the last points had been drawn, and how long that took, in ms
  took: 0,
  telling: null, // the timer of what is told of the chart
  told: 0, // how long that took, in ms
  loading: false, // plotly.js is on its way
  stop: null, // the button that is watched
};

function takeText() {
  if (props.value) chart.kept = "";
  const own = props.value || chart.kept;
  const text = own || props.recorded;
  const head = text.slice(0, text.indexOf("\n") + 1);
  if (head !== chart.head) {
    chart.recorded = !own;
    begin(head);
  } else if (!text.startsWith(chart.text)) { // its steps were joined to stretches
    chart.points = noPoints(chart.views);
    chart.text = head;
  }
  const end = text.lastIndexOf("\n") + 1;
  if (end <= chart.text.length) return;
  if (!chart.fresh) drawSoon();
  for (const line of text.slice(chart.text.length, end).trimEnd().split("\n")) {
    if (addLine(line, chart.points, chart.fresh)) chart.long = true;
  }
  chart.text = text.slice(0, end);
}

function takeOthers() {
  const begun = (props.others || []).filter(({ text }) => text.includes("\n"));
  chart.others = begun.map(({ name, text }) => {
    const [head, ...lines] = text.trimEnd().split("\n");
    const { views, rows } = headOf(head);
    const points = noPoints(views);
    for (const line of lines) addLine(line, points);
    return { name, views, rows, points };
  });
  draw();
}

function begin(head) {
  chart.head = head;
  chart.text = head;
  chart.long = false;
  chart.detail = null;
  chart.awaited = "";
  const { run, views, rows, epoch, note: said } = headOf(head);
  chart.run = run;
  chart.views = views;
  chart.rows = rows;
  chart.perEpoch = epoch;
  tellColours();
  chart.note = said;
  chart.hidden.clear();
  chart.ticks = {};
  chart.legend = "";
  chart.range = null;
  chart.took = 0;
  chart.points = noPoints(chart.views);
  for (const part of [smooth.parentElement, scale, places, png]) part.hidden = !chart.views.length;
  allDrawn();
  tell();
  showStale();
  describeSoon();
  tabs.replaceChildren(...chart.views.map(tab));
  if (!chart.views.length) return legend.replaceChildren();
  const asked = chart.views.findIndex(({ key, idle }) => key === chart.asked && !idle);
  show(asked >= 0 ? asked : chart.views[chart.shown]?.idle === false ? chart.shown : 0);
}

function tab(view, index) {
  const button = make("button", { type: "button", role: "tab", hidden: view.idle }, view.label);
  button.addEventListener("click", () => choose(index));
  button.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    const inSight = chart.views.flatMap(({ idle }, place) => (idle ? [] : [place]));
    choose(inSight.at((inSight.indexOf(index) + way) % inSight.length));
    tabs.children[chart.shown].focus();
  });
  return button;
}

function choose(index) {
  chart.asked = chart.views[index].key;
  const query = new URLSearchParams(location.search);
  query.set("tab", chart.asked);
  history.replaceState(history.state, "", `${location.pathname}?${query}${location.hash}`);
  show(index);
}

function show(index) {
  chart.shown = index;
  for (const [i, button] of [...tabs.children].entries()) {
    button.setAttribute("aria-selected", String(i === index));
    button.tabIndex = i === index ? 0 : -1;
  }
  centreTab();
  draw();
}

// scrollIntoView would move the page too.
function centreTab() {
  const button = tabs.children[chart.shown];
  if (button) tabs.scrollLeft = button.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - button.offsetWidth) / 2;
}

function draw() {
  if (!chart.views.length) return;
  allDrawn();
  tell();
  label();
  if (!plotly) return chart.recorded || load(); // a recorded picture does not hurry
  drawLegend();
  const beside = chart.others.flatMap((other) => [legendOf(other.name), ...traces(other).map((trace) => dashed(trace, other.name))]);
  const uirevision = chart.head.slice(0, 60) + chart.shown;
  const layout = { ...structuredClone(chart.views[chart.shown].layout), uirevision, showlegend: false };
  layout.yaxis.type = scaleOf(chart.shown);
  layout.xaxis.uirevision = uirevision + chart.inEpochs; // a zoom is in the units in which it was made
  layout.yaxis.uirevision = uirevision + layout.yaxis.type;
  for (const [path, value] of Object.entries({ ...TICKS, ...chart.ticks })) put(layout, path, value);
  if (chart.range) layout.xaxis.range = chart.range;
  fitAxes(layout);
  if (chart.inEpochs) {
    layout.xaxis.title.text = word("epoch");
    layout.xaxis.hoverformat = ".3~f";
  }
  const opacity = chart.recorded ? FAINT : 1;
  const own = traces(chart).map((trace) => ({ ...trace, opacity }));
  const raw = chart.window ? own.map((trace) => ({ ...trace, opacity: 0.3 * opacity })) : own;
  plot.classList.toggle("recorded", chart.recorded);
  const quiet = { opacity, showlegend: false, hoverinfo: "skip", hovertemplate: undefined };
  const means = chart.window ? traces(chart, true).map((trace) => ({ ...trace, ...quiet })) : [];
  const drawn = [...raw, ...means, ...beside];
  const rows = [chart, ...(chart.window ? [chart] : [])].flatMap(rowsOf);
  chart.rowsDrawn = [...rows, ...chart.others.flatMap((other) => ["", ...rowsOf(other)])];
  chart.opacities = drawn.map(({ opacity = 1 }) => opacity);
  chart.row = "";
  for (const [path, colour] of Object.entries(themed())) put(layout, path, colour);
  plotly.react(plot, drawn, layout, CONFIG).then(listen).then(spreadTicks);
  askForDetail();
  describeSoon();
}

// Plotly's div can be listened to once it is a plot.
function listen() {
  listenForLines();
  plot.removeAllListeners("plotly_relayout");
  plot.on("plotly_relayout", (change) => {
    if ("xaxis.range[0]" in change) chart.range = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    else if (change["xaxis.autorange"]) chart.range = null;
    else return;
    if (chart.long) draw(); // of the steps in sight more points than before, or fewer
  });
}

function spreadTicks() {
  const wanted = ticksFor(plot._fullLayout);
  if (JSON.stringify(wanted) === JSON.stringify(chart.ticks)) return;
  chart.ticks = wanted;
  plotly.relayout(plot, wanted);
}

// After the run it is shown by itself: what the page holds may have changed while it went on.
function watchStop() {
  const stop = document.querySelector("#stop");
  if (!stop || chart.stop === stop) return;
  chart.stop = stop;
  new MutationObserver(showStale).observe(stop, { attributes: true, attributeFilter: ["disabled"] });
}

function showStale() {
  watchStop();
  stale.hidden = !(props.stale && chart.head && !chart.recorded && !document.querySelector("#stop:enabled"));
  stale.textContent = word("stale");
}

smooth.addEventListener("input", () => { chart.window = Number(smooth.value); draw(); });
scale.addEventListener("click", () => {
  chart.scales[chart.shown] = scaleOf(chart.shown) === "log" ? "linear" : "log";
  draw();
});
places.addEventListener("click", () => {
  const steps = chart.range?.map(stepAt);
  chart.inEpochs = !chart.inEpochs;
  chart.range = steps ? steps.map(place) : null;
  draw();
});
png.addEventListener("click", () => {
  if (!plotly || !chart.views.length) return;
  const look = { paper_bgcolor: getComputedStyle(document.body).backgroundColor };
  const size = { width: plot.clientWidth, height: plot.clientHeight };
  const figure = { data: plot.data, layout: { ...plot.layout, ...look, showlegend: true } };
  plotly.downloadImage(figure, { ...size, format: "png", scale: 2, filename: "param-groups" });
});

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
  tell();
  describeSoon();
  if (!plotly || !points?.some(({ x }) => x.length)) return; // the first to come is not to wait for a drawing without any
  const began = performance.now();
  if (chart.window || chart.long) draw();
  else plotly.extendTraces(plot, { x: points.map((p) => p.x.map(place)), y: points.map((p) => p.y) }, points.map((_, i) => i)).then(spreadTicks);
  requestAnimationFrame(() => setTimeout(() => {
    chart.drawn = performance.now(); // layout and painting too
    chart.took = chart.drawn - began;
  }));
}

function allDrawn() {
  chart.fresh = null;
  plot.setAttribute("aria-busy", "false");
}

function load() {
  if (chart.loading) return;
  chart.loading = true;
  const src = new URL(props.script, window.location.origin + window.location.pathname.replace(/[^/]*$/, ""));
  const onload = () => { plotly = window.Plotly; draw(); };
  const onerror = () => { chart.missing = true; tell(); };
  document.head.append(make("script", { src, onload, onerror }));
}

begin("");
takeText();
watch("value", takeText);
watch("recorded", takeText);
watch("others", takeOthers);
watch("detail", takeDetail);
watch("stale", () => {
  showStale();
  load(); // the page has been filled and checked
});
onLanguage(() => { tell(); label(); });
window.addEventListener("pagehide", keep);
document.addEventListener("row-met", meetRow);
plot.addEventListener("pointermove", ({ clientY }) => {
  pointer = clientY;
  if (near.length) meetLine();
});
setTimeout(load, LATER);
tabs.addEventListener("wheel", (event) => { // a mouse has one wheel, and surplus tabs are to the right
  if (event.deltaX || tabs.scrollWidth <= tabs.clientWidth) return;
  event.preventDefault();
  tabs.scrollLeft += event.deltaY;
}, { passive: false });
const retheme = () => { if (plotly && chart.views.length) plotly.relayout(plot, themed()); };
new MutationObserver(retheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
new ResizeObserver(centreTab).observe(tabs);
new ResizeObserver(() => { if (plotly && plot.data && plot.offsetParent) fitHeight(); }).observe(plot);
