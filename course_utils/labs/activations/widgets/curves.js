// An activation function and its slope, with a tangent that can be moved along. All numbers come from Python.

const TITLES = { sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU", identity: "identity" };

function drawCurve(name, zs, values, { ylabel, y, yticks, here, tangent }) {
  const label = `${ylabel}, from z = ${zs[0]} to ${zs[zs.length - 1]}; at z = ${number(zs[here])}: ${number(values[here])}`;
  const drawn = chart(name, { x: [zs[0], zs[zs.length - 1]], y, xlabel: "z", ylabel, label, yticks,
    xticks: [-4, -2, 0, 2, 4] });
  const { picture, px, py } = drawn;
  picture.append(svg("line", { x1: px(zs[0]), x2: px(zs[zs.length - 1]), y1: py(0), y2: py(0), class: "cu-zero" }));
  const inside = zs.map((z, index) => [z, values[index]]).filter(([, value]) => value >= y[0] && value <= y[1]);
  picture.append(svg("path", { d: pathOf(inside.map(([z, value]) => [px(z), py(value)])), class: "cu-curve" }));
  if (tangent !== undefined) {
    const reach = Math.min(1.2, 0.9 / Math.max(Math.abs(tangent), 0.5));
    const ends = [-reach, reach].map((step) => [px(zs[here] + step), py(values[here] + step * tangent)]);
    picture.append(svg("path", { d: pathOf(ends), class: "cu-tangent" }));
  }
  const dot = { cx: px(zs[here]), cy: py(clamp(values[here], ...y)), r: 5, class: "cu-dot", "data-value": values[here] };
  picture.append(svg("circle", dot));
  return picture;
}

function render({ model, el }) {
  const which = selector("function", model.get("names").map((name) => [name, TITLES[name]]),
    (name) => put(model, { name }));
  const position = dial("z", model.get("z")[0], model.get("z").at(-1), 0.1, (z) => put(model, { place: placeOf(z) }));
  const placeOf = (z) => clamp(Math.round((z - model.get("z")[0]) / 0.1), 0, model.get("z").length - 1);
  const { stage, line } = frame(el, model, "An activation function and its slope", [which.element, position.element]);
  stage.classList.add("cu-pair");

  function draw() {
    const [name, zs] = [model.get("name"), model.get("z")];
    const here = clamp(model.get("place"), 0, zs.length - 1);
    const [values, slopes] = [model.get("values")[name], model.get("slopes")[name]];
    const [colour, dashes] = model.get("looks")[name];
    stage.style.setProperty("--cu-curve", colour);
    stage.style.setProperty("--cu-dashes", dashes);
    which.update(name);
    position.update(zs[here]);
    stage.replaceChildren(
      panel(`${TITLES[name]}, with its tangent`, drawCurve("value", zs, values, { ylabel: "activation",
        y: [-1.5, 2.5], yticks: [-1, 0, 1, 2], here, tangent: slopes[here] })),
      panel("its slope", drawCurve("slope", zs, slopes, { ylabel: "slope", y: [-0.1, 1.1], yticks: [0, 0.25, 0.5, 1],
        here })),
    );
    const digits = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
    say(line, `At z = ${number(zs[here])} the activation is ${digits(values[here])} and the slope ${digits(slopes[here])}.`);
  }
  return follow(model, ["name", "place"], draw);
}

export default { render };
