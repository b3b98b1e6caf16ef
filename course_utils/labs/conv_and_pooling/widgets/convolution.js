// Step through a convolution: window, products and their sum, output so far.

/** Slide the kernel over the padded image, one window at a time (cross-correlation). */
function convolve(image, kernel, stride, padding) {
  const height = image.length + 2 * padding;
  const width = image[0].length + 2 * padding;
  const inside = (row, column) => image[row - padding]?.[column - padding] !== undefined;
  const at = (row, column) => (inside(row, column) ? image[row - padding][column - padding] : 0);
  const windows = [];
  for (let top = 0; top + kernel.length <= height; top += stride) {
    const line = [];
    for (let left = 0; left + kernel[0].length <= width; left += stride) {
      const factors = kernel.map((weights, row) => weights.map((w, column) => [at(top + row, left + column), w]));
      const products = factors.flat().map(([x, w]) => x * w);
      line.push({ top, left, factors, products, total: products.reduce((a, b) => a + b, 0) });
    }
    windows.push(line);
  }
  return { height, width, at, inside, windows, rows: windows.length, columns: windows[0].length };
}

/** Tell whether the learner's number is the window's sum, up to rounding. */
function agrees(given, total) {
  return typeof given === "number" && Math.abs(given - total) <= 1e-6 + 1e-4 * Math.abs(total);
}

/** Return the learner's output for these settings, or null if there is none. */
function learnersOutput(model) {
  const learner = model.get("learner");
  const current = learner.stride === model.get("stride") && learner.padding === model.get("padding");
  return current && learner.values ? learner.values : null;
}

function inputPanel(model, scene, place, side) {
  const colour = greys(model, model.get("image"));
  const kernel = model.get("kernel");
  const look = (row, column) => {
    const value = scene.at(row, column);
    return scene.inside(row, column) ? { value, colour: colour(value) } : { value, kind: "padding" };
  };
  const label = `padded input, ${scene.height} by ${scene.width}; window at row ${place.top}, column ${place.left}`;
  const size = `input ${model.get("image").length}×${model.get("image")[0].length}`;
  const caption = model.get("padding") ? `${size}, padding ${model.get("padding")}` : size;
  const window = [place.top, place.left, kernel.length, kernel[0].length];
  return panel(caption, grid("input", scene.height, scene.width, side, label, look, [window]));
}

function kernelPanel(model, side) {
  const kernel = model.get("kernel");
  const colour = signs(model, kernel);
  const look = (row, column) => ({ value: kernel[row][column], colour: colour(kernel[row][column]) });
  return panel("kernel", grid("kernel", kernel.length, kernel[0].length, side, "kernel", look));
}

function productsPanel(place) {
  const rows = place.factors.length;
  const columns = place.factors[0].length;
  const side = clamp(Math.floor(280 / Math.max(rows, columns)), 24, 78);
  const picture = grid("products", rows, columns, side, "products of the window with the kernel",
    () => ({ kind: "product" }), [[0, 0, rows, columns]]);
  place.factors.flat().forEach(([x, w], index) => {
    const middle = { x: ((index % columns) + 0.5) * side, y: (Math.floor(index / columns) + 0.5) * side };
    const group = svg("g", { class: "cu-factor", "data-value": x * w });
    const long = `${number(x)} × ${number(w)}`;
    const both = long.length * 7 < side;
    if (both) group.append(svg("text", { x: middle.x, y: middle.y - 9, "font-size": 13 }, long));
    const result = `${both ? "= " : ""}${number(x * w)}`;
    group.append(svg("text", { x: middle.x, y: middle.y + (both ? 9 : 0), "font-size": both ? 13 : 11 }, result));
    picture.append(group);
  });
  return panel("window × kernel", picture);
}

