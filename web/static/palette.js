// The palette: Ctrl K (Cmd K) reaches every practice, every page, and what can be done on this one.
"use strict";

const palette = document.getElementById("palette");
if (palette) {
  const input = palette.querySelector("input");
  const list = palette.querySelector("[role=listbox]");
  const status = palette.querySelector("[role=status]");
  const DOABLE = "main a.button, main button, main summary, main details.act a, header .who a, header .who button";
  let actions = [];
  let at = 0;
  let asked = 0;
  let loading = false;
  let chosen = false;

  const text = (node) => (node?.textContent || "").replace(/\s+/g, " ").trim();

  // What the page offers is what the reader may do: it is taken from the page.
  function doable() {
    const found = new Map();
    for (const element of document.querySelectorAll(DOABLE)) {
      if (element.closest("dialog, [hidden], [data-presets]") || element.disabled || element.matches(".apply, [data-check]")) continue;
      const title = text(element);
      const about = text(element.closest("[data-row]")?.querySelector("a"));
      if (title && title !== about && !found.has(title + about)) found.set(title + about, { title, about, element });
    }
    return [...found.values()];
  }

  function act(element) {
    const inside = element.closest("details");
    for (let each = inside; each; each = each.parentElement.closest("details")) each.open = true;
    if (element.matches("summary")) {
      (inside.querySelector("input:not([type=hidden]), select, textarea, a, button") || element).focus();
    } else if (element.matches("button") && element.form?.method === "post") {
      // What changes something is done by its own button.
      element.focus();
      element.scrollIntoView({ block: "center" });
    } else element.click();
  }

  function option({ title, about, element }) {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    const name = document.createElement("span");
    name.textContent = title;
    const more = document.createElement("span");
    more.className = "small soft";
    more.textContent = about || "On this page";
    item.append(name, " ", more);
    item.act = () => act(element);
    return item;
  }

  function mark(number) {
    const items = [...list.children];
    // Before the first answer there is nothing to be bounded by.
    at = Math.max(0, items.length ? Math.min(number, items.length - 1) : number);
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    input.setAttribute("aria-activedescendant", items[at]?.id || "");
    items[at]?.scrollIntoView({ block: "nearest" });
  }

  function go(item) {
    if (!item) return;
    palette.close();
    if (item.dataset.go) location.assign(item.dataset.go);
    else item.act();
  }

  function show(html, problem) {
    const words = input.value.toLowerCase().split(/\s+/);
    const own = actions.filter(({ title, about }) => words.every((word) => `${title} ${about}`.toLowerCase().includes(word)));
    const others = document.createElement("template");
    others.innerHTML = html;
    const items = [...others.content.querySelectorAll("[role=option]")];
    // Practices and clients first, if some were looked for; then what can be done here, then pages.
    const practices = items.filter((item) => /^\/(onboardings|practices)\//.test(item.dataset.go));
    const all = [...practices, ...own.map(option), ...items.filter((item) => !practices.includes(item))];
    all.forEach((item, index) => (item.id = `palette-${index}`));
    list.replaceChildren(...all);
    list.hidden = !all.length;
    status.textContent = problem || (all.length === 1 ? "1 match" : `${all.length || "No"} matches`);
    mark(at);
    loading = false;
    if (chosen) go(list.children[at]);
    chosen = false;
  }

  async function look() {
    const mine = ++asked;
    at = 0;
    loading = true;
    const answer = await fetch(`/palette?q=${encodeURIComponent(input.value)}`).catch(() => null);
    const good = answer?.ok && !answer.redirected;
    const html = good ? await answer.text() : "";
    if (mine === asked) show(html, good ? "" : "The server does not answer. Reload the page.");
  }

  function open() {
    actions = doable();
    input.value = "";
    chosen = false;
    list.replaceChildren();
    palette.showModal();
    input.focus();
    look();
  }

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (palette.open) palette.close();
    else if (!document.querySelector("dialog[open]")) open();
  });
  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 };
    if (event.key in steps) mark(steps[event.key]);
    else if (event.key === "Enter" && !event.isComposing) {
      if (loading) chosen = true;
      else go(list.children[at]);
    } else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
}
