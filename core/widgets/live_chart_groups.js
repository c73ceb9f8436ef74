// A line and the row of the table that it comes from stand out together; `chart` is what live_chart.js holds, and the
// table says "row-met" and hears "line-met", each with the name of the row, or "" once it is left.
const DIMMED = 0.25; // of the other lines' opacity
const REACH = 30; // pixels from the pointer to its line

let near = []; // the points at the pointer's step
let pointer = 0; // its height in the window

// The rows that the lines of the shown view come from; those of losses are of none.
const rowsOf = ({ views, rows }) => views[chart.shown].data.map((_, i) => (views[chart.shown].key === "loss" ? "" : rows[i]));

// Table and cards take the lines' colours by name, also after rows have gone or moved.
function tellColours() {
  const lines = chart.views.find(({ key }) => key !== "loss")?.data || [];
  plot.rowColours = Object.fromEntries(lines.map(({ line }, i) => [chart.rows[i], line.color]).reverse()); // the first counts
  document.dispatchEvent(new CustomEvent("lines-drawn"));
}

function meetLine() {
  const top = plot.getBoundingClientRect().top;
  const distance = ({ yaxis, y }) => Math.abs(top + yaxis._offset + yaxis.d2p(y) - pointer);
  const [point] = near.filter((each) => distance(each) < REACH).sort((a, b) => distance(a) - distance(b));
  const row = point ? chart.rowsDrawn[point.curveNumber] : "";
  document.dispatchEvent(new CustomEvent("line-met", { detail: row }));
}

function listenForLines() {
  for (const name of ["plotly_hover", "plotly_unhover"]) plot.removeAllListeners(name);
  plot.on("plotly_hover", ({ points }) => { near = points; meetLine(); });
  plot.on("plotly_unhover", () => { near = []; meetLine(); });
}

// While a run draws, every point would cost one drawing more.
function meetRow({ detail }) {
  if (!plot.data || detail === chart.row || document.querySelector("#stop:enabled")) return;
  chart.row = detail;
  const isDrawn = detail && chart.rowsDrawn.includes(detail);
  const dimmed = chart.opacities.map((opacity, i) => (isDrawn && chart.rowsDrawn[i] !== detail ? DIMMED * opacity : opacity));
  plotly.restyle(plot, { opacity: dimmed });
}
