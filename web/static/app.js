// Small comforts. Every page works without them.
"use strict";

// Before anything has the focus: what is shown for scripts alone moves what is below it.
document.documentElement.classList.add("js");

// A menu closes when one clicks beside it, and by Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.menu[open], details.confirm[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// <button type="button" data-copy="ID" hidden>Copy</button>: shown only where it can work.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}

// What answers a form cannot be asked for again: reload, and "back" to it, then ask for the page that held the form.
if (document.body.hasAttribute("data-answers-form") && sessionStorage.formPage) history.replaceState(null, "", sessionStorage.formPage);

const page = document.documentElement;

// A form is sent once, however often its button is pressed; after "back" it can be sent again. Half a date would be sent
// as none, also where the server checks the rest.
document.addEventListener("submit", (event) => {
  const half = [...event.target.elements].find((field) => field.validity.badInput);
  if (half || event.target.dataset.sent) event.preventDefault();
  if (half) half.reportValidity();
  else if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) {
    event.target.dataset.sent = "yes";
    sessionStorage.formPage = location.href.split("#", 1)[0];
    if (event.target.matches("[data-stays]")) sessionStorage.stays = JSON.stringify([location.pathname, page.scrollHeight - scrollY]);
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The first field that is wrong has the focus; on the page of one form, else the first that is still to be filled in; else
// what was said about a form that was refused.
const form = document.querySelector("[data-focus] form");
const fields = form ? [...form.elements].filter((field) => field.type !== "hidden") : [];
const first = form?.querySelector("[data-first]") || fields.find((field) => field.willValidate && !field.checkValidity());
const wrong = document.querySelector("main [aria-invalid=true]") || first;
const refused = document.querySelector("main:not(:has([autofocus])) .notice.problem[tabindex]");
(wrong || refused || fields[0])?.focus();

// <select data-explains="ID">: "another reason" is to be told in the field that has the ID.
document.addEventListener("change", (event) => {
  const told = document.getElementById(event.target.dataset?.explains);
  if (told) told.required = event.target.value === "other";
});

// Who logs a call, or opens another form to fill in, goes on typing.
document.addEventListener("click", (event) => {
  const opened = event.target.closest("#log-call > summary, [data-fill] > summary")?.parentElement;
  if (opened && !opened.open) setTimeout(() => opened.querySelector("select, input:not([type=hidden])").focus());
});

// What a question asks comes into sight.
document.addEventListener("click", (event) => {
  const asked = event.target.closest("details.confirm > summary")?.parentElement;
  if (asked && !asked.open) setTimeout(() => asked.scrollIntoView({ block: "nearest" }));
});

// <a data-close>: closes the question that it is in; without scripts the page is loaded again.
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-close]")?.closest("details.confirm");
  if (!asked) return;
  event.preventDefault();
  asked.open = false;
  asked.querySelector("summary").focus();
});

// A browser cuts what is pasted into a field that is too short for it, and does not say so.
document.addEventListener("paste", (event) => {
  const field = event.target;
  if (!(field.maxLength > 0)) return;
  if (field.nextElementSibling?.matches(".cut")) field.nextElementSibling.remove();
  const length = field.value.length - (field.selectionEnd - field.selectionStart) + event.clipboardData.getData("text").length;
  if (length <= field.maxLength) return;
  const told = Object.assign(document.createElement("span"), { className: "error cut", role: "alert" });
  told.textContent = `Only the first ${field.maxLength.toLocaleString("en")} characters fit. The rest of what you pasted is not in the field.`;
  field.after(told);
});

// The way back to the board leads to the view and the filters that one left.
window.addEventListener("pagehide", () => {
  if (document.getElementById("board")) sessionStorage.board = location.pathname + location.search;
});
function nameWaysBack() {
  if (!sessionStorage.board) return;
  const searched = new URLSearchParams(sessionStorage.board.split("?")[1]).get("q");
  for (const back of document.querySelectorAll("a[data-board]")) {
    back.href = sessionStorage.board;
    back.textContent = searched ? `Board: “${searched}”` : "Board";
  }
}
for (const shown of ["pageshow", "htmx:load"]) window.addEventListener(shown, nameWaysBack);

