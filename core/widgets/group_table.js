const list = element.querySelector(".rows");
const filter = element.querySelector(".filter");
const [add, undo, redo, reset] = ["add", "undo", "redo", "reset"].map((name) => element.querySelector("." + name));

let rows = []; // what was typed, also in cells that do not apply at the moment
let sent = null; // the value that the server has, as JSON
let due = false; // whether what was typed is about to be sent
let open = new Set(); // rows whose other settings are shown
let named = null; // the place of the row whose name was typed last

function applies(row, column) {
  if (row.optimizer === props.frozen) return props.frozen_columns.includes(column);
  if (column === "schedule_options") return Boolean(props.schedule_defaults[row.schedule]) || row[column] !== "";
  return column !== "momentum" || props.momentum_optimizers.includes(row.optimizer) || row.momentum !== "";
}

// What a frozen group does not use keeps its text here, but counts as empty where a cell may be.
function asSent(row) {
  if (row.optimizer !== props.frozen) return { ...row };
  const unused = props.columns.filter((column) => !applies(row, column) && props.blank[column] === "");
  return { ...row, ...Object.fromEntries(unused.map((column) => [column, ""])) };
}

function hand() {
  const value = rows.map(asSent);
  sent = JSON.stringify(value);
  due = false;
  props.value = value;
}

function send() {
  hand();
  trigger("input");
}

// Once, whatever changed in one go: a request for each would fill the server's queue.
function sendSoon() {
  if (!due) setTimeout(send);
  due = true;
}

// A choice with what it means in the page's language, where that is not the word itself.
const shown = (choice) => word("choice_" + choice) || choice;

function choiceCell(row, place, column) {
  const select = make("select");
  for (const choice of props.choices[column]) select.append(make("option", { value: choice }, shown(choice)));
  if (select.querySelector(`option[value="${CSS.escape(row[column])}"]`) === null) {
    select.append(make("option", { value: row[column] }, row[column]));
  }
  select.value = row[column];
  select.addEventListener("change", () => {
    remember();
    row[column] = select.value;
    refresh();
    send();
  });
  return select;
}

function textCell(row, place, column) {
  const input = make("input", { type: "text", value: row[column], spellcheck: false, autocomplete: "off" });
  if (props.numbers.includes(column)) input.inputMode = "decimal";
  if (column === "momentum") input.placeholder = word("default");
  if (column === "depth") input.placeholder = word("all");
  if (column === "end_epoch") input.placeholder = word("never");
  input.addEventListener("input", () => {
    remember(place);
    if (column === "name") named = place;
    row[column] = input.value;
    refresh();
    sendSoon();
  });
  return input;
}

function field(row, index, column) {
  const place = index + "." + column;
  const control = column in props.choices ? choiceCell(row, place, column) : textCell(row, place, column);
  control.dataset.cell = place;
  control.setAttribute("aria-label", `${word(column)}, ${word("of_group")} ${index + 1}`);
  control.setAttribute("aria-describedby", `error-${index}-${column} caution-${index}-${column}`);
  const label = make("label", { className: column }, make("span", {}, word(column)), control);
  if (!props.essential.includes(column)) label.append(make("small", {}, word(column + "_hint") || ""));
  return label;
}

function said(index, column) {
  return [
    make("small", { className: "error", id: `error-${index}-${column}`, role: "alert" }),
    make("small", { className: "caution", id: `caution-${index}-${column}`, role: "status" }),
  ];
}

function change(edit) {
  remember();
  edit();
  open = new Set();
  redraw();
}

function redraw() {
  props.errors = {}; // they name rows by place, and so do the others
  props.warnings = {};
  props.twins = {};
  named = null;
  draw();
  send();
}

function tool(symbol, key, index, disabled, edit) {
  const label = `${word(key)} ${index + 1}`;
  const node = make("button", { type: "button", title: label, "aria-label": label, disabled }, symbol);
  node.addEventListener("click", () => {
    change(edit);
    list.children[Math.min(index, rows.length - 1)].querySelector(".more").focus(); // the button is gone
  });
  return node;
}

function move(index, way) {
  const other = index + way;
  if (other < 0 || other >= rows.length) return;
  [rows[index], rows[other]] = [rows[other], rows[index]];
}

function copyOf(row) {
  const names = new Set(rows.map(({ name }) => name));
  let number = 2;
  while (names.has(`${row.name} (${number})`)) number += 1;
  return { ...row, name: `${row.name} (${number})` };
}

