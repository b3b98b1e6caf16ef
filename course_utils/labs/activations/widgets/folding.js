// Two hidden units lay a line into a plane. Where the points land is computed in Python, by the learner's function.

/** Mark a point by its class: a circle outside, a square in the middle. */
function markPoint(x, y, isMiddle) {
  return isMiddle
    ? svg("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, class: "cu-point cu-middle" })
    : svg("circle", { cx: x, cy: y, r: 4.8, class: "cu-point cu-outside" });
}

function drawLine(model) {
  const [xs, classes] = [model.get("x"), model.get("y")];
  const { picture, px, py } = chart("line", { x: [-1.1, 1.1], y: [-1, 1], xlabel: "x", ylabel: "",
    label: "points on a line: squares in the middle, circles outside", xticks: [-1, -0.5, 0, 0.5, 1], yticks: [] });
  picture.append(svg("line", { x1: px(-1.05), x2: px(1.05), y1: py(0), y2: py(0), class: "cu-zero" }));
  xs.forEach((x, index) => picture.append(markPoint(px(x), py(0), classes[index])));
  return picture;
}

function niceTicks([low, high]) {
  const step = [0.25, 0.5, 1, 2, 5].find((size) => (high - low) / size <= 6) ?? 10;
  return range(Math.floor(high / step) - Math.ceil(low / step) + 1).map((index) => (Math.ceil(low / step) + index) * step);
}

function drawPlane(model) {
  const points = model.get("points");
  const box = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    const room = 0.1 * Math.max(Math.max(...values) - Math.min(...values), 1);
    return [Math.min(...values) - room, Math.max(...values) + room];
  });
  const { picture, px, py } = chart("plane", { x: box[0], y: box[1], xlabel: "hidden unit 1", ylabel: "hidden unit 2",
    label: "the same points in the plane of the two hidden units", xticks: niceTicks(box[0]), yticks: niceTicks(box[1]) });
  picture.append(svg("path", { d: pathOf(points.map(([a, b]) => [px(a), py(b)])), class: "cu-thread" }));
  points.forEach(([a, b], index) => picture.append(markPoint(px(a), py(b), model.get("y")[index])));
  const ends = cutEnds(model.get("cut"), box);
  if (ends) picture.append(svg("path", { d: pathOf(ends.map(([a, b]) => [px(a), py(b)])), class: "cu-tangent cu-cut" }));
  return picture;
}

/** Return where the line a·h1 + b·h2 + c = 0 enters and leaves a box; null if it misses it. */
function cutEnds([a, b, c], [across, up]) {
  const found = [];
  for (const x of across) if (b) found.push([x, -(a * x + c) / b]);
  for (const y of up) if (a) found.push([-(b * y + c) / a, y]);
  const near = 1e-9;
  const inside = found.filter(([x, y]) => x >= across[0] - near && x <= across[1] + near && y >= up[0] - near && y <= up[1] + near);
  return inside.length >= 2 ? [inside[0], inside.at(-1)] : null;
}

function render({ model, el }) {
  const dials = ["w1", "b1", "w2", "b2"].map((name) => [name, dial(name, -8, 8, 0.5, (value) => put(model, { [name]: value }))]);
  const which = selector("activation", [["tanh", "tanh"], ["relu", "ReLU"], ["sigmoid", "sigmoid"], ["identity", "identity"]],
    (activation) => put(model, { activation }));
  const controls = [which.element, ...dials.map(([, control]) => control.element)];
  const { root, stage, line } = frame(el, model, "Fold a line with two hidden units", controls);
  stage.classList.add("cu-pair");
  const note = html("div", { class: "cu-note", role: "status" });
  root.append(note);

  function draw() {
    which.update(model.get("activation"));
    for (const [name, control] of dials) control.update(model.get(name));
    const caption = model.get("is_learners") ? "the plane, by your mlp_forward" : "the plane of the hidden units";
    stage.replaceChildren(panel("the line", drawLine(model)), panel(caption, drawPlane(model)));
    const [right, all] = [model.get("right"), model.get("x").length];
    say(line, `The best straight cut in the plane (dashed) has ${right} of ${all} points on the right side.`);
    say(note, model.get("note"));
  }
  return follow(model, ["points", "cut", "right", "note", "activation", "w1", "b1", "w2", "b2"], draw);
}

export default { render };
