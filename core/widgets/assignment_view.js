// Body of js_on_load: Gradio gives element, props and watch.
const COLUMNS = ["parameter", "shape", "count", "role", "group", "rule", "shadowed"];
const language = () => (document.documentElement.lang.toLowerCase().startsWith("zh") ? "zh" : "en");
const word = (key) => props.words[language()]["where_" + key];
const colour = (index) => props.palette[index % props.palette.length];

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function share(part, whole) {
  const percent = (100 * part) / whole;
  return percent > 0 && percent < 0.1 ? "< 0.1 %" : percent.toFixed(1) + " %";
}

function groupCard(group, index, whole) {
  const counts = `${group.tensors} ${word("tensors")} · ${group.weights.toLocaleString("en")} ${word("weights")} · ${share(group.weights, whole)}`;
  const card = make("div", "group", make("b", "", group.name), make("span", "", counts));
  card.style.borderLeftColor = colour(index);
  return card;
}

function groupCell(row, places) {
  if (row.group === null) return make("td", "nowhere", word("none"));
  const dot = make("span", "dot");
  dot.style.background = colour(places.get(row.group));
  return make("td", "", dot, row.group);
}

function line(row, places) {
  return make("tr", "",
    make("td", "", row.parameter),
    make("td", "", row.shape.join(" × ") || "1"),
    make("td", "number", row.count.toLocaleString("en")),
    make("td", "", row.role),
    groupCell(row, places),
    make("td", "", row.rule),
    make("td", "", row.shadowed.join(", ")),
  );
}

function draw() {
  const { groups = [], rows = [], problems = [] } = props.value || {};
  const whole = rows.reduce((sum, row) => sum + row.count, 0);
  const places = new Map(groups.map((group, index) => [group.name, index]));
  element.querySelector(".problems").replaceChildren(...problems.map((sentence) => make("li", "", sentence)));
  element.querySelector(".groups").replaceChildren(...groups.map((group, index) => groupCard(group, index, whole)));
  element.querySelector("thead tr").replaceChildren(...COLUMNS.map((c) => make("th", c === "count" ? "number" : "", word(c))));
  element.querySelector("tbody").replaceChildren(...rows.map((row) => line(row, places)));
}

watch("value", draw);
new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
draw();