// Keys: j and k move in a list, x chooses, / searches, g and a letter goes somewhere, ? tells them all.
const practice = document.body.dataset.practice;
const places = practice
  ? { r: practice, p: `${practice}/prescriptions`, w: `${practice}/write`, t: `${practice}/tasks` }
  : { b: "/", n: "/needs", s: "/start", r: "/reports", m: "/mails" };
let going = 0;

// A link may lead to another of somebody's practices: that is said, with the way back, until one goes back or chooses the
// practice oneself. Each tab is at a practice of its own.
window.addEventListener("pageshow", () => {
  const told = document.getElementById("switched");
  const before = JSON.parse(sessionStorage.at || "{}");
  const name = told?.querySelector("strong").textContent;
  const left = before.practice === practice ? before.left : before;
  const from = left?.practice && before.left?.practice !== practice ? { ...left, left: undefined } : undefined;
  if (!told) delete sessionStorage.at;
  else sessionStorage.at = JSON.stringify({ practice, name, address: location.href.split("#", 1)[0], left: from });
  if (!told || !from) return;
  told.hidden = false;
  told.querySelector("a").href = from.address;
  told.querySelector("a").textContent = `Back to ${from.name}`;
});

// Who decides about one of a list by <form data-stays> stays there, unless a problem is told at the top, and sees the notice
// there until they do something else. What stands above may be more or less by now; what stands below is as it was.
const [stays, below] = JSON.parse(sessionStorage.stays || "[]");
delete sessionStorage.stays;
if (stays === location.pathname && !document.querySelector("#notices .problem")) {
  const notices = document.getElementById("notices");
  notices.classList.add("follows");
  const stay = () => scrollTo(0, page.scrollHeight - below);
  stay();
  // Again once it is said above which practice this is.
  window.addEventListener("pageshow", stay, { once: true });
  for (const next of ["pointerdown", "keydown"]) {
    document.addEventListener(next, (event) => notices.contains(event.target) || notices.classList.remove("follows"));
  }
}

function typing(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}
function rows() {
  return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
}
function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const last = all.findIndex((row) => row.classList.contains("at"));
  const from = here >= 0 ? here : last;
  const next = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + step, 0), all.length - 1);
  all.forEach((row, number) => row.classList.toggle("at", number === next));
  (all[next].querySelector("a, summary, button") || all[next]).focus();
  all[next].scrollIntoView({ block: "nearest" });
}
function choose() {
  const box = document.querySelector("[data-row].at input[type=checkbox]");
  if (box) box.click();
}
function search() {
  const field = document.querySelector("[data-search]");
  if (!field) location.assign(practice ? `${practice}/write` : "/#q");
  else field.focus();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  const keys = document.getElementById("keys");
  if (!keys || (keys.open && event.key !== "?")) return;
  const went = Date.now() - going < 1500 && places[event.key];
  going = event.key === "g" ? Date.now() : 0;
  const acts = { "/": search, j: () => move(1), k: () => move(-1), x: choose, "?": () => (keys.open ? keys.close() : keys.showModal()) };
  if (went) location.assign(went);
  else if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  } else {
    // <button data-key="s">: a key of this page alone. Held down it acts once.
    const button = !event.repeat && event.key.length === 1 && document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) {
      button.focus();
      button.click();
    }
  }
});
// A tap that was meant for what stood here before decides nothing.
function settle(part) {
  part.classList.add("settling");
  setTimeout(() => part.classList.remove("settling"), 1000);
}
document.querySelectorAll("form.answers").forEach(settle);
const showKeys = document.getElementById("show-keys");
if (showKeys) {
  showKeys.hidden = false;
  showKeys.addEventListener("click", () => document.getElementById("keys").showModal());
}
const printing = document.getElementById("print");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => window.print());
}
if (location.hash === "#q") search();

// Filters act at once; their address says only what is filtered.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  for (const [name, value] of [...event.detail.formData.entries()]) if (!value) event.detail.formData.delete(name);
});

