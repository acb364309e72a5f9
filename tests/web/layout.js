// What of a page cannot be seen as it should: sentences, for tests.
() => {
  const BOXES = ".card, .notice, .pill, .chip, .button, button, td, th, .tile, .answers, .question, dialog";
  const FLOATS = ".follows, .menu > .items, .chooser > form, .answers, dialog, .skip, .sr-only, svg, select, option, textarea, iframe";
  const found = new Set();
  const onPaper = matchMedia("print").matches;
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) found.add("the page scrolls sideways");
  const called = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  const styles = new Map();
  const styleOf = (element) => styles.get(element) || styles.set(element, getComputedStyle(element)).get(element);
  const hidden = (element) => !element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

  // The part of a rectangle that can be seen, or null; what is cut off for good is told.
  function seen(rect, element, text) {
    let { left, right, top, bottom } = rect;
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const style = styleOf(box);
      if (style.clipPath !== "none") return null;
      if (style.overflowX === "visible") continue;
      const edge = box.getBoundingClientRect();
      const cut = right > edge.right + 1 || left < edge.left - 1 || bottom > edge.bottom + 2 || top < edge.top - 2;
      if (cut && (onPaper || ["hidden", "clip"].includes(style.overflowX))) found.add(`${called(text)} is cut off`);
      [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
      if (left >= right || top >= bottom) return null;
    }
    return { left, right, top, bottom, element, text };
  }

  const parts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.data.trim() || element.closest(FLOATS) || hidden(element)) continue;
    const box = element.closest(BOXES);
    const around = box && box.getBoundingClientRect();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1) continue;
      const part = seen(rect, element, node.data);
      if (!part) continue;
      if (around?.width && (part.right > around.right + 1 || part.left < around.left - 1)) found.add(`${called(node.data)} sticks out of its box`);
      parts.push(part);
    }
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, .button")) {
    if (field.closest(FLOATS.replace("select, option, textarea, ", "")) || hidden(field)) continue;
    const part = seen(field.getBoundingClientRect(), field, field.getAttribute("aria-label") || field.name || field.textContent);
    if (part) parts.push(part);
  }
  parts.sort((one, other) => one.top - other.top);
  parts.forEach((one, number) => {
    for (let next = number + 1; next < parts.length && parts[next].top < one.bottom; next++) {
      const other = parts[next];
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      const height = Math.min(one.bottom - one.top, other.bottom - other.top);
      if (across > 2 && down > height / 3) found.add(`${called(one.text)} lies over ${called(other.text)}`);
    }
  });
  return [...found].slice(0, 10);
}
