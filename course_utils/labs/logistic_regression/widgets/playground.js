// Boundaries of small networks, trained beforehand: choose the data set, the hidden layers and the run.

/** Turn the text in which a map is stored into rows of probabilities. */
function unpack(text, cells) {
  const bytes = Array.from(atob(text), (letter) => letter.charCodeAt(0) / 255);
  return range(cells).map((row) => bytes.slice(row * cells, (row + 1) * cells));
}

/** Make a list to choose from. */
function chooser(name, options, change) {
  const element = html("select", { "data-lm-suppress-shortcuts": "true", "aria-label": name, "data-name": name },
    ...options.map((option) => html("option", { value: option }, String(option))));
  element.addEventListener("change", () => change(element.value));
  return { element: html("span", { class: "cu-control" }, html("span", {}, name), element), field: element };
}

function render({ model, el }) {
  const runs = model.get("runs");
  const choosers = {
    toy: chooser("data set", Object.keys(runs), (value) => put(model, { toy: value })),
    hidden_layers: chooser("hidden layers", [0, 1, 2], (value) => put(model, { hidden_layers: Number(value) })),
    seed: chooser("run", range(model.get("seeds")), (value) => put(model, { seed: Number(value) })),
  };
  const next = button("next run", () => put(model, { seed: (model.get("seed") + 1) % model.get("seeds") }));
  const controls = [...Object.values(choosers).map(({ element }) => element), next];
  const { stage, line } = frame(el, model, "Boundaries of small networks", controls);

  function draw() {
    const [toy, layers, seed] = ["toy", "hidden_layers", "seed"].map((name) => model.get(name));
    for (const [name, { field }] of Object.entries(choosers)) field.value = model.get(name);
    const run = model.get("runs")[toy][layers][seed];
    const rows = unpack(run.map, model.get("cells"));
    const { points, labels } = model.get("examples")[toy][seed];
    const label = `${toy} with ${count(layers, "hidden layer")}, run ${seed}`;
    stage.replaceChildren(html("div", { class: "cu-panel" }, planeKey(),
      planeMap(model, rows, model.get("limit"), points, labels, label)));
    say(line, `${label}: ${(100 * run.accuracy).toFixed(0)} % of new points right`);
  }
  return follow(model, ["toy", "hidden_layers", "seed"], draw);
}

export default { render };
