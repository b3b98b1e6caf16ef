// Predict the shape behind each layer of a network, then see it. The shapes come from Python, where the network ran.

function asText(shape) {
  return shape.join("×");
}

/** Read "6×28×28", "6 28 28", "(6, 28, 28)" or "6x28x28" as numbers; null if it is none of these. */
function readShape(text) {
  const parts = text.trim().replace(/^\(|\)$/g, "").split(/[\s,×x*]+/i).filter((part) => part !== "");
  return parts.length && parts.every((part) => /^\d+$/.test(part)) ? parts.map(Number) : null;
}

/** Say how a guess stands to the shape: right, or on which axis it is off, and in which direction. */
function judge(guess, shape) {
  if (guess.length !== shape.length) return `your guess has ${count(guess.length, "number")}, the shape has ${shape.length}`;
  const axes = shape.length === 3 ? ["number of channels", "height", "width"] : ["length"];
  const wrong = axes.filter((_, axis) => guess[axis] !== shape[axis]);
  if (!wrong.length) return "as you predicted";
  const axis = axes.indexOf(wrong[0]);
  return `your ${wrong[0]} was too ${guess[axis] > shape[axis] ? "large" : "small"}`;
}

/** Draw one step: a block whose height is the side and whose width grows with the channels. */
function drawStep(picture, name, shape, known, left, pitch, largest) {
  const middle = left + pitch / 2;
  const step = svg("g", { class: "cu-step", "data-name": name, "data-shape": known ? asText(shape) : "?" });
  if (known && shape.length === 3) {
    const height = 16 + (104 * shape[1]) / largest;
    const width = Math.min(8 + 9 * Math.log2(shape[0] + 1), 0.8 * pitch);
    step.append(svg("rect", { x: middle - width / 2, y: 128 - height, width, height, class: "cu-bar" }));
  } else if (known) {
    const height = 24 + 28 * Math.log10(shape[0]);
    step.append(svg("rect", { x: middle - 4, y: 128 - height, width: 8, height, class: "cu-bar" }));
  } else {
    step.append(svg("text", { x: middle, y: 84, "font-size": 30 }, "?"));
  }
  step.append(svg("text", { x: middle, y: 146, "font-size": 12 }, name));
  step.append(svg("text", { x: middle, y: 164, "font-size": 13 }, known ? asText(shape) : "?"));
  picture.append(step);
}

function render({ model, el }) {
  const field = html("input", { type: "text", "aria-label": "your prediction", "data-name": "prediction",
    placeholder: "for example 8×28×28", "data-lm-suppress-shortcuts": "true" });
  const next = button("Predict and show", () => reveal());
  const again = button("Start again", () => { verdict = ""; put(model, { shown: 1 }); });
  const label = html("span", { class: "cu-control" }, html("span", {}, "next shape"), field);
  const { stage, line } = frame(el, model, "Shapes along a network", [label, next, again]);
  let verdict = "";

  function reveal() {
    const place = model.get("shown");
    if (place >= model.get("names").length) return;
    const guess = readShape(field.value);
    if (!guess) {
      say(line, "Type a shape first: numbers with × or a space between them.");
      return;
    }
    const shape = model.get("shapes")[place];
    verdict = `${model.get("names")[place]} gives ${asText(shape)}: ${judge(guess, shape)}. `;
    field.value = "";
    put(model, { shown: place + 1 });
  }
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") reveal(); });

  function draw() {
    const [names, shapes, shown] = ["names", "shapes", "shown"].map((name) => model.get(name));
    const pitch = Math.min(120, Math.floor(900 / names.length));
    const largest = Math.max(...shapes.filter((shape) => shape.length === 3).map((shape) => shape[1]), 1);
    const text = names.slice(0, shown).map((name, place) => `${name} ${asText(shapes[place])}`).join(", ");
    const width = pitch * names.length;
    const picture = svg("svg", { class: "cu-ribbon", role: "img", width, height: 176, viewBox: `0 0 ${width} 176`,
      "aria-label": text });
    names.forEach((name, place) => drawStep(picture, name, shapes[place], place < shown, place * pitch, pitch, largest));
    stage.replaceChildren(picture);
    const over = shown >= names.length;
    next.disabled = over;
    say(line, verdict + (over ? "That is the whole network." : `What comes out of ${names[shown]}?`));
  }
  return follow(model, ["names", "shapes", "shown"], draw);
}

export default { render };
