// A picture under attack and its random twin: the slider chooses the budget, everything was computed before.

const FACTOR = 10; // by which a difference is amplified

function pageOf(model, row, place) {
  const [height, width] = model.get("size");
  const length = height * width * 3;
  const view = model.get("pixels");
  const start = view.byteOffset + (row * model.get("levels").length + place) * length;
  return new Uint8Array(view.buffer, start, length);
}

function drawPixels(model, look, label) {
  const [height, width] = model.get("size");
  const sheet = html("canvas", { width, height, role: "img", "aria-label": label, class: "cu-photo" });
  const pen = sheet.getContext("2d");
  const data = pen.createImageData(width, height);
  for (let place = 0; place < height * width; place++) {
    for (let colour = 0; colour < 3; colour++) data.data[4 * place + colour] = look(3 * place + colour);
    data.data[4 * place + 3] = 255;
  }
  pen.putImageData(data, 0, 0);
  sheet.style.cssText = "width: 150px; height: 150px; image-rendering: pixelated;";
  return sheet;
}

function drawChances(model, row, place) {
  const classes = model.get("classes");
  const values = model.get("chances")[row][place];
  const best = range(classes.length).sort((one, other) => values[other] - values[one]).slice(0, 3);
  const label = best.map((index) => `${classes[index]} ${number(values[index])}`).join(", ");
  const picture = svg("svg", { class: "cu-chances", role: "img", width: 206, height: 130, viewBox: "0 0 206 130",
    "aria-label": label });
  best.forEach((index, line) => {
    const y = 8 + line * 40;
    picture.append(svg("text", { x: 82, y: y + 15, "font-size": 14, class: "cu-end" }, classes[index]));
    picture.append(svg("rect", { x: 90, y, width: Math.max(1, 76 * values[index]), height: 30, class: "cu-bar" }));
    picture.append(svg("text", { x: 96 + 76 * values[index], y: y + 15, "font-size": 14, class: "cu-start" },
      values[index].toFixed(2)));
  });
  return [picture, classes[best[0]]];
}

function render({ model, el }) {
  const control = slider("grey levels out of 255", (value) => put(model, { level: value }));
  const { stage, line } = frame(el, model, "A picture under attack", [control.element]);

  function draw() {
    const levels = model.get("levels");
    const level = model.get("level");
    control.update(level, levels[0], levels[levels.length - 1]);
    const place = Math.max(0, levels.indexOf(level));
    const seen = [];
    const panels = model.get("rows").flatMap((name, row) => {
      const [clean, page] = [pageOf(model, row, 0), pageOf(model, row, place)];
      const [bars, best] = drawChances(model, row, place);
      seen.push(`${name}: ${best}`);
      return [html("div", { class: "cu-stage", "data-row": name },
        panel(name, drawPixels(model, (at) => page[at], `${name}, changed by ${level} grey levels`)),
        panel(`difference ×${FACTOR}`, drawPixels(model, (at) => 128 + FACTOR * (page[at] - clean[at]), "difference")),
        panel("probability", bars))];
    });
    stage.replaceChildren(...panels);
    say(line, `The network sees: ${seen.join("; ")}. ${model.get("note")}`.trim());
  }
  return follow(model, ["level"], draw);
}

export default { render };
