// Four runs of gradient descent or ascent, two by two: the true log-loss, step by step.

const WIDE = 300;
const HIGH = 130;
const EDGE = { left: 44, right: 12, top: 8, bottom: 26 };

function runPanel(letter, title, losses, last, largest, colour) {
  const x = (step) => EDGE.left + ((WIDE - EDGE.left - EDGE.right) * step) / Math.max(1, losses.length - 1);
  const y = (loss) => HIGH - EDGE.bottom - ((HIGH - EDGE.top - EDGE.bottom) * Math.min(loss, largest)) / largest;
  const seen = losses.slice(0, last + 1);
  const now = seen[seen.length - 1];
  const picture = svg("svg", { class: "cu-run", role: "img", width: WIDE, height: HIGH, viewBox: `0 0 ${WIDE} ${HIGH}`,
    "aria-label": `run ${letter}: log-loss ${now.toFixed(2)}`, "data-run": letter, "data-loss": now });
  const base = y(0);
  picture.append(svg("line", { x1: EDGE.left, x2: WIDE - EDGE.right, y1: base, y2: base, class: "cu-tick" }));
  for (const value of [0, largest]) {
    picture.append(svg("text", { x: EDGE.left - 6, y: y(value) + (value ? 4 : 0), "font-size": 12, class: "cu-end" },
      value.toFixed(value % 1 ? 1 : 0)));
  }
  picture.append(svg("text", { x: (EDGE.left + WIDE) / 2, y: HIGH - 10, "font-size": 12 }, "steps"));
  const way = seen.map((loss, step) => `${step ? "L" : "M"}${x(step)} ${y(loss)}`).join("");
  const fell = now <= losses[0];
  picture.append(svg("path", { d: way, fill: "none", stroke: colour(fell), "stroke-width": 2.5,
    "stroke-dasharray": fell ? "none" : "6 4" }));
  picture.append(svg("circle", { cx: x(last), cy: y(now), r: 4, fill: colour(fell) }));
  return panel(`${letter}) ${title}: ${now.toFixed(2)}`, picture);
}

function render({ model, el }) {
  const position = slider("step", (value) => put(model, { step: value }));
  const last = () => Math.max(0, ...Object.values(model.get("curves")).map((losses) => losses.length - 1));
  let timer = null;
  const pause = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ play";
  };
  const advance = () => {
    if (model.get("step") < last()) put(model, { step: model.get("step") + 1 });
    if (model.get("step") >= last()) pause();
  };
  const play = button("▶ play", () => {
    if (timer) return pause();
    if (model.get("step") >= last()) put(model, { step: 0 });
    timer = setInterval(advance, 150);
    play.textContent = "❙❙ pause";
  });
  const { root, stage, line } = frame(el, model, "Four runs, two signs", [position.element, play]);
  stage.classList.add("cu-two-by-two");
  const note = html("div", { class: "cu-note", role: "status" });
  root.append(note);
  const colour = (fell) => model.get("colours")[fell ? "data" : "focus"];

  function draw() {
    const curves = model.get("curves");
    const step = clamp(model.get("step"), 0, last());
    position.update(step, 0, Math.max(1, last()));
    const largest = Math.max(1, ...Object.values(curves).flat().map((loss) => Math.min(loss, 20)));
    stage.replaceChildren(...Object.entries(curves).map(([letter, losses]) =>
      runPanel(letter, model.get("titles")[letter], losses, step, largest, colour)));
    const falling = Object.keys(curves).filter((letter) => curves[letter][step] < curves[letter][0]);
    const known = Object.keys(curves).length;
    say(line, !known ? "" : `After ${count(step, "step")}: ${falling.length ? falling.join(" and ") : "no run"} below the start`);
    say(note, model.get("note"));
  }
  const stop = follow(model, ["curves", "step", "note"], draw);
  return () => {
    pause();
    stop();
  };
}

export default { render };
