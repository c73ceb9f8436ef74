// What the widgets' scripts share. It stands before each: together they are the body of js_on_load, to which Gradio
// gives element, props, trigger and watch.
const language = () => (document.documentElement.lang.toLowerCase().startsWith("zh") ? "zh" : "en");
const word = (key) => props.words[language()][key];

function onLanguage(redraw) {
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
}

// Names that have a line on the chart have its colour; the others, in turn, those of the palette that are left.
function coloursOf(names, palette) {
  const drawn = document.querySelector("#chart .plot")?.rowColours || {};
  const own = names.map((name) => (Object.hasOwn(drawn, name) ? drawn[name] : null));
  const left = palette.filter((colour) => !own.includes(colour));
  return own.map((colour, i) => colour ?? left.shift() ?? palette[i % palette.length]);
}

// An element with attributes, or properties where it has such, and with children: elements, and texts that stay texts.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
