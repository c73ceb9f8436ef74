const head = element.querySelector("thead tr");
const body = element.querySelector("tbody");
const add = element.querySelector(".add");

let rows = []; // what was typed, also in cells that do not apply at the moment
let sent = null; // the value that the server has, as JSON
let due = false; // whether what was typed is about to be sent

function applies(row, column) {
  if (row.optimizer === props.frozen) return props.frozen_columns.includes(column);
  return column !== "momentum" || props.momentum_optimizers.includes(row.optimizer) || row.momentum !== "";
}

// What a frozen group does not use keeps its text here, but counts as empty where a cell may be.
function asSent(row) {
  if (row.optimizer !== props.frozen) return { ...row };
  const unused = props.columns.filter((column) => !applies(row, column) && props.blank[column] === "");
  return { ...row, ...Object.fromEntries(unused.map((column) => [column, ""])) };
}

function send() {
  const value = rows.map(asSent);
  sent = JSON.stringify(value);
  due = false;
  props.value = value;
  trigger("input");
}

// Once, whatever changed in one go: a request for each would fill the server's queue.
function sendSoon() {
  if (!due) setTimeout(send);
  due = true;
}

function choiceCell(row, column) {
  const select = make("select");
  for (const choice of props.choices[column]) select.append(make("option", { value: choice }, choice));
  if (select.querySelector(`option[value="${CSS.escape(row[column])}"]`) === null) {
    select.append(make("option", { value: row[column] }, row[column]));
  }
  select.value = row[column];
  select.addEventListener("change", () => {
    row[column] = select.value;
    dim();
    send();
  });
  return select;
}

function textCell(row, column) {
  const input = make("input", { type: "text", value: row[column], spellcheck: false, autocomplete: "off" });
  if (props.numbers.includes(column)) input.inputMode = "decimal";
  if (column === "momentum") input.placeholder = word("default");
  if (column === "depth") input.placeholder = word("all");
  input.addEventListener("input", () => {
    row[column] = input.value;
    sendSoon();
  });
  return input;
}

function cell(row, index, column) {
  const control = column in props.choices ? choiceCell(row, column) : textCell(row, column);
  control.dataset.cell = index + "." + column;
  control.setAttribute("aria-label", `${word(column)}, ${word("of_group")} ${index + 1}`);
  const error = make("small", { className: "error", id: `error-${index}-${column}`, role: "alert" });
  const caution = make("small", { className: "caution", id: `caution-${index}-${column}`, role: "status" });
  control.setAttribute("aria-describedby", `${error.id} ${caution.id}`);
  const look = { className: column, title: word(column + "_hint") || "", "data-label": word(column) };
  return make("td", look, control, error, caution);
}

function change(edit) {
  edit();
  props.errors = {}; // they name rows by place, and so do the warnings
  props.warnings = {};
  draw();
  send();
}

function button(symbol, key, index, disabled, edit) {
  const label = `${word(key)} ${index + 1}`;
  const node = make("button", { type: "button", title: label, "aria-label": label, disabled }, symbol);
  node.addEventListener("click", () => change(edit));
  return node;
}

function swap(i, j) {
  [rows[i], rows[j]] = [rows[j], rows[i]];
}

function line(row, index) {
  const mark = make("td", { className: "mark" }, make("span", { className: "dot" }, index + 1));
  const tools = make("td", { className: "tools" },
    button("↑", "up", index, index === 0, () => swap(index, index - 1)),
    button("↓", "down", index, index === rows.length - 1, () => swap(index, index + 1)),
    button("✕", "delete", index, rows.length < 2, () => rows.splice(index, 1)),
  );
  return make("tr", {}, mark, ...props.columns.map((column) => cell(row, index, column)), tools);
}

function heading(column) {
  return make("th", { className: column, title: word(column + "_hint") || "" }, word(column));
}

function draw() {
  head.replaceChildren(make("th"), ...props.columns.map(heading), make("th"));
  body.replaceChildren(...rows.map(line));
  add.textContent = "+ " + word("add");
  add.disabled = rows.length >= props.max_rows;
  dim();
  colour();
  showErrors();
}

function colour() {
  body.querySelectorAll(".dot").forEach((dot, index) => {
    dot.style.background = props.palette[index % props.palette.length];
  });
}

function dim() {
  for (const control of body.querySelectorAll("[data-cell]")) {
    const [index, column] = control.dataset.cell.split(".");
    control.disabled = !applies(rows[Number(index)], column);
  }
}

function showErrors() {
  const errors = props.errors || {};
  const warnings = props.warnings || {};
  for (const control of body.querySelectorAll("[data-cell]")) {
    const sentence = errors[control.dataset.cell] || "";
    control.setAttribute("aria-invalid", sentence ? "true" : "false");
    control.parentElement.querySelector(".error").textContent = sentence;
    control.parentElement.querySelector(".caution").textContent = sentence ? "" : warnings[control.dataset.cell] || "";
  }
}

function pull() {
  const value = JSON.stringify(props.value || []);
  if (value === sent) return;
  sent = value;
  rows = JSON.parse(value);
  draw();
}

function freeName() {
  let number = rows.length + 1;
  while (rows.some((row) => row.name === `${word("new")} ${number}`)) number += 1;
  return `${word("new")} ${number}`;
}

add.addEventListener("click", () => {
  change(() => rows.push({ ...props.blank, name: freeName() }));
  body.lastElementChild.querySelector(".params input").focus();
});

// A click may be on a button that reads the table: what was typed just before is sent first.
document.addEventListener("click", () => due && send(), true);
watch("value", pull);
watch("palette", colour);
watch("errors", showErrors);
watch("warnings", showErrors);
onLanguage(draw);
pull();
