// The chart's text as the server writes it and as the browser keeps it; `chart` is what live_chart.js holds.
// A run's text: its head holds the views, each later line is a step and, for each view, the points of its traces there.
const headOf = (head) => (head ? JSON.parse(head) : { run: "", views: [], rows: [], epoch: 0, note: "" });
const noLine = () => ({ x: [], y: [], means: [] });
const noPoints = (views) => views.map((view) => view.data.map(noLine));

// Returns whether the line is that of a stretch.
function addLine(line, ...sets) {
  const [step, ...ofViews] = JSON.parse(line);
  for (const points of sets) {
    ofViews.forEach((values, view) => values?.forEach((point, trace) => addPoint(points[view][trace], step, point)));
  }
  return ofViews.some((values) => values?.some(Array.isArray));
}

// A point is a value, null for a gap, or that of a stretch of steps: [steps on, value], or with the lowest and the
// highest value [steps on, value, steps on, value, mean].
function addPoint({ x, y, means }, step, point) {
  if (!Array.isArray(point)) {
    x.push(step);
    y.push(point);
    means.push(point);
    return;
  }
  for (let at = 0; at + 1 < point.length; at += 2) {
    x.push(step + point[at]);
    y.push(point[at + 1]);
    means.push(point.at(-1));
  }
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
