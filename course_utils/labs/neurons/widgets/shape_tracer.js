// Dense layers in a row; the chosen one shows what goes in, what it holds, what comes out. Shapes come from PyTorch.

function shapeText(shape) {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

function tracedBox(picture, left, top, name, shape, kind) {
  const [width, height] = [150, 56];
  picture.append(svg("rect", { x: left, y: top, width, height, rx: 4, class: `cu-box cu-node-${kind}` }));
  const ink = `cu-node-text-${kind}`;
  picture.append(svg("text", { x: left + width / 2, y: top + 19, "font-size": 14, class: ink }, name));
  const text = svg("text", { x: left + width / 2, y: top + 40, "font-size": 15, class: ink }, shapeText(shape));
  text.setAttribute("data-shape", name);
  picture.append(text);
}

function drawTrace(step, number) {
  const picture = svg("svg", { class: "cu-trace", role: "img", width: 700, height: 150, viewBox: "0 0 700 150",
    "aria-label": `layer ${number}: ${shapeText(step.in)} in, ${shapeText(step.out)} out` });
  for (const [from, to] of [[160, 195], [505, 540]]) {
    picture.append(svg("line", { x1: from, y1: 74, x2: to - 8, y2: 74, class: "cu-edge", "stroke-width": 2 }));
    picture.append(svg("path", { d: `M${to - 10} 68 L${to} 74 L${to - 10} 80 Z`, class: "cu-arrow" }));
  }
  picture.append(svg("rect", { x: 195, y: 5, width: 310, height: 140, rx: 6, class: "cu-outline" }));
  picture.append(svg("text", { x: 350, y: 24, "font-size": 14 }, `layer ${number}`));
  tracedBox(picture, 5, 46, "in", step.in, "data");
  tracedBox(picture, 199, 60, "weight", step.weight, "model");
  tracedBox(picture, 352, 60, "bias", step.bias, "model");
  tracedBox(picture, 543, 46, "out", step.out, "data");
  return picture;
}

function render({ model, el }) {
  const batch = slider("batch", (value) => put(model, { batch: value }));
  const buttons = model.get("sizes").slice(1).map((_, index) =>
    button(`layer ${index + 1}`, () => put(model, { layer: index })));
  const { stage, line } = frame(el, model, "Shapes of dense layers", [...buttons, batch.element]);

  function draw() {
    const index = model.get("layer");
    const step = model.get("steps")[index];
    batch.update(model.get("batch"), 1, 64);
    buttons.forEach((each, at) => each.setAttribute("aria-pressed", String(at === index)));
    stage.replaceChildren(drawTrace(step, index + 1));
    say(line, `${count(step.in[0], "example")} with ${count(step.in[1], "number")} each go in; ` +
      `${count(step.weight[0], "unit")} read ${count(step.weight[1], "input")} each; ${shapeText(step.out)} comes out.`);
  }
  return follow(model, ["layer", "steps"], draw);
}

export default { render };
