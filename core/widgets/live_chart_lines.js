// Lines and colours as Plotly takes them; `chart` is what live_chart.js holds.
const scaleOf = (view) => chart.scales[view] || chart.views[view].layout.yaxis.type || "linear";
const place = (step) => (chart.inEpochs && chart.perEpoch ? step / chart.perEpoch : step);

const MOST_DRAWN = 1200; // points of a line: two for each pixel of a chart that is 600 wide

// Of the shown view, as they were measured, or smoothed.
function traces({ views, points }, isSmooth = false) {
  const window = chart.range?.map((end) => (chart.inEpochs && chart.perEpoch ? end * chart.perEpoch : end));
  return views[chart.shown].data.map((trace, i) => {
    const { x, y } = points[chart.shown][i];
    const drawn = drawnPlaces(x, y, window);
    const values = isSmooth ? smoothed(y) : y;
    return { ...trace, x: drawn.map((at) => place(x[at])), y: drawn.map((at) => values[at]) };
  });
}

const isLong = ({ views, points }) => views.length > 0 && points[chart.shown].some(({ x }) => x.length > MOST_DRAWN);

// Which points of a line are drawn: all of a short one; of each stretch of a long one its lowest and its highest.
// Where the chart is zoomed in to a window of steps, the stretches within are shorter.
function drawnPlaces(x, y, window) {
  if (x.length <= MOST_DRAWN) return x.map((_, at) => at);
  if (!window) return extremes(y, 0, x.length, MOST_DRAWN);
  const [from, to] = [Math.max(0, firstFrom(x, window[0]) - 1), Math.min(x.length, firstFrom(x, window[1]) + 1)];
  const beside = MOST_DRAWN / 8;
  return [...extremes(y, 0, from, beside), ...extremes(y, from, to, MOST_DRAWN), ...extremes(y, to, x.length, beside)];
}

function extremes(y, from, to, most) {
  const places = [];
  const stretch = Math.max(1, Math.ceil((2 * (to - from)) / most));
  for (let begin = from; begin < to; begin += stretch) {
    let low = begin;
    let high = begin;
    for (let at = begin; at < Math.min(begin + stretch, to); at += 1) {
      if (y[at] === null) continue;
      if (y[low] === null || y[at] < y[low]) low = at;
      if (y[high] === null || y[at] > y[high]) high = at;
    }
    places.push(Math.min(low, high));
    if (low !== high) places.push(Math.max(low, high));
  }
  return places;
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

// The mean of what was measured within the window, on the scale that is drawn; the gaps stay.
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

function dashed(trace, name) {
  const line = { ...trace.line, dash: "dash", width: 1.5 };
  return { ...trace, name: `${trace.name} · ${name}`, opacity: 0.75, showlegend: false, line };
}

// One word in the legend for all lines of an earlier run.
function legendOf(name) {
  return { x: [null], y: [null], name, mode: "lines", line: { color: "#888888", dash: "dash", width: 1.5 }, hoverinfo: "skip" };
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

// Sets what a path such as "xaxis.gridcolor" names.
function put(layout, path, value) {
  const [last, ...outer] = path.split(".").reverse();
  const holder = outer.reverse().reduce((part, key) => (part[key] ??= {}), layout);
  holder[last] = value;
}
