// Lines and colours as Plotly takes them; `chart` is what live_chart.js holds.
const scaleOf = (view) => chart.scales[view] || chart.views[view].layout.yaxis.type || "linear";
const place = (step) => (chart.inEpochs && chart.perEpoch ? step / chart.perEpoch : step);
const stepAt = (place) => (chart.inEpochs && chart.perEpoch ? place * chart.perEpoch : place);

// Of the shown view, as they were measured, or smoothed.
function traces({ views, points }, isSmooth = false) {
  return views[chart.shown].data.map((trace, i) => {
    const line = points === chart.points ? withDetail(points[chart.shown][i], i) : points[chart.shown][i];
    const y = isSmooth ? smoothed(line.means) : [...line.y]; // Plotly adds to what it is given
    return { ...trace, x: line.x.map(place), y, visible: isShown(lineKey(i)) };
  });
}

// The steps in sight of a long run were asked for one by one.
function stepsInSight() {
  const [from, to] = chart.range.map(stepAt);
  return { view: chart.views[chart.shown].key, first: Math.ceil(Math.max(0, from)), last: Math.floor(to) };
}

function isDetailed() {
  if (!chart.range || !chart.detail) return false;
  const asked = stepsInSight();
  return Object.keys(asked).every((name) => asked[name] === chart.detail[name]);
}

function askForDetail() {
  if (!chart.long || !chart.range || isDetailed()) return;
  const asked = stepsInSight();
  if (JSON.stringify(asked) !== chart.awaited) trigger("select", asked);
  chart.awaited = JSON.stringify(asked);
}

function takeDetail() {
  const { run, text, ...asked } = props.detail || {};
  if (!text || run !== chart.run) return;
  const points = [chart.views.find(({ key }) => key === asked.view).data.map(noLine)];
  for (const line of text.trimEnd().split("\n")) addLine(line, points);
  chart.detail = { ...asked, lines: points[0] };
  if (isDetailed()) draw();
}

function withDetail(line, trace) {
  if (!isDetailed()) return line;
  const fine = chart.detail.lines[trace];
  if (!fine.x.length) return line;
  const [from, to] = [firstFrom(line.x, fine.x[0]), firstFrom(line.x, fine.x.at(-1) + 1)];
  const joined = (part) => [...line[part].slice(0, from), ...fine[part], ...line[part].slice(to)];
  return { x: joined("x"), y: joined("y"), means: joined("means") };
}

// The first place of a line at a step or after it.
function firstFrom(x, step) {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The mean of what was measured within the window, on the scale that is drawn; the gaps stay. Of stretches it is that of
// their means.
function smoothed(y) {
  const isLog = scaleOf(chart.shown) === "log";
  const [there, back] = isLog ? [Math.log, Math.exp] : [(value) => value, (value) => value];
  const sums = [0];
  const counts = [0];
  for (const value of y) {
    sums.push(sums.at(-1) + (value === null ? 0 : there(value)));
    counts.push(counts.at(-1) + (value === null ? 0 : 1));
  }
  return y.map((value, i) => {
    if (value === null) return null;
    const [from, to] = [Math.max(0, i - chart.window), Math.min(y.length, i + chart.window + 1)];
    return back((sums[to] - sums[from]) / (counts[to] - counts[from]));
  });
}

// In the colour that the line of the same name has now.
function dashed(trace, name) {
  const { color } = (chart.views[chart.shown].data.find((own) => own.name === trace.name) || trace).line;
  const line = { ...trace.line, color, dash: "dash", width: 1.5 };
  const visible = isShownBeside(name, trace.name);
  return { ...trace, name: `${trace.name} · ${name}`, opacity: 0.75, showlegend: false, line, visible };
}

// One word in the saved picture's legend for all lines of an earlier run.
function legendOf(name) {
  return { x: [null], y: [null], name, mode: "lines", line: BESIDE, hoverinfo: "skip", visible: isShown(runKey(name)) };
}

function themed() {
  const css = (name) => getComputedStyle(element).getPropertyValue(name).trim();
  const grid = css("--border-color-primary");
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid };
  const colours = { "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font.color": css("--body-text-color"), "font.family": css("font-family") };
  colours["hoverlabel.bgcolor"] = css("--background-fill-primary");
  for (const i of (chart.views[chart.shown]?.layout.shapes || []).keys()) colours[`shapes[${i}].label.font.color`] = css("--body-text-color");
  for (const name of ["xaxis", "yaxis"]) for (const key in axis) colours[`${name}.${key}`] = axis[key];
  return colours;
}

// Each of a few steps has its tick: Plotly would give halves ticks too. Of a logarithmic axis of one decade or some more
// it names each digit, on a chart as low as this one above the other, unless it is to have so few that 1, 2, 5 are left.
// Where nothing is drawn an axis has no numbers: it would count to 1,000,000 %.
function ticksFor({ xaxis, yaxis }) {
  const isShort = !chart.inEpochs && xaxis.range[1] - xaxis.range[0] < 6;
  const decades = yaxis.type === "log" ? yaxis.range[1] - yaxis.range[0] : 0;
  const most = Math.min(Math.max(yaxis._length / 40, 4), 9) + 1; // Plotly's own
  const isCrowded = decades >= 1 && decades / most <= 0.3;
  const isDrawn = plot.data.some(({ visible, x }) => visible && x.some((step) => step !== null));
  return {
    "xaxis.tickmode": isShort ? "linear" : "auto",
    "xaxis.showticklabels": isDrawn,
    "yaxis.nticks": isCrowded ? (decades <= 2.1 ? 3 : 6) : 0,
    "yaxis.showticklabels": isDrawn,
  };
}

// A title longer than its axis would be cut: the longest takes 250 pixels in 14.
const titleSize = () => Math.min(Math.max(Math.floor((14 * (plot.clientHeight - 36)) / 250), 9), 14);

function fitHeight() {
  plotly.Plots.resize(plot);
  const size = titleSize();
  if (size !== plot.layout.yaxis.title.font.size) plotly.relayout(plot, { "yaxis.title.font.size": size });
}

// A phone's lines are short.
function fitAxes(layout) {
  layout.yaxis.title.font = { size: titleSize() };
  if (element.clientWidth < 480) for (const { label = {} } of layout.shapes || []) label.font = { ...label.font, size: 9 };
}

// Sets what a path such as "xaxis.gridcolor" or "shapes[0].label" names.
function put(layout, path, value) {
  const [last, ...outer] = path.replaceAll("[", ".").replaceAll("]", "").split(".").reverse();
  const holder = outer.reverse().reduce((part, key) => (part[key] ??= {}), layout);
  holder[last] = value;
}
