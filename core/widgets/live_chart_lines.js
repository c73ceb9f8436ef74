// Lines and colours as Plotly takes them; `chart` is what live_chart.js holds.
const scaleOf = (view) => chart.scales[view] || chart.views[view].layout.yaxis.type || "linear";
const place = (step) => (chart.inEpochs && chart.perEpoch ? step / chart.perEpoch : step);

// Of the shown view.
function traces({ views, points }) {
  const ofTraces = points[chart.shown];
  return views[chart.shown].data.map((trace, i) => ({ ...trace, x: ofTraces[i].x.map(place), y: [...ofTraces[i].y] }));
}

// The mean of what was measured within the window, on the scale that is drawn; the gaps stay.
function smoothed(trace) {
  const isLog = scaleOf(chart.shown) === "log";
  const [there, back] = isLog ? [Math.log, Math.exp] : [(y) => y, (y) => y];
  const y = trace.y.map((value, i) => {
    if (value === null) return null;
    const near = trace.y.slice(Math.max(0, i - chart.window), i + chart.window + 1).filter((other) => other !== null);
    return back(near.reduce((sum, other) => sum + there(other), 0) / near.length);
  });
  return { ...trace, y, showlegend: false, hoverinfo: "skip", hovertemplate: undefined };
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
