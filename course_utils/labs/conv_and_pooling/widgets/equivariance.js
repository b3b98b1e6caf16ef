// Shift, then convolve; convolve, then shift: are they the same?

/** Read a cell; outside the picture lies zero, or the other edge of it. */
function reader(picture, circular) {
  const [height, width] = [picture.length, picture[0].length];
  if (!circular) return (row, column) => picture[row]?.[column] ?? 0;
  return (row, column) => picture[((row % height) + height) % height][((column % width) + width) % width];
}

/** Make a picture of the same size from a rule for each cell. */
function likewise(picture, rule) {
  return picture.map((line, row) => line.map((_, column) => rule(row, column)));
}

function shift(picture, down, right, circular) {
  const at = reader(picture, circular);
  return likewise(picture, (row, column) => at(row - down, column - right));
}

/** Convolve (cross-correlate) with so much padding that the size stays. */
function convolveSame(picture, kernel, circular) {
  const at = reader(picture, circular);
  const [above, before] = [Math.floor((kernel.length - 1) / 2), Math.floor((kernel[0].length - 1) / 2)];
  return likewise(picture, (row, column) => {
    let total = 0;
    kernel.forEach((weights, down) => weights.forEach((weight, right) => {
      total += weight * at(row + down - above, column + right - before);
    }));
    return total;
  });
}

function picturePanel(caption, name, picture, side, colour) {
  const look = (row, column) => ({ value: picture[row][column], colour: colour(picture[row][column]) });
  return panel(caption, grid(name, picture.length, picture[0].length, side, caption, look));
}

function render({ model, el }) {
  const right = slider("shift right", (value) => put(model, { dx: value }));
  const down = slider("shift down", (value) => put(model, { dy: value }));
  const choice = html("select", { "aria-label": "beyond the edge", "data-lm-suppress-shortcuts": "true" },
    html("option", { value: "circular" }, "the other edge (circular)"), html("option", { value: "zeros" }, "zeros"));
  choice.addEventListener("change", () => put(model, { circular: choice.value === "circular" }));
  const beyond = html("span", { class: "cu-control" }, html("span", {}, "beyond the edge"), choice);
  const controls = [right.element, down.element, beyond];
  const { stage, line } = frame(el, model, "Shift and convolve, in both orders", controls);

  function draw() {
    const [image, kernel] = [model.get("image"), model.get("kernel")];
    const [dx, dy, circular] = [model.get("dx"), model.get("dy"), model.get("circular")];
    const [farRight, farDown] = [Math.max(image[0].length - 1, Math.abs(dx)), Math.max(image.length - 1, Math.abs(dy))];
    right.update(dx, -farRight, farRight);
    down.update(dy, -farDown, farDown);
    choice.value = circular ? "circular" : "zeros";
    const shifted = shift(image, dy, dx, circular);
    const first = convolveSame(shifted, kernel, circular);
    const last = shift(convolveSame(image, kernel, circular), dy, dx, circular);
    const difference = likewise(image, (row, column) => Math.abs(first[row][column] - last[row][column]));
    const wide = Math.max(image.length, image[0].length);
    const side = clamp(Math.floor(190 / wide), 6, Math.min(40, cellSide(wide, [image, first, last])));
    const [grey, sign] = [greys(model, image), signs(model, [...first, ...last])];
    const off = (value) => value > 1e-9;
    stage.replaceChildren(
      picturePanel("shifted input", "shifted", shifted, side, grey),
      picturePanel("shift, then convolve", "shift-first", first, side, sign),
      picturePanel("convolve, then shift", "shift-last", last, side, sign),
      picturePanel("difference", "difference", difference, side, greys(model, [...difference, [1]])),
    );
    const largest = Math.max(...difference.flat());
    const cells = difference.flat().filter(off).length;
    say(line, off(largest)
      ? `The two orders differ at ${count(cells, "cell")}, by at most ${number(largest)}.`
      : "The two orders give the same numbers: the difference is 0 everywhere.");
  }
  return follow(model, ["image", "kernel", "dx", "dy", "circular"], draw);
}

export default { render };
