// Parameters of three layers that make the same output, as bars on a logarithmic axis.

function countWeights(model) {
  const [channels, height, width, filters, side] =
    ["in_channels", "height", "width", "out_channels", "kernel_size"].map((name) => model.get(name));
  const places = (height - side + 1) * (width - side + 1);
  const window = channels * side * side;
  return [
    ["dense", filters * places * (channels * height * width + 1)],
    ["locally connected", filters * places * (window + 1)],
    ["convolution", filters * (window + 1)],
  ];
}

function exact(value) {
  return Math.round(value).toLocaleString("en-GB");
}

function drawBars(counts) {
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...counts.map(([, value]) => value)))));
  const left = 140;
  const length = 430;
  const x = (value) => left + (length * Math.log10(value)) / decades;
  const label = counts.map(([name, value]) => `${name} ${exact(value)}`).join(", ");
  const picture = svg("svg", { class: "cu-bars", role: "img", width: 720, height: 176, viewBox: "0 0 720 176",
    "aria-label": label });
  picture.append(svg("line", { x1: left, x2: left + length, y1: 129, y2: 129, class: "cu-tick" }));
  const every = decades > 7 ? 2 : 1;
  for (const power of range(decades + 1).filter((power) => power % every === 0)) {
    picture.append(svg("line", { x1: x(10 ** power), x2: x(10 ** power), y1: 126, y2: 132, class: "cu-tick" }));
    picture.append(svg("text", { x: x(10 ** power), y: 144, "font-size": 12 }, exact(10 ** power)));
  }
  picture.append(svg("text", { x: left + length / 2, y: 166, "font-size": 13 }, "parameters (logarithmic axis)"));
  counts.forEach(([name, value], index) => {
    const y = 8 + index * 42;
    picture.append(svg("text", { x: left - 10, y: y + 15, "font-size": 14, class: "cu-end" }, name));
    const bar = { x: left, y, width: Math.max(1, x(value) - left), height: 30, class: "cu-bar", "data-count": value };
    picture.append(svg("rect", bar));
    picture.append(svg("text", { x: x(value) + 8, y: y + 15, "font-size": 14, class: "cu-start" }, exact(value)));
  });
  return picture;
}

function render({ model, el }) {
  const names = ["in_channels", "height", "width", "out_channels", "kernel_size"];
  const largest = () => Math.min(model.get("height"), model.get("width"));
  const change = (name, value) => {
    put(model, { [name]: value, ...(name === "kernel_size" ? {} : shrunk(name, value)) });
  };
  const shrunk = (name, value) => {
    const side = { height: model.get("height"), width: model.get("width"), [name]: value };
    return { kernel_size: Math.min(model.get("kernel_size"), side.height, side.width) };
  };
  const sliders = names.map((name) => [name, slider(name.replace("_", " "), (value) => change(name, value))]);
  const { stage, line } = frame(el, model, "Parameters of three layers", sliders.map(([, control]) => control.element));

  function draw() {
    for (const [name, control] of sliders) {
      const limit = name === "kernel_size" ? Math.min(Math.max(11, model.get(name)), largest()) : 64;
      control.update(model.get(name), 1, name === "kernel_size" ? limit : Math.max(limit, model.get(name)));
    }
    if (model.get("kernel_size") > largest()) return; // in the middle of a change
    const counts = countWeights(model);
    const [dense, local, shared] = counts.map(([, value]) => value);
    stage.replaceChildren(drawBars(counts));
    say(line, `The convolution has ${count(exact(shared), "parameter")}, the locally connected layer ` +
      `${exact(local / shared)} times as many, the dense layer about ${exact(dense / shared)} times as many.`);
  }
  return follow(model, names, draw);
}

export default { render };
