// Half-planes on and off: where do enough of them say yes?

const SPAN = 3;

/** Collect the yes-cells of a fine grid as one path, row by row. */
function regionPath(says, px, py) {
  const cells = 96;
  const at = (index) => -SPAN + (2 * SPAN * (index + 0.5)) / cells;
  const edge = (index) => -SPAN + (2 * SPAN * index) / cells;
  let [path, yes] = ["", 0];
  for (const row of range(cells)) {
    let start = null;
    for (const column of range(cells + 1)) {
      const inside = column < cells && says(at(column), at(row));
      yes += inside ? 1 : 0;
      if (inside && start === null) start = column;
      if (!inside && start !== null) {
        const [x, y, right, top] = [px(edge(start)), py(edge(row)), px(edge(column)), py(edge(row + 1))];
        path += `M${x.toFixed(1)} ${y.toFixed(1)}H${right.toFixed(1)}V${top.toFixed(1)}H${x.toFixed(1)}Z`;
        start = null;
      }
    }
  }
  return { path, share: yes / cells ** 2 };
}

/** Return the two ends of the line a·x1 + b·x2 + c = 0 in the picture. */
function boundary([a, b, c]) {
  const ends = Math.abs(b) >= Math.abs(a)
    ? [-SPAN, SPAN].map((x) => [x, -(a * x + c) / b]) : [-SPAN, SPAN].map((y) => [-(b * y + c) / a, y]);
  return ends;
}

function drawRegion(model, needed) {
  const on = model.get("lines").filter((_, index) => model.get("on")[index]);
  const { picture, px, py } = chart("region", { width: 340, height: 340, x: [-SPAN, SPAN], y: [-SPAN, SPAN], xlabel: "x1",
    ylabel: "x2", label: "where enough half-planes say yes", xticks: [-2, 0, 2], yticks: [-2, 0, 2] });
  const says = (x, y) => on.filter(([a, b, c]) => a * x + b * y + c > 0).length >= needed;
  const { path, share } = on.length ? regionPath(says, px, py) : { path: "", share: 0 };
  const clip = `cu-clip-${Math.random().toString(36).slice(2)}`;
  const inside = { x: px(-SPAN), y: py(SPAN), width: px(SPAN) - px(-SPAN), height: py(-SPAN) - py(SPAN) };
  picture.append(svg("defs", {}, svg("clipPath", { id: clip }, svg("rect", inside))));
  const group = svg("g", { "clip-path": `url(#${clip})` });
  group.append(svg("path", { d: path, class: "cu-yes", "data-share": share }));
  for (const line of on) {
    const [[x1, y1], [x2, y2]] = boundary(line).map(([x, y]) => [px(x), py(y)]);
    group.append(svg("line", { x1, y1, x2, y2, class: "cu-tangent" }));
  }
  picture.append(group);
  return { picture, share };
}

function render({ model, el }) {
  const boxes = model.get("lines").map((_, index) => {
    const box = html("input", { type: "checkbox", "data-lm-suppress-shortcuts": "true", "data-name": `half-plane ${index + 1}` });
    box.addEventListener("change", () => {
      const on = model.get("on").map((old, other) => (other === index ? box.checked : old));
      const most = Math.max(1, on.filter(Boolean).length);
      put(model, { on, needed: Math.min(model.get("needed"), most) });
    });
    return box;
  });
  const labels = boxes.map((box, index) => html("label", { class: "cu-control" }, box, `half-plane ${index + 1}`));
  const needed = slider("how many must say yes", (value) => put(model, { needed: value }));
  const { stage, line } = frame(el, model, "Half-planes on and off", [...labels, needed.element]);

  function draw() {
    const count_on = model.get("on").filter(Boolean).length;
    const need = clamp(model.get("needed"), 1, Math.max(1, count_on));
    boxes.forEach((box, index) => { box.checked = model.get("on")[index]; });
    needed.update(need, 1, Math.max(1, count_on));
    const { picture, share } = drawRegion(model, need);
    stage.replaceChildren(panel("coloured: the output unit says yes", picture));
    if (!count_on) return say(line, "No half-plane is on: nobody says yes.");
    const name = count_on === 1 ? "" : need === count_on ? " (AND)" : need === 1 ? " (OR)" : "";
    say(line, `At least ${need} of ${count(count_on, "half-plane")} must say yes${name}. ` +
      `The region covers ${Math.round(100 * share)} % of the picture.`);
  }
  return follow(model, ["lines", "on", "needed"], draw);
}

export default { render };
