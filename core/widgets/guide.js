const guide = element.querySelector("div");
const line = element.querySelector("p");
const [trying, close] = [".try", ".close"].map((part) => element.querySelector(part));
const CLOSED = "guide closed";

// What comes next follows from what the visitor has done.
const stage = () => (props.runs > 1 ? "done" : props.runs < 1 ? "train" : props.edited ? "again" : "change");

function stored() {
  try {
    return localStorage.getItem(CLOSED) !== null;
  } catch {
    return false; // a frame that may store nothing
  }
}

function store() {
  try {
    localStorage.setItem(CLOSED, "yes");
  } catch {
    // as above
  }
}

let closed = stored();

function show() {
  const now = stage();
  if (now === "done") store();
  guide.hidden = closed || props.quiet;
  document.getElementById("work")?.classList.toggle("unguided", guide.hidden); // :has() would be asked again at each stroke of the chart
  document.getElementById("train")?.setAttribute("aria-disabled", String(props.quiet)); // who presses it is told why
  line.textContent = word(now);
  trying.textContent = word("try_it");
  trying.hidden = now !== "change" || !document.getElementById("try");
  close.setAttribute("aria-label", word("close"));
}

trying.addEventListener("click", () => document.getElementById("try").click());
close.addEventListener("click", () => {
  closed = true;
  store();
  show();
});
watch("runs", show);
watch("edited", show);
watch("quiet", show);
onLanguage(show);
show();
