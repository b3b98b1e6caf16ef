// The way of gradient descent over a map of the loss. Every number comes from Python; here it is only drawn.

const MAP_SIDE = 320;

function scaleOf([low, high], from, to) {
  return (value) => clamp(from + ((value - low) / (high - low)) * (to - from), -2000, 2000);
}

/** Draw the loss as a shaded map, small values dark, on a logarithmic scale; the browser smooths it. */
function drawMap(model) {
  const { loss } = model.get("terrain");
  const logs = loss.map((row) => row.map((value) => Math.log(value + 1e-3)));
  const [low, high] = [Math.min(...logs.flat()), Math.max(...logs.flat())];
  const sheet = html("canvas", { width: loss.length, height: loss.length });
  const pen = sheet.getContext("2d");
  logs.forEach((row, fromBelow) => row.forEach((value, column) => {
    pen.fillStyle = shade(model.get("colours").intensity, value, low, high);
    pen.fillRect(column, loss.length - 1 - fromBelow, 1, 1);
  }));
  return svg("image", { href: sheet.toDataURL(), width: MAP_SIDE, height: MAP_SIDE, preserveAspectRatio: "none" });
}

function drawWay(model, picture, way, step) {
  const { w, b, best } = model.get("terrain");
  const [x, y] = [scaleOf(w, 0, MAP_SIDE), scaleOf(b, MAP_SIDE, 0)];
  const points = range(step + 1).map((at) => [x(way.w[at]), y(way.b[at])]);
  const path = points.map(([px, py]) => `${px},${py}`).join(" ");
  picture.append(svg("polyline", { points: path, class: "cu-way-rim" }), svg("polyline", { points: path, class: "cu-way" }));
  for (const [cx, cy] of points) picture.append(svg("circle", { cx, cy, r: 3.5, class: "cu-way-dot" }));
  const [sx, sy] = points[0];
  picture.append(svg("rect", { x: sx - 5, y: sy - 5, width: 10, height: 10, class: "cu-way-start" }));
  picture.append(svg("text", { x: x(best[0]), y: y(best[1]), "font-size": 26, class: "cu-best" }, "★"));
}

function axisTexts(picture, { w, b }) {
  const text = (x, y, words, kind) => picture.append(svg("text", { x, y, "font-size": 13, class: kind }, words));
  text(0, MAP_SIDE + 14, number(w[0]), "cu-start");
  text(MAP_SIDE, MAP_SIDE + 14, number(w[1]), "cu-end");
  text(MAP_SIDE / 2, MAP_SIDE + 14, "w", "");
  text(-6, MAP_SIDE - 8, number(b[0]), "cu-end");
  text(-6, 8, number(b[1]), "cu-end");
  text(-6, MAP_SIDE / 2, "b", "cu-end");
}

function render({ model, el }) {
  const last = () => model.get("ways")[0].w.length - 1;
  const rate = notches("learning rate", (index) => put(model, { index }));
  const steps = slider("steps", (value) => put(model, { step: value }));
  const { stage, line } = frame(el, model, "Gradient descent", [rate.element, steps.element]);
  const background = drawMap(model);

  function draw() {
    const [index, step] = [model.get("index"), model.get("step")];
    const way = model.get("ways")[index];
    rate.update(index, model.get("rates"));
    steps.update(step, 0, last());
    const words = `learning rate ${model.get("rates")[index]}`;
    const picture = svg("svg", { class: "cu-descent", role: "img", width: MAP_SIDE + 60, height: MAP_SIDE + 26,
      viewBox: `-50 0 ${MAP_SIDE + 60} ${MAP_SIDE + 26}`, "aria-label": `${words}, ${count(step, "step")}` });
    const inner = svg("svg", { x: 0, y: 0, width: MAP_SIDE, height: MAP_SIDE, viewBox: `0 0 ${MAP_SIDE} ${MAP_SIDE}` });
    inner.append(background);
    drawWay(model, inner, way, step);
    picture.append(inner);
    axisTexts(picture, model.get("terrain"));
    stage.replaceChildren(panel(words, picture));
    const loss = way.loss[step];
    say(line, `After ${count(step, "step")} the loss is ${loss >= 1e6 ? "more than a million" : Number(loss.toPrecision(4))}.`);
  }
  return follow(model, ["index", "step"], draw);
}

export default { render };
