// What undo, redo and reset lead through: the rows as they were typed, and the settings as the server read them.
const MOST_STATES = 100; // that undo goes back

const history = {
  past: [], // states, as JSON
  future: [],
  typing: null, // the cell that is being typed into
  settings: null, // as the server read them last; null while a preset, a link or a file fills them
  base: null, // the rows that the page was last filled with, as JSON
  filling: false, // whether it is being filled
};

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const state = () => JSON.stringify({ rows, settings: history.settings });

// Before an edit; of what is typed into one cell, one state is enough.
function remember(cell = null) {
  if (cell !== null && cell === history.typing) return;
  history.typing = cell;
  push(state());
}

function push(before) {
  history.past = [...history.past, before].slice(-MOST_STATES);
  history.future = [];
  showHistory();
}

function travel(from, to) {
  if (!from.length) return;
  to.push(state());
  history.typing = null;
  go(JSON.parse(from.pop()));
}

// The server fills settings that are others, and checks the page then; else it checks the rows at once.
function go(target) {
  rows = target.rows;
  open = new Set();
  if (!target.settings || same(target.settings, history.settings)) return redraw();
  history.settings = target.settings;
  draw();
  hand();
  trigger("submit", { settings: target.settings });
}

function showHistory() {
  undo.disabled = !history.past.length;
  redo.disabled = !history.future.length;
  reset.disabled = !props.base.length || (same(rows, props.base) && same(history.settings, baseSettings()));
}

// What the page was filled with says nothing of the images: which there are, the server knows.
const baseSettings = () => history.settings && { ...history.settings, ...props.base_settings };

function takeSettings() {
  const before = state();
  const edited = history.settings && props.settings && !same(props.settings, history.settings);
  history.settings = props.settings;
  if (edited) push(before);
  else showHistory();
}

// Images that arrive by themselves are no edit: undo does not take them away again.
function takeImages() {
  if (!props.images) return;
  const withImages = (settings) => settings && { ...settings, dataset: props.images };
  const inState = (json) => { const of = JSON.parse(json); return JSON.stringify({ ...of, settings: withImages(of.settings) }); };
  history.settings = withImages(history.settings);
  history.past = history.past.map(inState);
  history.future = history.future.map(inState);
}

// A preset, a link or a file fills the settings too: undo does not reach behind it.
function takeBase() {
  if (JSON.stringify(props.base) !== history.base) {
    history.filling = true;
    setTimeout(() => { history.filling = false; }); // the new rows come in the same go, before this or after
    Object.assign(history, { base: JSON.stringify(props.base), past: [], future: [], typing: null, settings: null });
  }
  return history.filling;
}