function outputPanel(model, scene, step, side) {
  const learner = learnersOutput(model);
  const reference = scene.windows.map((line) => line.map((window) => window.total));
  const shown = learner ?? reference;
  const colour = signs(model, [...reference, ...shown]);
  const look = (row, column) => {
    if (row * scene.columns + column > step) return { kind: "empty" };
    const value = shown[row][column];
    return { value, colour: colour(value), mark: !agrees(value, reference[row][column]) };
  };
  const frames = [[Math.floor(step / scene.columns), step % scene.columns, 1, 1]];
  const label = `output, ${scene.rows} by ${scene.columns}, computed up to number ${step + 1}`;
  const caption = learner ? "output of your conv2d" : model.get("has_learner") ? "output (reference)" : "output";
  return panel(caption, grid("output", scene.rows, scene.columns, side, label, look, frames));
}

/** Say what the current step computes, and what the learner's function says instead if it differs. */
function stepText(model, scene, place, step) {
  const total = number(place.total);
  const terms = place.products.length > 25 ? `sum of ${place.products.length} products` : sum(place.products);
  const text = `Window ${step + 1} of ${scene.rows * scene.columns}: ${terms} = ${total}`;
  const given = learnersOutput(model)?.[Math.floor(step / scene.columns)][step % scene.columns];
  return given === undefined || agrees(given, place.total) ? text : `${text}; your conv2d gives ${number(given)}`;
}

/** Say how the learner's function fared. */
function learnerText(model, scene, step) {
  const learner = model.get("learner");
  if (!model.get("has_learner")) return "";
  if (learner.stride !== model.get("stride") || learner.padding !== model.get("padding")) {
    return "your conv2d is being asked; shown is the reference";
  }
  if (!learner.values) return learner.note;
  const seen = scene.windows.flat().slice(0, step + 1);
  const wrong = seen.filter((window, index) => !agrees(learner.values.flat()[index], window.total)).length;
  if (!wrong) return "";
  return `${wrong} of the ${count(seen.length, "number")} so far differ${wrong === 1 ? "s" : ""} from the sum of ` +
    `${wrong === 1 ? "its window" : "their windows"} (marked ≠)`;
}

function render({ model, el }) {
  const stride = slider("stride", (value) => put(model, { stride: value, step: 0 }));
  const padding = slider("padding", (value) => put(model, { padding: value, step: 0 }));
  const position = slider("window", (value) => put(model, { step: value - 1 }));
  const scene = () => convolve(model.get("image"), model.get("kernel"), model.get("stride"), model.get("padding"));
  const last = () => scene().rows * scene().columns - 1;
  let timer = null;
  const pause = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ play";
    line.setAttribute("aria-live", "polite");
  };
  const advance = () => {
    if (model.get("step") >= last()) return pause();
    put(model, { step: model.get("step") + 1 });
    if (model.get("step") >= last()) pause();
  };
  const play = button("▶ play", () => {
    if (timer) return pause();
    if (model.get("step") >= last()) put(model, { step: 0 });
    timer = setInterval(advance, 700);
    play.textContent = "❙❙ pause";
    line.setAttribute("aria-live", "off"); // not read aloud at every step
  });
  const controls = [stride.element, padding.element, position.element, play];
  const { root, stage, line } = frame(el, model, "Convolution, step by step", controls);
  const note = html("div", { class: "cu-note", role: "status" });
  root.append(note);

  function draw() {
    const now = scene();
    const step = clamp(model.get("step"), 0, now.rows * now.columns - 1);
    const place = now.windows[Math.floor(step / now.columns)][step % now.columns];
    const numbers = [now.windows.flat().map((window) => window.total), learnersOutput(model) ?? []];
    const side = cellSide(Math.max(now.height, now.width), [model.get("image"), numbers]);
    stride.update(model.get("stride"), 1, Math.max(4, model.get("stride")));
    padding.update(model.get("padding"), 0, Math.max(model.get("most_padding"), model.get("padding")));
    position.update(step + 1, 1, now.rows * now.columns);
    stage.replaceChildren(inputPanel(model, now, place, side), kernelPanel(model, Math.max(side, 30)),
      productsPanel(place), outputPanel(model, now, step, side));
    say(line, stepText(model, now, place, step));
    say(note, learnerText(model, now, step));
  }
  const stop = follow(model, ["image", "kernel", "stride", "padding", "step", "learner"], draw);
  return () => {
    pause();
    stop();
  };
}

export default { render };
