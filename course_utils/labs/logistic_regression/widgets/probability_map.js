// A neuron with two inputs: move its weights and its bias, and see what it says over the plane.

const CELLS = 40;

/** Work out log(1 + exp(z)) without overflow. */
function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

/** Draw the straight line on which the score is 0, far beyond the map; nothing where the weights are 0. */
function straightLine([w1, w2, b], limit) {
  const length = w1 * w1 + w2 * w2;
  if (!length) return "";
  const far = 4 * limit / Math.sqrt(length);
  const end = (way) => onMap([(-b * w1) / length - way * far * w2, (-b * w2) / length + way * far * w1], limit);
  return `M${end(-1).join(" ")}L${end(1).join(" ")}`;
}

function render({ model, el }) {
  const names = ["w1", "w2", "b"];
  const sliders = names.map((name) => [name, slider(name, (value) => put(model, { [name]: value }), 0.1)]);
  const { stage, line } = frame(el, model, "Probabilities of one neuron", sliders.map(([, control]) => control.element));

  function draw() {
    const [w1, w2, b] = names.map((name) => model.get(name));
    const limit = model.get("limit");
    const score = ([x1, x2]) => w1 * x1 + w2 * x2 + b;
    const middle = (index) => ((index + 0.5) / CELLS) * 2 * limit - limit;
    const rows = range(CELLS).map((up) => range(CELLS).map((across) =>
      1 / (1 + Math.exp(-score([middle(across), middle(up)])))));
    for (const [name, control] of sliders) control.update(model.get(name), -6, 6);
    const [points, labels] = [model.get("points"), model.get("labels")];
    const scores = points.map(score);
    const losses = scores.map((z, index) => softplus(labels[index] ? -z : z));
    const loss = losses.reduce((a, c) => a + c, 0) / losses.length;
    const right = scores.filter((z, index) => (z > 0) === (labels[index] === 1)).length;
    const label = `probability of label 1 for w1 ${number(w1)}, w2 ${number(w2)}, b ${number(b)}`;
    const picture = planeMap(model, rows, limit, points, labels, label, straightLine([w1, w2, b], limit));
    stage.replaceChildren(html("div", { class: "cu-panel" }, planeKey(), picture));
    say(line, `log-loss ${loss.toFixed(3)}; ${right} of ${points.length} on the right side of the line`);
  }
  return follow(model, [...names, "points", "labels"], draw);
}

export default { render };
