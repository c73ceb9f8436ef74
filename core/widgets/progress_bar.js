// Body of js_on_load: Gradio gives element, props and watch.
const bar = element.querySelector("progress");

function draw() {
  bar.hidden = typeof props.value !== "number";
  if (!bar.hidden) bar.value = props.value;
}

watch("value", draw);
draw();
