// Maps of probability over a square of the plane, with examples on top.

const MAP_SIDE = 300; // pixels

/**
 * Draw a map: `rows` of probabilities, the first at the bottom, from -limit to limit on both axes. `line` is the path
 * where the probability is one half; it is traced between the cells if left out.
 */
function planeMap(model, rows, limit, points, labels, label, line = null) {
  const picture = svg("svg", {
    class: "cu-plane", role: "img", "aria-label": label,
    width: MAP_SIDE, height: MAP_SIDE, viewBox: `0 0 ${MAP_SIDE} ${MAP_SIDE}`,
  });
  const side = MAP_SIDE / rows.length;
  rows.forEach((row, up) => row.forEach((probability, across) => {
    const fill = shade(model.get("colours").intensity, probability, 0, 1);
    const box = { x: across * side, y: MAP_SIDE - (up + 1) * side, width: side + 0.5, height: side + 0.5, fill };
    picture.append(svg("rect", { ...box, class: "cu-map-cell", "data-value": probability }));
  }));
  picture.append(svg("path", { d: line ?? border(rows, side), class: "cu-border" }));
  points.forEach(([x, y], index) => {
    picture.append(example(onMap([x, y], limit), labels[index]));
  });
  return picture;
}

/** Find where a point of the plane lies on a map, in pixels. */
function onMap([x, y], limit) {
  return [((x + limit) / (2 * limit)) * MAP_SIDE, MAP_SIDE - ((y + limit) / (2 * limit)) * MAP_SIDE];
}

/** Trace where the probability crosses one half, between the middles of cells ("marching squares"). */
function border(rows, side) {
  const value = ([up, across]) => rows[up][across] - 0.5;
  const cut = (from, to) => {
    const [a, b] = [value(from), value(to)];
    if (a > 0 === b > 0) return [];
    const [up, across] = [0, 1].map((axis) => from[axis] + 0.5 + (a / (a - b)) * (to[axis] - from[axis]));
    return [`${(across * side).toFixed(1)} ${(MAP_SIDE - up * side).toFixed(1)}`];
  };
  const parts = [];
  rows.slice(1).forEach((row, up) => row.slice(1).forEach((_, across) => {
    const corners = [[up, across], [up, across + 1], [up + 1, across + 1], [up + 1, across]];
    const cuts = corners.flatMap((corner, place) => cut(corner, corners[(place + 1) % 4]));
    for (let place = 0; place < cuts.length; place += 2) parts.push(`M${cuts[place]}L${cuts[place + 1]}`);
  }));
  return parts.join("");
}

/** Draw an example: a white circle for label 0, a black triangle for label 1. */
function example([x, y], label) {
  const common = { class: `cu-example cu-label-${label}`, "data-label": label };
  if (!label) return svg("circle", { ...common, cx: x, cy: y, r: 3.2 });
  return svg("path", { ...common, d: `M${x} ${y - 4}l3.8 6.8h-7.6z` });
}

/** Say in one line what circles, triangles and colours mean. */
function planeKey() {
  return html("div", { class: "cu-caption" }, "○ label 0, ▲ label 1; the brighter, the likelier label 1; the line: one half");
}
