const list = element.querySelector("ul");

function draw() {
  list.replaceChildren(...(props.value || []).map((sentence) => make("li", {}, sentence)));
}

watch("value", draw);
draw();