// <p data-presets="ID">: its buttons fill in a date or a time.
document.addEventListener("click", (event) => {
  const preset = event.target.closest("[data-presets] button");
  if (!preset) return;
  const field = document.getElementById(preset.parentElement.dataset.presets);
  // A date has no time of day.
  field.value = field.type === "date" ? preset.dataset.value.slice(0, 10) : preset.dataset.value;
  // The mails of the form are shown anew, as when it is typed.
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

// A choice of several: all of them, or as it is without a choice.
for (const button of document.querySelectorAll("button[data-check]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const box of button.form.querySelectorAll("input[type=checkbox]")) {
      box.checked = button.dataset.check === "all" || box.hasAttribute("data-default");
    }
    count();
  });
}

// Those chosen for the same treatment, counted; all of a page at once.
const choices = "[data-chosen] input[type=checkbox]:is([name=id], [name=client])";
function count() {
  const boxes = [...document.querySelectorAll(choices)];
  const chosen = boxes.filter((box) => box.checked).length;
  const all = document.querySelector("[data-choose-all]");
  const told = document.querySelector("[data-chosen-count]");
  const act = document.querySelector("[data-for-chosen]");
  if (act) act.disabled = chosen === 0;
  if (all) {
    all.hidden = false;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  if (told) told.textContent = chosen ? `${chosen} chosen` : told.dataset.chosenCount;
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose-all]")) {
    for (const box of document.querySelectorAll(choices)) box.checked = event.target.checked;
  }
  count();
});
count();
window.addEventListener("pageshow", count);

// Live: what has changed is fetched anew. Only the window that is looked at listens.
let source = null;
let missed = false;
let timer = 0;
let latest = 0;

function affected(identities) {
  return [...document.querySelectorAll("[data-live]")].filter(
    (part) => !identities.length || part.dataset.live === "*" || identities.includes(part.dataset.live),
  );
}
function refresh(identities) {
  if (!affected(identities).length || timer) return;
  timer = setTimeout(() => {
    timer = 0;
    latest = Date.now();
    for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "live");
  }, Math.max(150, 1500 - (Date.now() - latest)));
}
function listen() {
  if (document.hidden || source || !document.querySelector("[data-live]")) return;
  source = new EventSource(document.body.dataset.liveFrom || "/live");
  source.addEventListener("open", () => {
    document.documentElement.dataset.listening = "yes";
    if (missed) refresh([]);
    missed = true;
  });
  source.addEventListener("change", (event) => refresh(JSON.parse(event.data)));
  source.addEventListener("error", () => delete document.documentElement.dataset.listening);
}
function rest() {
  if (source) source.close();
  source = null;
}
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", listen);

// What somebody has opened, chosen or begun to write survives.
function busy(part) {
  const active = document.activeElement;
  if (part.contains(active) && typing(active)) return true;
  // What was refused is in its fields as it was typed.
  if (part.querySelector("form > .notice.problem")) return true;
  const fields = part.querySelectorAll('form[method="post"] :is(input:not([type=hidden], [name=id]), textarea, select)');
  return [...fields].some((field) =>
    field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.tagName === "SELECT" ? [...field.options].some((each) => each.selected !== each.defaultSelected && each.index) : field.value !== field.defaultValue,
  );
}
// Nothing changes under a finger: what comes meanwhile waits until the click has come, which is after the finger is up.
let pressed = false;
const waiting = [];
document.addEventListener("pointerdown", (event) => (pressed = event.button === 0 && !event.target.closest("select")), true);
for (const end of ["pointerup", "pointercancel", "pointermove"]) {
  document.addEventListener(end, (event) => {
    // The browser keeps some ends to itself, as on a scroll bar: then the pointer moves without a button.
    if (!pressed || (end === "pointermove" && event.buttons)) return;
    setTimeout(() => {
      pressed = false;
      for (const answer of waiting.splice(0)) answer();
    }, 50);
  }, true);
}
// What has been filled in meanwhile in a part that is kept in step with its form stays: that change asks anew.
const filled = (part) => JSON.stringify([...part.querySelectorAll("input, textarea, select")].map((field) => [field.checked, field.value]));
document.addEventListener("htmx:beforeSend", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  const answer = xhr.onload;
  requestConfig.asked = filled(elt);
  xhr.onload = () => (pressed ? waiting.push(answer) : answer());
});

