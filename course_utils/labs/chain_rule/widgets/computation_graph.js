// Walk back through a computation: which value is asked, what it passes on, what has come together so far.

const BOX = { width: 116, height: 74, across: 190, down: 104, margin: 22 };

/** Find the place of each box in pixels. */
function places(nodes) {
  const most = Math.max(...nodes.map((node) => node.rows));
  const widest = Math.max(...nodes.map((node) => node.text.length));
  const width = Math.max(BOX.width, 8.2 * widest + 16);
  const found = {};
  for (const node of nodes) {
    const row = (most - node.rows) / 2 + node.row;
    found[node.name] = { x: BOX.margin + node.column * (width + 74), y: BOX.margin + 30 + row * BOX.down, width };
  }
  return found;
}

/** Tell what has happened after `step` values were asked. */
function stateAt(model) {
  const order = model.get("order");
  const asked = order.slice(0, model.get("step"));
  const result = order.length ? model.get("nodes").at(-1).name : "";
  const edges = model.get("edges");
  const arrived = {};
  for (const edge of edges) {
    if (asked.includes(edge.made)) arrived[edge.operand] = (arrived[edge.operand] ?? 0) + edge.amount;
  }
  if (asked.length) arrived[result] = (arrived[result] ?? 0) + 1;
  const early = asked.filter((name, turn) => edges.some((edge) => edge.operand === name &&
    !order.slice(0, turn).includes(edge.made)));
  return { order, asked, arrived, early, now: asked.at(-1) };
}

function arrow(edge, from, to, index, twins, state) {
  const far = to.x - from.x > from.width + 80;
  const [x0, y0] = far ? [from.x + from.width / 2, from.y] : [from.x + from.width, from.y + BOX.height / 2];
  const [x1, y1] = far ? [to.x + to.width / 2, to.y] : [to.x, to.y + BOX.height / 2];
  const bend = twins > 1 ? (index ? 26 : -26) : far ? -56 : 0;
  const middle = { x: (x0 + x1) / 2, y: (y0 + y1) / 2 + bend };
  const lively = edge.made === state.now;
  const path = svg("path", {
    d: `M${x0} ${y0}Q${middle.x} ${middle.y} ${x1} ${y1}`,
    class: lively ? "cu-link cu-link-now" : "cu-link", "marker-end": "url(#cu-head)",
  });
  const slope = number(edge.slope);
  const text = lively ? `← ${number(edge.amount)}` : `×${slope.startsWith("−") ? `(${slope})` : slope}`;
  const wide = 8 * text.length + 8;
  const clear = (wide / 2 + 4) / (x1 - x0);  // a label stands clear of the boxes at both ends
  const share = twins > 1 || far || y0 === y1 ? 0.5 : Math.min(0.5, Math.max(0.27, clear));
  const [a, b, c] = [(1 - share) ** 2, 2 * share * (1 - share), share ** 2];
  const place = { x: a * x0 + b * middle.x + c * x1, y: a * y0 + b * middle.y + c * y1 };
  return [path, svg("g", { class: lively ? "cu-amount" : "cu-slope" },
    svg("rect", { x: place.x - wide / 2, y: place.y - 9, width: wide, height: 18, rx: 4 }),
    svg("text", { x: place.x, y: place.y + 0.5, "font-size": 12 }, text))];
}