function more(index) {
  const button = make("button", { type: "button", className: "more" });
  button.addEventListener("click", () => {
    if (!open.delete(index)) open.add(index);
    refresh();
  });
  return button;
}

function line(row, index) {
  const others = props.columns.filter((column) => !props.essential.includes(column));
  const main = make("div", { className: "main" }, ...props.essential.map((column) => field(row, index, column)), more(index));
  const full = rows.length >= props.max_rows;
  const tools = make("div", { className: "tools" },
    tool("↑", "up", index, index === 0, () => move(index, -1)),
    tool("↓", "down", index, index === rows.length - 1, () => move(index, 1)),
    tool(word("copy"), "duplicate", index, full, () => rows.splice(index + 1, 0, copyOf(row))),
    tool("✕", "delete", index, rows.length < 2, () => rows.splice(index, 1)),
  );
  const rest = make("div", { className: "rest" }, ...others.map((column) => field(row, index, column)), tools);
  const sentences = make("div", { className: "said" }, ...props.columns.flatMap((column) => said(index, column)));
  const sub = make("div", { className: "sub" });
  const node = make("div", { className: "row", role: "listitem" }, main, sentences, sub, rest);
  node.addEventListener("keydown", (event) => {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !way || !rows[index + way]) return;
    event.preventDefault();
    const column = event.target.dataset.cell?.split(".")[1] || "name";
    change(() => move(index, way));
    list.querySelector(`[data-cell="${index + way}.${column}"]`).focus();
  });
  return node;
}

function draw() {
  list.replaceChildren(...rows.map(line));
  list.classList.toggle("many", rows.length > props.many);
  filter.hidden = rows.length <= props.many;
  if (filter.hidden) filter.value = "";
  filter.placeholder = word("filter");
  filter.setAttribute("aria-label", word("filter"));
  add.textContent = "+ " + word("add");
  add.disabled = rows.length >= props.max_rows;
  for (const [button, key] of [[undo, "undo"], [redo, "redo"]]) {
    button.title = word(key);
    button.setAttribute("aria-label", word(key));
  }
  reset.textContent = word("reset");
  refresh();
}

// What follows from the rows' values and the server's answers, without building the rows anew.
function refresh() {
  const wanted = filter.value.trim().toLowerCase();
  const colours = coloursOf(rows.map(({ name }) => name), props.palette);
  for (const [index, node] of [...list.children].entries()) {
    node.hidden = Boolean(wanted) && !`${rows[index].name} ${rows[index].params}`.toLowerCase().includes(wanted);
    refreshRow(node, index, colours[index]);
  }
  showHomeless();
  showHistory();
}

// Of many rows one has changed, as a rule: what shows its state already is left alone.
function refreshRow(node, index, colour) {
  const said = (sentences) => props.columns.map((column) => sentences?.[`${index}.${column}`] || "");
  const [errors, warnings] = [said(withTwins(props.errors)), said(props.warnings)];
  if (props.columns.some((column, place) => errors[place] && !props.essential.includes(column))) open.add(index);
  const measured = props.measured.find(({ row: ran }) => ran.name === rows[index].name);
  const state = JSON.stringify([rows[index], errors, warnings, colour, open.has(index), props.sizes[index], measured]);
  if (node.state === state) return;
  node.state = state;
  for (const [place, column] of props.columns.entries()) {
    const control = node.querySelector(`[data-cell="${index}.${column}"]`);
    control.disabled = !applies(rows[index], column);
    if (column === "schedule_options") control.placeholder = props.schedule_defaults[rows[index].schedule] || "";
    control.setAttribute("aria-invalid", errors[place] ? "true" : "false");
    node.querySelector(`#error-${index}-${column}`).textContent = errors[place];
    node.querySelector(`#caution-${index}-${column}`).textContent = errors[place] ? "" : warnings[place];
  }
  node.style.setProperty("--group", colour);
  node.classList.toggle("open", open.has(index));
  const button = node.querySelector(".more");
  button.textContent = open.has(index) ? "▴" : "▾";
  button.setAttribute("aria-expanded", String(open.has(index)));
  button.setAttribute("aria-label", `${word("more")} ${index + 1}`);
  node.querySelector(".sub").replaceChildren(...summary(rows[index], index, measured));
}

// Of two rows of one name, that one is wrong which was typed last.
function withTwins(errors) {
  const others = Object.entries(props.twins || {}).filter(([, twin]) => twin.place === named);
  const moved = Object.fromEntries(others.flatMap(([place, twin]) => [[place, ""], [twin.place, twin.sentence]]));
  return { ...errors, ...moved };
}