// Who has signed in anew in another tab can send what they typed before.
document.addEventListener("htmx:beforeSwap", (event) => {
  const token = event.detail.xhr.getResponseHeader("X-CSRF-Token");
  if (!token) return;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": token }));
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token;
});

// What is redrawn looks as it was left: what was open is open, what was chosen is chosen, and buttons stay where they are.
const redrawn = "[data-live], [hx-trigger^=every]";
const said = (details) => details.id || details.querySelector("summary").textContent.trim();
const decides = (part) => [...part.querySelectorAll('form[method="post"] button:not([type=button])')];
function place(button) {
  const sent = [...new FormData(button.form, button)].filter(([name]) => !["csrf", "key"].includes(name));
  const { x, y } = button.getBoundingClientRect();
  return JSON.stringify([button.form.action, sent, button.textContent, Math.round(x), Math.round(y)]);
}
// The first part with an ID that is on the screen, and where.
function firstSeen(part) {
  const seen = [...part.querySelectorAll("[id]")].find((each) => each.getClientRects().length && each.getBoundingClientRect().top >= 0);
  return seen && { id: seen.id, top: seen.getBoundingClientRect().top };
}
// What has changed by itself is marked for a moment.
const rowsOf = (part) => [...part.querySelectorAll("[data-row]")];
const saying = (row) => row.textContent.trim();
function mark(row) {
  row.classList.add("changed");
  setTimeout(() => row.classList.remove("changed"), 5000);
}
// What the journal of a page says last, when and by whom.
function newestEntry(page) {
  const cells = [...page.querySelectorAll("#entries tr:first-child > td")].map((cell) => cell.querySelector(".entry > div, time") || cell);
  const [when, what, who] = cells.map((cell) => cell.firstChild?.textContent.trim().replace(/\s+/g, " "));
  return what ? `: “${what}” (${who || "automatic"}, ${when})` : "";
}
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (part.matches('[hx-trigger*="change from:closest form"]') && event.detail.requestConfig.asked !== filled(part)) {
    event.detail.shouldSwap = false;
    return;
  }
  if (!part.matches(`${redrawn}, .ahead`) || event.detail.xhr.status >= 400) return;
  if (part.matches(redrawn) && busy(part)) {
    event.detail.shouldSwap = false;
    const told = document.getElementById("changed");
    if (!told) return;
    const entry = newestEntry(new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html"));
    if (entry !== newestEntry(document)) document.getElementById("newest").textContent = entry;
    told.hidden = false;
    return;
  }
  const opened = document.activeElement.closest("summary")?.parentElement;
  kept = {
    chosen: [...part.querySelectorAll("input[name=id]:checked")].map((box) => box.value),
    open: [...part.querySelectorAll("details[open]")].map(said),
    focused: opened && part.contains(opened) && said(opened),
    places: part.matches("[data-live]") && decides(part).map(place),
    at: part.querySelector("[data-row].at a")?.id,
    seen: scrollY > 0 && firstSeen(part),
    rows: part.matches("[data-live]") && rowsOf(part).map(saying),
  };
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (!kept) return count();
  const part = document.getElementById(event.detail.target.id) || event.detail.target;
  for (const box of part.querySelectorAll("input[name=id]")) box.checked = kept.chosen.includes(box.value);
  for (const details of part.querySelectorAll("details")) {
    if (kept.open.includes(said(details))) details.open = true;
    if (kept.focused === said(details)) details.querySelector("summary").focus({ preventScroll: true });
  }
  const seen = kept.seen && document.getElementById(kept.seen.id);
  if (seen) scrollBy(0, seen.getBoundingClientRect().top - kept.seen.top);
  if (kept.at) document.getElementById(kept.at)?.closest("[data-row]").classList.add("at");
  if (kept.places) for (const button of decides(part)) if (!kept.places.includes(place(button))) settle(button);
  if (kept.rows) rowsOf(part).filter((row) => !kept.rows.includes(saying(row))).forEach(mark);
  kept = null;
  count();
  const told = document.getElementById("live-status");
  if (told && part.dataset.summary) told.textContent = part.dataset.summary;
});
