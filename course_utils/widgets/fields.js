// A grid of fields for an answer of several numbers: one row for a shape, rows for a matrix. It grows as it is filled,
// so that its size tells nothing of the answer's; empty fields at the end of a row or below do not count.

const MOST_FIELDS = 12; // in a row, and rows
const START = 2;

/** Make a grid for an answer with `axes` axes (1 or 2); `attributes` go to its group, `own` to each field. */
function fieldGrid(axes, attributes, own) {
  const node = html("div", { ...attributes, role: "group", class: `cu-fields ${axes === 1 ? "cu-fields-shape" : "cu-fields-rows"}` });
  const grid = []; // rows of fields
  let last = null; // the field that was used last

  const isFilled = (field) => field.value.trim() !== "";
  const inBounds = (count) => clamp(count + 1, START, MOST_FIELDS);
  const height = () => grid.findLastIndex((row) => row.some(isFilled)) + 1;
  const width = () => Math.max(0, ...grid.map((row) => row.findLastIndex(isFilled) + 1));
  const placeOf = (field) => [Number(field.dataset.row), Number(field.dataset.column)];
  const at = (row, column) => grid[row]?.[column];

  function fieldAt(row, column) {
    const name = axes === 1 ? `number ${column + 1}` : `row ${row + 1}, column ${column + 1}`;
    const field = html("input", {
      ...own, type: "text", autocomplete: "off", spellcheck: "false", "aria-label": name,
      "data-row": row, "data-column": column,
    });
    field.addEventListener("focus", () => (last = field));
    field.addEventListener("input", () => {
      field.removeAttribute("aria-invalid");
      resize();
    });
    return field;
  }

  /** Keep one empty row and column beyond what is filled; Tab passes those it would only be held up by. */
  function resize() {
    const [wide, high] = [width(), height()];
    const [columns, rows] = [inBounds(wide), axes === 1 ? 1 : inBounds(high)];
    while (grid.length < rows) {
      grid.push([]);
      node.append(html("div", { class: "cu-fields-row" }));
    }
    grid.forEach((row, number) => {
      while (row.length < columns) {
        row.push(fieldAt(number, row.length));
        node.children[number].append(row.at(-1));
      }
    });
    for (const field of grid.flat()) {
      const [row, column] = placeOf(field);
      const isSpare = column >= wide || row >= high;
      field.classList.toggle("cu-fields-spare", isSpare);
      field.tabIndex = row === 0 || column === 0 || !isSpare ? 0 : -1;
    }
  }

  function go(field, select = true) {
    if (!field) return false;
    field.focus();
    if (select) field.select();
    return true;
  }

  const isAllSelected = (field) => field.selectionStart === 0 && field.selectionEnd === field.value.length;
  const isAtStart = (field) => field.selectionEnd === 0 || isAllSelected(field);
  const isAtEnd = (field) => field.selectionStart === field.value.length || isAllSelected(field);

  /** Do what a key means; tell whether it meant something. */
  function press(field, key) {
    const [row, column] = placeOf(field);
    if (key === "ArrowUp") return go(at(row - 1, column));
    if (key === "ArrowDown") return go(at(row + 1, column));
    if (key === "ArrowLeft") return isAtStart(field) && go(at(row, column - 1));
    if (key === "ArrowRight") return isAtEnd(field) && go(at(row, column + 1));
    if (key === "Backspace") return !isFilled(field) && go(at(row, column - 1), false);
    if (!"[], ;".includes(key)) return false;
    if (key !== "[" && isFilled(field)) go(axes === 2 && "];".includes(key) ? at(row + 1, 0) : at(row, column + 1));
    return true; // brackets, commas and spaces lead on as in [[1, 2], [3, 4]], and stand in no field
  }

  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !press(event.target, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  });

  node.addEventListener("paste", (event) => {
    const rows = pasted(event.clipboardData.getData("text"), axes);
    if (rows.flat().length < 2) return;
    event.preventDefault();
    fill(rows, ...placeOf(event.target));
  });

  function fill(rows, top, left) {
    rows.forEach((values, row) => values.forEach((value, column) => {
      const field = at(top + row, left + column);
      if (!field) return;
      field.value = value;
      resize();
    }));
    go(at(top + rows.length - 1, left + rows.at(-1).length - 1) ?? last, false);
  }

  resize();
  return {
    node,
    values: () => grid.map((row) => row.map((field) => field.value)),
    /** Go to a place, [row, column], or where the learner was. */
    focus: (place) => {
      const field = (place && at(...place)) || last || at(0, 0);
      if (place) field.setAttribute("aria-invalid", "true");
      go(field);
    },
  };
}

/** Read copied text as rows of texts: "(3, 4)", "[[1, 2], [3, 4]]", or numbers in lines. */
function pasted(text, axes) {
  const lines = text.trim().split(/\]|\)|;|\n/).map((line) => line.split(/[\s,[(]+/).filter(Boolean));
  const rows = lines.filter((line) => line.length);
  return axes === 1 ? [rows.flat()] : rows;
}
