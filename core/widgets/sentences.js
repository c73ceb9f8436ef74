// Body of js_on_load: Gradio gives element, props and watch.
const list = element.querySelector("ul");

function draw() {
  const items = (props.value || []).map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  });
  list.replaceChildren(...items);
}

watch("value", draw);
draw();
