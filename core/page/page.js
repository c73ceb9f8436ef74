() => {
  // What Gradio's parts do not say of themselves to a screen reader.
  const status = document.getElementById("status");
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  // Gradio's code box scrolls, yet no key reaches it; it is made when its tab opens.
  const below = document.getElementById("below");
  new MutationObserver(() => below.querySelector(".cm-scroller")?.setAttribute("tabindex", "0")).observe(below, { childList: true, subtree: true });
  // Train and Stop by key, from wherever one is.
  const openMenu = () => [...document.querySelectorAll("[role=listbox], .overflow-dropdown:not(.hide)")].find((menu) => menu.checkVisibility());
  document.addEventListener("keydown", (event) => {
    const asked = event.key === "Enter" && (event.ctrlKey || event.metaKey) ? "train" : event.key === "Escape" ? "stop" : "";
    const button = asked && document.getElementById(asked);
    if (asked === "stop" && openMenu()) { // that key closes the menu alone; the tabs' own does not know it
      openMenu().closest(".overflow-menu")?.querySelector("button").click();
      return;
    }
    if (!button || button.disabled) return;
    event.preventDefault();
    document.activeElement.dispatchEvent(new Event("change", { bubbles: true })); // what was typed just before counts
    button.click();
  }, true);
  // Another language is chosen in the footer: most of the page's words come from the server, when the page is opened.
  const of = (tag) => (tag.toLowerCase().startsWith("zh") ? "zh" : "en");
  const spoken = () => of(document.documentElement.lang);
  const first = of(navigator.language);
  let isThere = spoken() === first; // Gradio fetches its words first
  const reopen = () => {
    isThere ||= spoken() === first;
    if (!isThere || spoken() === first) return;
    if (document.querySelector("#stop:enabled")) return setTimeout(reopen, 500); // a run goes on
    const query = new URLSearchParams(location.search);
    query.delete("view");
    query.set("lang", spoken());
    location.search = query.toString();
  };
  new MutationObserver(reopen).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
  if (new URLSearchParams(location.search).has("open") && innerWidth < 1024) below.scrollIntoView();
}
