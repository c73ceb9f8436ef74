let colours = []; // of the groups

// A group that begins a row of the table has its colour; the others of the row, in turn, those that are left.
function coloursOfGroups({ begins = [], colours: own = [] }) {
  const firsts = [...begins.keys()].filter((i) => begins[i]);
  const ofRows = coloursOf(firsts.map((i) => begins[i]), firsts.map((i) => own[i]));
  const left = own.filter((colour) => !ofRows.includes(colour));
  return begins.map((row) => (row ? ofRows.shift() : left.shift()));
}

const colour = (index) => (index === undefined ? "" : colours[index]);

function share(part, whole) {
  const percent = (100 * part) / whole;
  const sign = language() === "zh" ? "%" : "\u00a0%";
  return (percent > 0 && percent < 0.1 ? "<\u00a00.1" : percent.toFixed(1)) + sign;
}

// As people write it: 1e-5, 0.001; without the last digits' noise of a product.
function number(value) {
  const plain = Number(value.toPrecision(6));
  return plain !== 0 && Math.abs(plain) < 0.001 ? plain.toExponential() : String(plain);
}

function bytes(count) {
  if (count < 1000) return count + " B";
  return count < 1e6 ? (count / 1e3).toFixed(1) + " kB" : (count / 1e6).toFixed(1) + " MB";
}

function decay(group) {
  if (!group.weight_decay) return word("no_decay");
  if (group.shrink === null) return `${word("penalty")} ${number(group.weight_decay)}`;
  return word("shrinks").replace("{shrink}", number(group.shrink));
}

// Rows of label and text: what torch holds for the group, and how large it is.
function facts(group, whole) {
  const counts = `${group.tensors} ${word("tensors")} · ${group.weights.toLocaleString("en")} ${word("weights")} · ${share(group.weights, whole)}`;
  const lines = [];
  if (typeof group.lr === "number") {
    lines.push(["lr", number(group.lr)]);
    if (group.betas) lines.push(["betas", group.betas.map(number).join(", ")]);
    if (typeof group.momentum === "number") lines.push(["momentum", number(group.momentum)]);
    lines.push(["decay", decay(group)]);
  }
  lines.push(["size", counts]);
  if ("state_bytes" in group) lines.push(["state", bytes(group.state_bytes)]);
  return lines;
}

function groupCard(group, index, whole) {
  const list = make("dl");
  for (const [key, text] of facts(group, whole)) {
    list.append(make("div", {}, make("dt", {}, word(key)), make("dd", { "data-fact": key }, text)));
  }
  const frozen = group.lr === null;
  const algorithm = make("span", { className: "algorithm" }, frozen ? word("frozen") : group.optimizer || "");
  const card = make("div", { className: "group" }, make("header", {}, make("b", {}, group.name), algorithm), list);
  card.style.borderLeftColor = colour(index);
  return card;
}

function groupCell(row, places) {
  if (row.group === null) return make("td", { className: "nowhere" }, word("none"));
  const dot = make("span", { className: "dot" });
  dot.style.background = colour(places.get(row.group));
  return make("td", {}, dot, row.group);
}

// What a row holds in these columns, as text; in the others it is text already.
const TEXTS = {
  shape: (shape) => shape.join(" × ") || "1",
  count: (count) => count.toLocaleString("en"),
  shadowed: (shadowed) => shadowed.map(({ group, rule }) => `${rule} (${group})`).join(", "),
};

function cell(row, column, places) {
  if (column === "group") return groupCell(row, places);
  return make("td", look(column), column in TEXTS ? TEXTS[column](row[column]) : row[column]);
}

const look = (column) => (column === "count" ? { className: "number" } : {});

function draw() {
  const { groups = [], rows = [], problems = [], notes = [] } = props.value || {};
  const whole = rows.reduce((sum, row) => sum + row.count, 0);
  colours = coloursOfGroups(props.value || {});
  const places = new Map(groups.map((group, index) => [group.name, index]));
  for (const [place, sentences] of [[".problems", problems], [".notes", notes]]) {
    element.querySelector(place).replaceChildren(...sentences.map((sentence) => make("li", {}, sentence)));
  }
  element.querySelector(".groups").replaceChildren(...groups.map((group, index) => groupCard(group, index, whole)));
  element.querySelector("thead tr").replaceChildren(...props.columns.map((column) => make("th", look(column), word(column))));
  const line = (row) => make("tr", {}, ...props.columns.map((column) => cell(row, column, places)));
  element.querySelector("tbody").replaceChildren(...rows.map(line));
}

watch("value", draw);
document.addEventListener("lines-drawn", draw);
onLanguage(draw);
draw();
