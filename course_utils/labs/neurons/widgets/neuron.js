// One linear neuron with a dial for each input, each weight and the bias.

function outputOf(model) {
  return model.get("x").reduce((total, value, index) => total + value * model.get("weight")[index], model.get("bias"));
}

/** Draw an edge as thick as its weight is large, dashed if it is negative, with the weight written on it. */
function neuronEdge(picture, from, to, strength) {
  const look = { class: "cu-edge", "stroke-width": 1 + 0.6 * Math.abs(strength),
    ...(strength < 0 ? { "stroke-dasharray": "7 5" } : {}) };
  picture.append(svg("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], ...look }));
}

function neuronNode(picture, [x, y], text, kind) {
  picture.append(svg("circle", { cx: x, cy: y, r: 20, class: `cu-node cu-node-${kind}` }));
  picture.append(svg("text", { x, y, "font-size": 15, class: `cu-node-text-${kind}` }, text));
}

function drawNeuron(model) {
  const z = outputOf(model);
  const picture = svg("svg", { class: "cu-neuron", role: "img", width: 520, height: 245, viewBox: "0 0 520 245",
    "aria-label": `a neuron with output ${number(z)}` });
  const centre = [270, 140];
  const places = model.get("x").map((_, index) => [60, 65 + 75 * index]);
  places.forEach((place, index) => neuronEdge(picture, place, centre, model.get("weight")[index]));
  neuronEdge(picture, [270, 45], centre, model.get("bias"));
  picture.append(svg("line", { x1: 290, y1: 140, x2: 372, y2: 140, class: "cu-edge", "stroke-width": 2 }));
  picture.append(svg("path", { d: "M372 134 L384 140 L372 146 Z", class: "cu-arrow" }));
  places.forEach(([x, y], index) => {
    neuronNode(picture, [x, y], number(model.get("x")[index]), "data");
    const at = { x: x + 75, y: y + (75 / 210) * (140 - y), "font-size": 15 };
    picture.append(svg("rect", { x: at.x - 16, y: at.y - 10, width: 32, height: 20, class: "cu-plate" }));
    picture.append(svg("text", at, number(model.get("weight")[index])));
  });
  picture.append(svg("text", { x: 270, y: 28, "font-size": 15 }, `bias ${number(model.get("bias"))}`));
  neuronNode(picture, centre, "Σ", "model");
  picture.append(svg("text", { x: 394, y: 140, "font-size": 18, class: "cu-start", "data-output": z }, `z = ${number(z)}`));
  return picture;
}

function render({ model, el }) {
  const dials = [0, 1, 2].flatMap((index) => ["x", "weight"].map((name) => {
    const label = name === "x" ? `x${index + 1}` : `w${index + 1}`;
    const change = (value) => put(model, { [name]: model.get(name).map((old, at) => (at === index ? value : old)) });
    return [() => model.get(name)[index], slider(label, change)];
  }));
  dials.push([() => model.get("bias"), slider("w0 (bias)", (value) => put(model, { bias: value }))]);
  const { stage, line } = frame(el, model, "One neuron", dials.map(([, control]) => control.element));

  function draw() {
    for (const [read, control] of dials) control.update(read(), -10, 10);
    stage.replaceChildren(drawNeuron(model));
    const products = model.get("x").map((value, index) => value * model.get("weight")[index]);
    say(line, `z = ${sum([...products, model.get("bias")])} = ${number(outputOf(model))}. The last term is the bias.`);
  }
  return follow(model, ["x", "weight", "bias"], draw);
}

export default { render };
