// How large the gradient is at each of ten layers, for a weight scale and an activation. Numbers come from Python.

function drawFlow(sizes, [low, high]) {
  const label = `size of the gradient at layers 1 to ${sizes.length}: ${sizes.map((size) => size.toPrecision(2)).join(", ")}`;
  const powers = range(high - low + 1).map((step) => low + step).filter((power) => (power - low) % Math.ceil((high - low) / 7) === 0);
  const { picture, px, py } = chart("flow", { width: 460, height: 270, x: [0.4, sizes.length + 0.6],
    y: [10 ** low, 10 ** high], log: true, xlabel: "layer (1 = first)", ylabel: "gradient", label,
    xticks: range(sizes.length).map((index) => index + 1), yticks: powers.map((power) => 10 ** power) });
  const wide = px(1.7) - px(1);
  sizes.forEach((size, index) => {
    const top = py(clamp(size, 10 ** low, 10 ** high));
    picture.append(svg("rect", { x: px(index + 1) - wide / 2, y: top, width: wide, height: py(10 ** low) - top,
      class: "cu-bar", "data-size": size }));
  });
  const last = py(clamp(sizes.at(-1), 10 ** low, 10 ** high));
  picture.append(svg("line", { x1: px(0.4), x2: px(sizes.length + 0.6), y1: last, y2: last, class: "cu-tangent" }));
  return picture;
}

function render({ model, el }) {
  const names = { sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU", identity: "identity" };
  const which = selector("activation", Object.keys(model.get("sizes")).map((name) => [name, names[name]]),
    (activation) => put(model, { activation }));
  const strength = selector("weight scale", model.get("scales").map((scale, index) => [index, String(scale)]),
    (place) => put(model, { place: Number(place) }));
  const weaker = button("weaker", () => put(model, { place: Math.max(0, model.get("place") - 1) }));
  const stronger = button("stronger", () => put(model, { place: Math.min(model.get("scales").length - 1, model.get("place") + 1) }));
  const controls = [which.element, strength.element, weaker, stronger];
  const { stage, line } = frame(el, model, "Gradients in a net of ten layers", controls);

  function draw() {
    const [activation, place] = [model.get("activation"), model.get("place")];
    which.update(activation);
    strength.update(String(place));
    const sizes = model.get("sizes")[activation][place];
    stage.replaceChildren(panel(`${names[activation]}, weight scale ${model.get("scales")[place]}`,
      drawFlow(sizes, [-12, 6])));
    const times = sizes[0] / sizes.at(-1);
    const rounded = (value) => Number(value.toPrecision(2)).toLocaleString("en-GB");
    const text = times >= 1 ? `${rounded(times)} times as large as` : `${rounded(1 / times)} times smaller than`;
    say(line, `The gradient at the first layer is ${text} at the last (dashed).`);
  }
  return follow(model, ["activation", "place"], draw);
}

export default { render };
