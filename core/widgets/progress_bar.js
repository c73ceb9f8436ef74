const bar = element.querySelector("progress");

function draw() {
  bar.setAttribute("aria-label", word("name"));
  bar.hidden = typeof props.value !== "number";
  if (!bar.hidden) bar.value = props.value;
}

watch("value", draw);
draw();
