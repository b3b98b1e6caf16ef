// A row of cells and every place where a window fits.

/** List the first cell of each window, counted in the padded row. */
function placesOf(total, kernelSize, stride) {
  const starts = [];
  for (let start = 0; start + kernelSize <= total; start += stride) starts.push(start);
  return starts;
}

/** Draw the cells of the padded row; hatch those that no window reads. */
function drawRow(picture, model, side, unread) {
  const padding = model.get("padding");
  const hatch = `cu-hatch-${Math.random().toString(36).slice(2)}`;
  const pattern = svg("pattern", { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)" }, svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "cu-hatch" }));
  picture.append(svg("defs", {}, pattern));
  for (const index of range(model.get("size") + 2 * padding)) {
    const inside = index >= padding && index < model.get("size") + padding;
    const box = { x: index * side, y: 24, width: side, height: side };
    const kind = `cu-row-cell${inside ? "" : " cu-row-padding"}${unread.includes(index) ? " cu-unread" : ""}`;
    const rect = svg("rect", { ...box, class: kind });
    if (unread.includes(index)) rect.style.fill = `url(#${hatch})`;
    picture.append(rect);
    if (inside && !unread.includes(index) && side >= 20) {
      const middle = { x: (index + 0.5) * side, y: 24 + side / 2, "font-size": 12, class: "cu-on-data" };
      picture.append(svg("text", middle, String(index - padding)));
    }
  }
}

/** Write "never read" above each run of cells that no window reads, unless a label is too near. */
function labelUnread(picture, side, unread) {
  let end = -Infinity;
  for (let first = 0; first < unread.length; ) {
    let last = first;
    while (unread[last + 1] === unread[last] + 1) last += 1;
    const middle = ((unread[first] + unread[last] + 1) / 2) * side;
    if (middle - 36 > end) {
      picture.append(svg("text", { x: middle, y: 11, "font-size": 13, class: "cu-label" }, "never read"));
      end = middle + 36;
    }
    first = last + 1;
  }
}

function drawPicture(model, starts, unread) {
  const total = model.get("size") + 2 * model.get("padding");
  const side = clamp(Math.floor(760 / total), 10, 34);
  const thick = starts.length <= 14 ? 20 : 8;
  const size = { width: total * side + 80, height: 24 + side + 14 + starts.length * thick };
  const picture = svg("svg", { class: "cu-windows", role: "img", ...size,
    viewBox: `-40 0 ${size.width} ${size.height}`, "aria-label": `${count(total, "cell")}, ${count(starts.length, "window")}` });
  drawRow(picture, model, side, unread);
  labelUnread(picture, side, unread);
  starts.forEach((start, index) => {
    const y = 24 + side + 10 + index * thick;
    const width = model.get("kernel_size") * side;
    const box = { x: start * side + 2, y, width: width - 4, height: thick - 3 };
    picture.append(svg("rect", { ...box, class: "cu-bar", "data-start": start }));
    const middle = { x: start * side + width / 2, y: y + (thick - 3) / 2, "font-size": 12, class: "cu-on-bar" };
    if (thick > 10) picture.append(svg("text", middle, String(index + 1)));
  });
  return picture;
}

/** Say in words what fits and what is left over. */
function sizeText(model, starts, unread) {
  const total = model.get("size") + 2 * model.get("padding");
  if (!starts.length) {
    return `No window fits: a kernel of ${count(model.get("kernel_size"), "cell")} is longer than ` +
      `${model.get("padding") ? "the padded row" : "the row"} of ${total}.`;
  }
  const fits = `${count(starts.length, "window")} ${starts.length === 1 ? "fits" : "fit"}.`;
  if (!unread.length) return `${fits} Every cell is read.`;
  return `${fits} ${count(unread.length, "cell")} ${unread.length === 1 ? "is" : "are"} never read (hatched).`;
}

function render({ model, el }) {
  const limits = { size: [1, 40], kernel_size: [1, 11], stride: [1, 8], padding: [0, 5] };
  const sliders = Object.keys(limits).map((name) => [
    name, slider(name.replace("_", " "), (value) => put(model, { [name]: value })),
  ]);
  const { stage, line } = frame(el, model, "Where windows fit", sliders.map(([, control]) => control.element));

  function draw() {
    for (const [name, control] of sliders) {
      control.update(model.get(name), limits[name][0], Math.max(limits[name][1], model.get(name)));
    }
    const total = model.get("size") + 2 * model.get("padding");
    const kernelSize = model.get("kernel_size");
    const starts = placesOf(total, kernelSize, model.get("stride"));
    const read = new Set(starts.flatMap((start) => range(kernelSize).map((offset) => start + offset)));
    const unread = range(total).filter((index) => !read.has(index));
    stage.replaceChildren(drawPicture(model, starts, unread));
    say(line, sizeText(model, starts, unread));
  }
  return follow(model, Object.keys(limits), draw);
}

export default { render };
