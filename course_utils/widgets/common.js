// Drawing and controls that all widgets share. Python puts this text before each widget's own script.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element; children are elements or strings. */
function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Write a number for a cell: integers without decimals, others with at most two. Text stays text. */
function number(value) {
  if (typeof value !== "number") return String(value);
  const text = String(Number(value.toFixed(2)));
  return text === "-0" ? "0" : text.replace("-", "−");
}

/** Write terms as a sum, negative ones in brackets. */
function sum(terms) {
  return terms.map((term) => (number(term).startsWith("−") ? `(${number(term)})` : number(term))).join(" + ");
}

function range(count) {
  return Array.from({ length: count }, (_, index) => index);
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Choose a colour from a list of shades, the first for `low`, the last for `high`. */
function shade(shades, value, low, high) {
  if (!Number.isFinite(value)) return "#ffffff";
  const place = high > low ? (value - low) / (high - low) : 0;
  return shades[clamp(Math.round(place * (shades.length - 1)), 0, shades.length - 1)];
}

/** Choose black or white, whichever reads better on a colour such as "#0072b2". */
function ink(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000000" : "#ffffff";
}

/** Greys of a picture, from the least value to the largest. */
function greys(model, rows) {
  const values = rows.flat();
  const low = Math.min(0, ...values);
  const high = Math.max(...values);
  return (value) => shade(model.get("colours").grey, value, low, high > low ? high : low + 1);
}

/** Colours of signed values, zero in the middle. */
function signs(model, rows) {
  const limit = Math.max(...rows.flat().filter(Number.isFinite).map(Math.abs), 0) || 1;
  return (value) => shade(model.get("colours").signed, value, -limit, limit);
}

/** Find the side of a cell in pixels: small for large grids, wide enough for the longest number. */
function cellSide(longestSide, grids) {
  const letters = Math.max(...grids.flat(2).map((value) => number(value).length), 2);
  return clamp(Math.floor(340 / longestSide), 9, Math.max(34, Math.min(48, Math.ceil(7 * letters + 4))));
}

/**
 * Draw a grid of cells.
 *
 * `look(row, column)` says what a cell is: {value, colour} for a number; {value, kind: "padding"} for a dotted
 * cell; {kind: "empty"} for one that is not computed yet; {mark: true} adds ≠ and a dashed frame.
 * `frames` are [row, column, height, width] of cells to point at.
 */
function grid(name, rows, columns, side, label, look, frames = []) {
  const picture = svg("svg", {
    class: `cu-${name}`, role: "img", "aria-label": label,
    width: columns * side + 6, height: rows * side + 6, viewBox: `-3 -3 ${columns * side + 6} ${rows * side + 6}`,
  });
  const cells = range(rows).map((row) => range(columns).map((column) => look(row, column)));
  const letters = Math.max(...cells.flat().map(({ value }) => (value === undefined ? 0 : number(value).length)), 1.6);
  const size = Math.min(14, (0.92 * side) / (0.6 * letters)); // one size for all; 0 if the numbers do not fit
  const font = size >= 9.5 && side >= 18 ? size : 0;
  for (const row of range(rows)) {
    for (const column of range(columns)) picture.append(cell(row, column, side, font, cells[row][column]));
  }
  for (const [row, column, height, width] of frames) {
    const box = { x: column * side, y: row * side, width: width * side, height: height * side, fill: "none" };
    picture.append(svg("rect", { ...box, stroke: "#ffffff", "stroke-width": side > 15 ? 6 : 4 }));
    picture.append(svg("rect", {
      ...box, class: "cu-frame", "stroke-width": side > 15 ? 3 : 2,
      "data-row": row, "data-column": column, "data-height": height, "data-width": width,
    }));
  }
  return picture;
}

function cell(row, column, side, font, { value, colour, kind = "value", mark = false }) {
  const classes = `cu-cell cu-${kind}${mark ? " cu-marked" : ""}${side < 16 ? " cu-dense" : ""}`;
  const place = { "data-row": row, "data-column": column, class: classes };
  const box = { x: column * side, y: row * side, width: side, height: side };
  const group = svg("g", { ...place, ...(value === undefined ? {} : { "data-value": value }) });
  group.append(svg("rect", kind === "value" ? { ...box, fill: colour } : box));
  if (value !== undefined && font) {
    const paint = kind === "value" ? { style: `fill: ${ink(colour)}` } : {};
    const middle = { x: (column + 0.5) * side, y: (row + 0.52) * side, "font-size": font };
    group.append(svg("text", { ...middle, ...paint }, number(value)));
  }
  if (mark) group.append(...markOf(box, side));
  return group;
}

/** Mark a cell, not by colour alone: a dashed frame with ≠, or a cross where that would be too small. */
function markOf({ x, y }, side) {
  if (side < 22) {
    const cross = `M${x + 1} ${y + 1}l${side - 2} ${side - 2}M${x + side - 1} ${y + 1}l${2 - side} ${side - 2}`;
    return [svg("path", { d: cross, class: "cu-cross-rim" }), svg("path", { d: cross, class: "cu-cross" })];
  }
  return [
    svg("rect", { x: x + 2, y: y + 2, width: side - 4, height: side - 4, class: "cu-mark" }),
    svg("circle", { cx: x + side - 7, cy: y + 7, r: 6.5, class: "cu-badge" }),
    svg("text", { x: x + side - 7, y: y + 7.5, "font-size": 12, class: "cu-badge-text" }, "≠"),
  ];
}

/** Put a caption above a picture. */
function panel(caption, picture) {
  return html("div", { class: "cu-panel" }, html("div", { class: "cu-caption" }, caption), picture);
}

/**
 * Make a slider with a number field beside it, both set by `update(value, low, high)` and both calling
 * `change(value)`. JupyterLab takes the arrow keys from whatever has the focus, unless the element itself
 * carries the attribute data-lm-suppress-shortcuts. Values are multiples of `step`, which is 1 or 0.1.
 */
function slider(name, change, step = 1) {
  const nearestStep = (value) => Number((Math.round(value / step) * step).toFixed(6));
  const common = { step, "data-lm-suppress-shortcuts": "true", "data-name": name };
  const track = html("input", { ...common, type: "range", "aria-label": name });
  const field = html("input", { ...common, type: "number", "aria-label": `${name}, as a number` });
  let shown = 0;
  const accept = (value) => value !== shown && change(value);
  track.addEventListener("input", () => accept(Number(track.value)));
  field.addEventListener("input", () => {
    const value = Number(field.value);
    const fits = field.value !== "" && nearestStep(value) === value && value >= +field.min && value <= +field.max;
    if (fits) accept(value);
  });
  field.addEventListener("change", () => {
    const value = field.value === "" ? shown : nearestStep(Number(field.value));
    const nearest = clamp(value, +field.min, +field.max);
    field.value = nearest;
    accept(nearest);
  });
  const element = html("span", { class: "cu-control" }, html("span", {}, name), track, field);
  const update = (value, low, high) => {
    shown = value;
    for (const input of [track, field]) {
      input.min = low;
      input.max = high;
      if (input !== field.getRootNode().activeElement || Number(input.value) !== value) input.value = value;
    }
  };
  return { element, update };
}

/** Make a slider over a list of values, the present one written beside it; `change` gets the place in the list. */
function notches(name, change) {
  const track = html("input", { type: "range", min: 0, step: 1, "aria-label": name, "data-name": name,
    "data-lm-suppress-shortcuts": "true" });
  const shown = html("output", { class: "cu-shown" });
  track.addEventListener("input", () => change(Number(track.value)));
  const update = (place, values) => {
    track.max = values.length - 1;
    track.value = place;
    track.setAttribute("aria-valuetext", values[place]);
    shown.textContent = values[place];
  };
  return { element: html("span", { class: "cu-control" }, html("span", {}, name), track, shown), update };
}

/** Make a button that JupyterLab's shortcuts leave alone. */
function button(name, press) {
  const element = html("button", { type: "button", "data-lm-suppress-shortcuts": "true" }, name);
  element.addEventListener("click", press);
  return element;
}

/** Set several traits at once and tell Python. */
function put(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/** Build the widget's frame: controls above, pictures in the middle, one line of text that is read aloud. */
function frame(el, model, label, controls) {
  const stage = html("div", { class: "cu-stage" });
  const line = html("div", { class: "cu-line", "aria-live": "polite" });
  const panels = html("div", {}, html("div", { class: "cu-controls" }, ...controls), stage, line);
  const root = html("div", { class: "cu-widget", role: "group", "aria-label": label }, panels);
  for (const name of ["focus", "data", "model"]) root.style.setProperty(`--cu-${name}`, model.get("colours")[name]);
  el.replaceChildren(root);
  passShortcuts(root, el);
  if (model.get("asks_python")) tellWhenKernelIsGone(model, root, panels);
  return { root: panels, stage, line };
}

/** Hand Ctrl+S and the like on to JupyterLab, which leaves keys alone that are pressed in our controls. */
function passShortcuts(root, el) {
  root.addEventListener("keydown", (event) => {
    const typing = event.target.type === "number" && "acvxyz".includes(event.key.toLowerCase());
    if (!(event.ctrlKey || event.metaKey) || typing) return;
    event.stopPropagation();
    if (!el.dispatchEvent(new KeyboardEvent(event.type, event))) event.preventDefault();
  });
}

/**
 * Say "run this cell again" where no kernel would answer. JupyterLab tells a model when it restarts the kernel; a kernel
 * that went in another way is found out by asking it whenever a control was used.
 */
function tellWhenKernelIsGone(model, root, panels) {
  const notice = html("div", { class: "cu-gone", role: "status" });
  root.prepend(notice);
  let question = null;
  const tell = (words, gone) => {
    clearTimeout(question);
    question = null;
    panels.inert = gone;
    say(notice, words);
  };
  const ask = () => {
    question ??= setTimeout(() => tell("Python does not answer, so the picture may be old. If a cell is running, wait " +
      "for it; otherwise run this cell again.", false), 3000);
    model.send("there?");
  };
  for (const used of ["input", "click", "pointerup"]) panels.addEventListener(used, ask);
  model.on("msg:custom", () => tell("", false)); // Python has answered
  model.on("comm_live_update", () => tell("The kernel that answered here is gone: run this cell again.", true));
}

/** Draw now and whenever one of the traits changes; return what stops it. */
function follow(model, names, draw) {
  for (const name of names) model.on(`change:${name}`, draw);
  draw();
  return () => names.forEach((name) => model.off(`change:${name}`, draw));
}

/** Set the text only where it differs, so that it is not read aloud twice. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Count things: "1 window", "3 windows". */
function count(amount, thing) {
  return `${amount} ${thing}${amount === 1 ? "" : "s"}`;
}