function box(node, place, state) {
  const turn = state.asked.indexOf(node.name);
  const early = state.early.includes(node.name);
  const middle = place.x + place.width / 2;
  const has = node.name in state.arrived;
  const group = svg("g", {
    class: "cu-node", "data-name": node.name, "data-grad": has ? state.arrived[node.name] : "",
    "data-early": early,
  });
  group.append(svg("rect", {
    x: place.x, y: place.y, width: place.width, height: BOX.height, rx: 6,
    class: node.name === state.now ? "cu-card cu-card-now" : "cu-card",
  }));
  group.append(svg("text", { x: middle, y: place.y + 13, "font-size": 13, "font-weight": "bold" }, node.text));
  const chip = (text, y, name) => group.append(
    svg("rect", { x: place.x + 8, y: y - 10, width: place.width - 16, height: 20, rx: 4, class: name }),
    svg("text", { x: middle, y: y + 0.5, "font-size": 12, class: "cu-on-chip" }, text));
  chip(number(node.value), place.y + 35, "cu-value");
  if (has) chip(`grad ${number(state.arrived[node.name])}`, place.y + 58, "cu-grad");
  if (turn >= 0) {
    group.append(svg("circle", { cx: place.x, cy: place.y, r: 10, class: "cu-turn" }),
      svg("text", { x: place.x, y: place.y + 0.5, "font-size": 12, class: "cu-turn-text" }, early ? "≠" : turn + 1));
  }
  return group;
}

function draw(model) {
  const nodes = model.get("nodes");
  const place = places(nodes);
  const state = stateAt(model);
  const width = Math.max(...Object.values(place).map(({ x, width: wide }) => x + wide)) + BOX.margin;
  const height = Math.max(...Object.values(place).map(({ y }) => y)) + BOX.height + BOX.margin;
  const picture = svg("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img", class: "cu-graph",
    "aria-label": `computation with ${nodes.length} values, ${state.asked.length} asked`,
  });
  picture.append(svg("defs", {}, svg("marker", {
    id: "cu-head", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 11, markerHeight: 11, orient: "auto",
    markerUnits: "userSpaceOnUse",
  }, svg("path", { d: "M0 0L10 5L0 10z", class: "cu-head" }))));
  const labels = [];
  const met = {};
  for (const edge of model.get("edges")) {
    const pair = `${edge.operand}>${edge.made}`;
    const twins = model.get("edges").filter((e) => e.operand === edge.operand && e.made === edge.made).length;
    const [path, label] = arrow(edge, place[edge.operand], place[edge.made], met[pair] ?? 0, twins, state);
    met[pair] = 1;
    picture.append(path);
    labels.push(label);
  }
  picture.append(...nodes.map((node) => box(node, place[node.name], state)), ...labels);
  return picture;
}

/** Say who is asked, and what goes where. */
function stepText(model) {
  const state = stateAt(model);
  if (!state.now) return "Forwards: every value is known, no gradient yet. One step asks the result first.";
  const sent = model.get("edges").filter((edge) => edge.made === state.now);
  const text = `Step ${state.asked.length} of ${state.order.length}: ${state.now} is asked`;
  if (state.early.includes(state.now)) {
    const missing = model.get("edges").filter((edge) => edge.operand === state.now &&
      !state.asked.slice(0, -1).includes(edge.made)).map((edge) => edge.made);
    return `${text}, but ${[...new Set(missing)].join(" and ")} has not answered yet: its gradient is not complete.`;
  }
  if (!sent.length) return `${text}: an input, nothing lies behind it. Its gradient is complete.`;
  return `${text} and passes on ${sent.map((edge) => `${number(edge.amount)} to ${edge.operand}`).join(", ")}.`;
}

function render({ model, el }) {
  const last = () => model.get("order").length;
  const go = (step) => put(model, { step: clamp(step, 0, last()) });
  const position = slider("step", go);
  const back = button("◀ back", () => go(model.get("step") - 1));
  const on = button("step ▶", () => go(model.get("step") + 1));
  const { root, stage, line } = frame(el, model, "The way back through a computation", [position.element, back, on]);
  const note = html("div", { class: "cu-note", role: "status" });
  root.append(note);
  return follow(model, ["nodes", "edges", "order", "note", "step"], () => {
    position.update(clamp(model.get("step"), 0, last()), 0, last());
    stage.replaceChildren(draw(model));
    say(line, stepText(model));
    say(note, model.get("note"));
  });
}

export default { render };
