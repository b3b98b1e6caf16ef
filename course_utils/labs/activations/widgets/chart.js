// Charts with two axes, and controls for numbers with decimals. Python puts this text after common.js.

/**
 * Make an empty chart. `x` and `y` are [low, high]; `log` makes the y axis logarithmic.
 * Returns the picture and functions from values to pixels.
 */
function chart(name, { width = 330, height = 250, x, y, xlabel, ylabel, label, xticks, yticks, log = false }) {
  const [left, right, top, bottom] = [58, 10, 12, 42];
  const picture = svg("svg", { class: `cu-chart cu-chart-${name}`, role: "img", "aria-label": label, width, height,
    viewBox: `0 0 ${width} ${height}` });
  const scaleOf = (value) => (log ? Math.log10(value) : value);
  const [low, high] = y.map(scaleOf);
  const px = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
  const py = (value) => height - bottom - ((scaleOf(value) - low) / (high - low)) * (height - top - bottom);
  const [floor, ceiling] = [height - bottom, top];
  picture.append(svg("line", { x1: left, x2: width - right, y1: floor, y2: floor, class: "cu-tick" }));
  picture.append(svg("line", { x1: left, x2: left, y1: floor, y2: ceiling, class: "cu-tick" }));
  for (const tick of xticks) {
    picture.append(svg("line", { x1: px(tick), x2: px(tick), y1: floor, y2: floor + 5, class: "cu-tick" }));
    picture.append(svg("text", { x: px(tick), y: floor + 14, "font-size": 12 }, number(tick)));
  }
  for (const tick of yticks) {
    picture.append(svg("line", { x1: left - 5, x2: left, y1: py(tick), y2: py(tick), class: "cu-tick" }));
    const text = log ? `10${superscript(Math.round(Math.log10(tick)))}` : number(tick);
    picture.append(svg("text", { x: left - 8, y: py(tick), "font-size": 12, class: "cu-end" }, text));
  }
  picture.append(svg("text", { x: (left + width - right) / 2, y: height - 10, "font-size": 13 }, xlabel));
  const middle = (floor + ceiling) / 2;
  picture.append(svg("text", { x: 12, y: middle, "font-size": 13, transform: `rotate(-90 12 ${middle})` }, ylabel));
  return { picture, px, py };
}

function superscript(power) {
  return String(power).replace("-", "⁻").replace(/[0-9]/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
}

/** Join points (pixels) to the text of a path. */
function pathOf(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** Make a slider with a number field for values with decimals; `update(value)` sets both. */
function dial(name, low, high, step, change) {
  const common = { min: low, max: high, step, "data-lm-suppress-shortcuts": "true", "data-name": name };
  const track = html("input", { ...common, type: "range", "aria-label": name });
  const field = html("input", { ...common, type: "number", "aria-label": `${name}, as a number` });
  let shown = null;
  const accept = (value) => value !== shown && change(value);
  track.addEventListener("input", () => accept(Number(track.value)));
  field.addEventListener("change", () => {
    const typed = field.value === "" ? shown : clamp(Number(field.value), low, high);
    const value = Number((Math.round(typed / step) * step).toFixed(6));
    field.value = value;
    accept(value);
  });
  const update = (value) => {
    shown = value;
    if (Number(track.value) !== value) track.value = value;
    if (field !== field.getRootNode().activeElement) field.value = value; // nobody is typing
  };
  return { element: html("span", { class: "cu-control" }, html("span", {}, name), track, field), update };
}

/** Make a list to choose from; options are [value, text]. */
function selector(name, options, change) {
  const list = html("select", { "aria-label": name, "data-lm-suppress-shortcuts": "true", "data-name": name },
    ...options.map(([value, text]) => html("option", { value }, text)));
  list.addEventListener("change", () => change(list.value));
  const update = (value) => { list.value = value; };
  return { element: html("span", { class: "cu-control" }, html("span", {}, name), list), update };
}
