// Pick or draw pictures, teach them, and see how sure the machine is. Python learns and judges.

const SIDE = 32;
const SCALE = 6; // pixels of the screen for a cell of the pad

/** Draw inked cells on a pad, at so many pixels a cell. */
function paint(canvas, cells, scale) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#d9d9d9";
  pen.fillRect(0, 0, SIDE * scale, SIDE * scale);
  pen.fillStyle = "#262626";
  for (const cell of cells) pen.fillRect((cell % SIDE) * scale, Math.floor(cell / SIDE) * scale, scale, scale);
}

/** Make a small picture of what is in the gallery or was drawn. */
function thumbnail(model, which, side, text) {
  if ("number" in which) {
    return html("img", { src: model.get("gallery")[which.number], width: side, height: side, alt: text });
  }
  const canvas = html("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": text });
  canvas.style.cssText = `width:${side}px;height:${side}px`;
  paint(canvas, which.cells ?? [], 1);
  return canvas;
}

/** Make the pad: a stroke inks 2×2 cells under the pointer; `done` gets all inked cells. */
function makePad(done) {
  const canvas = html("canvas", {
    class: "cu-pad", width: SIDE * SCALE, height: SIDE * SCALE, role: "img", "aria-label": "drawing pad",
  });
  canvas.style.cssText = "cursor:crosshair;touch-action:none;border:1px solid currentColor";
  let inked = new Set();
  const mark = (event) => {
    const [column, row] = [event.offsetX, event.offsetY].map((place) => Math.floor(place / SCALE));
    for (const [down, right] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      if (row + down >= 0 && row + down < SIDE && column + right >= 0 && column + right < SIDE) {
        inked.add((row + down) * SIDE + column + right);
      }
    }
    paint(canvas, inked, SCALE);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture?.(event.pointerId);
    mark(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && mark(event));
  canvas.addEventListener("pointerup", () => done([...inked]));
  paint(canvas, [], SCALE);
  return {
    canvas,
    clear() {
      inked = new Set();
      paint(canvas, [], SCALE);
    },
  };
}

function confidenceBar(name, value, wide = 150) {
  const length = Math.round(wide * (value ?? 0));
  const picture = svg("svg", {
    class: "cu-confidence", width: wide + 50, height: 22, role: "img",
    "aria-label": value === undefined ? "no probability yet" : `probability ${value.toFixed(2)}`, "data-name": name,
  });
  picture.append(svg("rect", { x: 0, y: 4, width: wide, height: 14, fill: "none", stroke: "currentColor" }));
  picture.append(svg("rect", { x: 0, y: 4, width: length, height: 14, class: "cu-bar" }));
  if (value !== undefined) picture.append(svg("text", { x: wide + 24, y: 12, "font-size": 13 }, value.toFixed(2)));
  return picture;
}

function render({ model, el }) {
  const pad = makePad((cells) => put(model, { current: { cells } }));
  const clear = button("clear the pad", () => {
    pad.clear();
    put(model, { current: { cells: [] } });
  });
  const forget = button("forget everything", () => put(model, { taught: [] }));
  const { stage, line } = frame(el, model, "Teach a machine", [clear, forget]);

  function gallery() {
    const box = html("div", { class: "cu-gallery" });
    box.style.cssText = "display:grid;grid-template-columns:repeat(6,auto);gap:3px;justify-content:start";
    model.get("gallery").forEach((_, number) => {
      const pick = button("", () => put(model, { current: { number } }));
      pick.setAttribute("aria-label", `pick picture ${number + 1}`);
      pick.style.cssText = "min-width:0;padding:1px;line-height:0";
      pick.append(thumbnail(model, { number }, 30, ""));
      box.append(pick);
    });
    return box;
  }

  function classRow(name, label) {
    const row = html("div", { class: "cu-taught", "data-label": label });
    row.style.cssText = "display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin-bottom:6px";
    const teach = button(`teach: ${name}`, () => {
      put(model, { taught: [...model.get("taught"), { label, picture: model.get("current") }] });
    });
    teach.style.minWidth = "9.5em";
    const own = model.get("taught").filter((example) => example.label === label);
    row.append(teach, confidenceBar(name, model.get("confidence")[label]));
    const few = own.slice(-6).map((example) => thumbnail(model, example.picture, 26, `a picture taught as ${name}`));
    row.append(...few, html("span", {}, own.length > 6 ? `… ${own.length} in all` : ""));
    return row;
  }

  function draw() {
    stage.replaceChildren(
      panel("draw here …", pad.canvas),
      panel("… or pick", gallery()),
      panel("what is this?", thumbnail(model, model.get("current"), 96, "the picture that is judged")),
      panel("teach it, and read the probabilities", html("div", {}, ...model.get("classes").map(classRow))),
    );
    const [confidence, classes] = [model.get("confidence"), model.get("classes")];
    const best = confidence.indexOf(Math.max(...confidence));
    const verdict = confidence.length ? `Most likely: ${classes[best]}, ${confidence[best].toFixed(2)}. ` : "";
    say(line, verdict + model.get("note"));
  }
  return follow(model, ["current", "taught", "confidence", "note"], draw);
}

export default { render };
