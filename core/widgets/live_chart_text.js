// The chart's text as the server writes it and as the browser keeps it; `chart` is what live_chart.js holds.
// A run's text: its head holds the views, each later line is a step and, for each view, what its traces have there.
const headOf = (head) => (head ? JSON.parse(head) : { views: [], rows: [], epoch: 0, note: "" });
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
