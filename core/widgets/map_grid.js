// Lower than as it is: blue; higher: orange. See-through, so that the text stays legible in both themes.
function background(shade) {
  const colour = shade < 0 ? "37, 99, 235" : "217, 119, 6";
  return `rgba(${colour}, ${0.5 * Math.min(Math.abs(shade), 1)})`;
}

function choose(row, column) {
  props.value = { ...props.value, chosen: [row, column] };
  trigger("select");
}

function cellOf(cell, row, column, label) {
  const place = make("td", props.value.factors[column] === "1" ? { className: "as-is" } : {});
  if (cell === null) {
    place.append(make("div", { className: "empty" }));
    return place;
  }
  const button = make("button", { type: "button", title: cell.title, "aria-label": cell.title }, cell.loss, make("small", {}, cell.more));
  button.style.background = background(cell.shade);
  button.dataset.cell = `${label}.${props.value.factors[column]}`;
  button.addEventListener("click", () => choose(row, column));
  place.append(button);
  return place;
}

function draw() {
  const { factors = [], rows = [] } = props.value || {};
  const heads = factors.map((factor) => make("th", { scope: "col" }, `× ${factor}`));
  element.querySelector("thead tr").replaceChildren(...(rows.length ? [make("th", { scope: "col" }, word("times")), ...heads] : []));
  const lines = rows.map((row, place) => {
    const head = make("th", { scope: "row" }, row.group === null ? word("all") : row.group);
    if (row.colour) head.style.borderLeftColor = row.colour;
    return make("tr", {}, head, ...row.cells.map((cell, column) => cellOf(cell, place, column, row.group === null ? "" : row.group)));
  });
  element.querySelector("tbody").replaceChildren(...lines);
  element.querySelector("p").textContent = rows.length ? word("hint") : "";
}

watch("value", draw);
onLanguage(draw);
draw();