function showHomeless() {
  const { sentence, names = [], known } = props.homeless || {};
  const left = element.querySelector(".left");
  left.className = names.length ? "left error" : "left";
  left.textContent = names.length ? sentence : known ? word("all_placed") : "";
  if (!names.length || rows.length >= props.max_rows) return;
  const button = make("button", { type: "button" }, word("into_new"));
  button.addEventListener("click", () => {
    change(() => rows.push({ ...props.blank, name: freeName(), params: names.join(" ") }));
  });
  left.append(" ", button);
}

// Below a row: how large its group is, the settings that are not the default, and what the last run measured.
function summary(row, index, measured) {
  const parts = [make("span", {}, props.sizes[index] || "")];
  for (const column of props.columns) {
    const differs = row[column] !== props.blank[column] && !props.essential.includes(column) && applies(row, column);
    if (differs) parts.push(make("span", { className: "chip" }, `${word(column)} ${shown(row[column])}`));
  }
  if (measured) parts.push(result(measured, JSON.stringify(asSent(row)) === JSON.stringify(asSent(measured.row))));
  return parts;
}

function result({ text, place, usual, title }, isNow) {
  const meter = make("span", { className: "meter" });
  if (usual) {
    const zone = make("i", { className: "zone" });
    Object.assign(zone.style, { left: `${100 * usual[0]}%`, width: `${100 * (usual[1] - usual[0])}%` });
    meter.append(zone);
  }
  if (place !== null) {
    const mark = make("i", { className: "mark" });
    mark.style.left = `${100 * place}%`;
    meter.append(mark);
  }
  const words = isNow ? text : `${word("before")} ${text}`;
  return make("span", { className: isNow ? "result" : "result old", title }, ...(place === null ? [] : [meter]), words);
}

function pull() {
  const value = JSON.stringify(props.value || []);
  if (value === sent) return;
  if (!takeBase()) remember();
  sent = value;
  rows = JSON.parse(value);
  open = new Set();
  draw();
}

function freeName() {
  let number = rows.length + 1;
  while (rows.some((row) => row.name === `${word("new")} ${number}`)) number += 1;
  return `${word("new")} ${number}`;
}

add.addEventListener("click", () => {
  filter.value = "";
  change(() => rows.push({ ...props.blank, name: freeName() }));
  list.lastElementChild.querySelector(".params input").focus();
});
undo.addEventListener("click", () => travel(history.past, history.future));
redo.addEventListener("click", () => travel(history.future, history.past));
reset.addEventListener("click", () => {
  remember();
  go({ rows: structuredClone(props.base), settings: baseSettings() });
});
filter.addEventListener("input", refresh);
// Also where the focus is nowhere, as after a click on a button that is then of no use.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  if (document.activeElement !== document.body && !element.contains(document.activeElement)) return;
  event.preventDefault();
  const cell = document.activeElement.dataset.cell;
  (event.shiftKey ? redo : undo).click();
  if (cell) list.querySelector(`[data-cell="${cell}"]`)?.focus();
});

// The lines of a row stand out while the pointer or the focus is in it, and a row while the pointer is at its line.
function meet(target) {
  const row = rows[[...list.children].indexOf(target?.closest(".row"))];
  document.dispatchEvent(new CustomEvent("row-met", { detail: row ? row.name : "" }));
}
list.addEventListener("pointerover", ({ target }) => meet(target));
list.addEventListener("pointerleave", () => meet(list.querySelector(".row:focus-within")));
list.addEventListener("focusin", ({ target }) => meet(target));
list.addEventListener("focusout", ({ relatedTarget }) => {
  if (!list.contains(relatedTarget)) meet(list.querySelector(".row:hover"));
});
document.addEventListener("line-met", ({ detail }) => {
  for (const [index, node] of [...list.children].entries()) node.classList.toggle("lit", rows[index].name === detail);
});

// A click may be on a button that reads the table: what was typed just before is sent first.
document.addEventListener("click", () => due && send(), true);
// A run that is refused leads to the first cell that is wrong.
document.addEventListener("click", (event) => {
  if (event.target.id === "train") list.querySelector('[aria-invalid="true"]')?.focus();
});
watch("value", pull);
for (const prop of ["palette", "errors", "warnings", "sizes", "homeless", "measured", "twins"]) watch(prop, refresh);
document.addEventListener("lines-drawn", refresh);
watch("base", () => { takeBase(); showHistory(); });
watch("base_settings", showHistory);
watch("settings", takeSettings);
watch("images", takeImages);
onLanguage(draw);
pull();
