const link = element.querySelector("a");

watch("value", () => {
  if (!props.value) return;
  const { name, type, text } = props.value;
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  props.value = null; // or the same file, asked for again, would be no change
});
