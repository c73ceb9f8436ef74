// The words around the chart, and what the shown view has for those who do not see it; `chart` is what live_chart.js
// holds.
const TELL_AGAIN = 1000; // ms
const TELLING = 50; // times as long as telling took, until it is told again

const plain = (name) => name.replaceAll("&lt;", "<").replaceAll("&amp;", "&"); // legends escape what Plotly reads

function median(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : sorted.length ? (sorted[half - 1] + sorted[half]) / 2 : null;
}

// Each line's median with its unit.
function medians() {
  const { data, layout, units } = chart.views[chart.shown];
  const times = layout.yaxis.tickformat?.includes("%") ? 100 : 1;
  return data.map(({ name }, i) => {
    const middle = median(chart.points[chart.shown][i].means);
    const said = middle === null ? word("no_value") : `${Number((times * middle).toPrecision(3))} ${units[i] ?? units[0]}`;
    return `${plain(name)}: ${said.trim()}`;
  });
}

function describe() {
  const began = performance.now();
  describeView();
  chart.told = performance.now() - began;
  chart.telling = null;
}

function describeView() {
  const view = chart.views[chart.shown];
  if (!view) return plot.removeAttribute("aria-label");
  const before = chart.recorded ? `${chart.note} ` : "";
  plot.setAttribute("aria-label", `${before}${view.label}. ${word("medians")} ${medians().join("; ")}`);
}

function describeSoon() {
  if (!plot.hasAttribute("aria-label")) describe();
  chart.telling ??= setTimeout(describe, Math.max(TELL_AGAIN, TELLING * chart.told));
}

const hasPoints = () => chart.points.some((view) => view.some(({ x }) => x.length));

// In place of the chart why there is none, or in a line above it what it shows.
function tell() {
  const empty = props.untrainable ? "untrainable" : "empty";
  const instead = !chart.views.length ? empty : chart.missing ? "missing" : !plotly ? "loading" : hasPoints() ? "" : "waiting";
  note.classList.toggle("above", !instead);
  const text = instead ? word(instead) : chart.kept ? word("kept") : chart.note;
  if (note.textContent !== text) note.textContent = text; // a screen reader says it again otherwise
}

function label() {
  if (!chart.views.length) return;
  element.querySelector(".smooth span").textContent = word("smooth");
  smooth.setAttribute("aria-label", word("smooth"));
  scale.textContent = word(scaleOf(chart.shown));
  scale.title = word("scale");
  places.textContent = word(chart.inEpochs ? "epochs" : "steps");
  places.title = word("places");
  places.hidden = !chart.perEpoch;
  png.title = word("png");
  legend.title = word("legend");
}

watch("untrainable", tell);
