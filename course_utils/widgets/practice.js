// Practice: a question, a field, a grid of them, or options, what is said of the answer, the next question. Enter is enough for all.

const PATIENCE = 4000; // milliseconds without an answer, then the panel says what may be wrong
const SILENT = "Python does not answer. If a cell is running, wait for it; otherwise run this cell again.";
const SIGNS = { right: "✓", wrong: "✗", unread: "?" };
const LEAVE = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab's shortcuts leave such an element alone

function render({ model, el }) {
  const topic = html("select", { ...LEAVE, "aria-label": "topic" });
  for (const [name, title] of model.get("topics")) topic.append(html("option", { value: name }, title));
  const chooser = model.get("topics").length > 1 ? [html("label", { class: "cu-control" }, "topic", topic)] : [];
  const called = html("strong", { class: "cu-practice-called" });
  const tally = html("span", { class: "cu-practice-tally", role: "status" });
  const { root, stage, line } = frame(el, model, "practice", [called, ...chooser, tally]);
  root.classList.add("cu-practice");
  const question = html("div", { class: "cu-practice-question", id: `cu-question-${Math.random().toString(36).slice(2)}` });
  const answer = html("div", { class: "cu-practice-answer" });
  const reply = html("div", { class: "cu-practice-reply", "aria-live": "polite" });
  const check = button("Check", () => ask("check"));
  const next = button("Next question", () => ask("next"));
  stage.replaceWith(html("div", {}, question, answer, html("div", { class: "cu-controls" }, check, next), reply));
  line.classList.add("cu-practice-keys");
  let turn = model.get("shown").turn;
  let timer = null;

  let grid = null; // fields of an answer of several numbers
  const given = () => grid?.values() ??
    (answer.querySelector("input[type=radio]:checked") ?? answer.querySelector("input[type=text]"))?.value ?? "";
  const isRight = () => model.get("shown").reply?.state === "right";

  function ask(what) {
    turn = Math.max(turn, model.get("shown").turn) + 1;
    clearTimeout(timer);
    timer = setTimeout(() => tell({ state: "unread", steps: [], lines: [SILENT] }), PATIENCE);
    put(model, { asked: { turn, do: what, answer: given(), topic: topic.value } });
  }

  function show() {
    const shown = model.get("shown");
    if (shown.turn === turn) clearTimeout(timer);
    const isNew = question.dataset.number !== `${shown.called} ${shown.number}`;
    const focused = root.getRootNode().activeElement;
    const hadFocus = root.contains(focused) && focused !== topic; // who walks along the topics stays there
    if (isNew) pose(shown);
    topic.value = shown.topic;
    say(tally, shown.tally);
    tell(shown.reply);
    check.disabled = isRight();
    const choosing = shown.options.length ? `1 to ${shown.options.length} chooses, ` : "";
    const moving = grid ? "Tab or an arrow: the next field, empty ones at the end do not count; " : "";
    const keys = `${choosing}${moving}Enter checks`;
    const following = isRight() ? "Enter or n: the next question" : `${keys}, Alt+n: the next question`;
    say(line, `${following}, Esc: back to the notebook`);
    if (!hadFocus) return;
    if (isRight()) next.focus();
    else if (grid) grid.focus(shown.reply?.place);
    else field()?.focus();
    if (shown.reply && !isRight() && !grid) field()?.select?.();
  }

  const field = () => answer.querySelector("input:checked") ?? answer.querySelector("input");

  function pose(shown) {
    question.dataset.number = `${shown.called} ${shown.number}`;
    say(called, shown.called);
    question.replaceChildren(...paragraphs(shown.text));
    const label = { ...LEAVE, "aria-labelledby": question.id };
    grid = shown.axes ? fieldGrid(shown.axes, { "aria-labelledby": question.id }, LEAVE) : null;
    if (grid) return answer.replaceChildren(grid.node);
    if (!shown.options.length) {
      const text = { ...label, type: "text", autocomplete: "off", spellcheck: "false", placeholder: shown.wanted };
      answer.replaceChildren(html("input", text));
      return;
    }
    const group = html("div", { role: "radiogroup", "aria-labelledby": question.id });
    shown.options.forEach(([key, words], place) => {
      const radio = html("input", { ...LEAVE, type: "radio", name: question.id, value: key });
      group.append(html("label", { class: "cu-practice-option" }, radio, `${place + 1}. `, ...marked(words)));
    });
    answer.replaceChildren(group);
  }

  function tell(said) {
    reply.className = `cu-practice-reply${said ? ` cu-practice-${said.state}` : ""}`;
    if (!said) return reply.replaceChildren();
    const lines = said.lines.map((text, place) =>
      html("div", {}, ...(place ? [] : [html("span", { "aria-hidden": "true" }, `${SIGNS[said.state]} `)]), ...marked(text)));
    const steps = said.steps.length
      ? [html("div", {}, "Step by step:"), html("ol", {}, ...said.steps.map((step) => html("li", {}, ...marked(step))))]
      : [];
    reply.replaceChildren(...lines, ...steps);
  }

  topic.addEventListener("change", () => ask("next"));
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const typing = event.target.matches("input[type=text]");
    const option = /^[1-9]$/.test(event.key) && answer.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (event.key === "Enter" && event.target.matches("input")) ask(isRight() ? "next" : "check");
    else if (event.code === "KeyN" && (event.altKey || (!typing && event.target !== topic))) ask("next");
    else if (option && event.target !== topic) option.focus(), option.click();
    else if (event.key === "Escape") root.closest(".jp-Cell")?.focus(); // out of the panel, back to the notebook
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
  });
  const stop = follow(model, ["shown"], show);
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** Set lines that are indented (code, pictures of numbers) in one width, others as prose. */
function paragraphs(text) {
  const parts = [];
  for (const row of text.split("\n")) {
    const kind = /^ {2}/.test(row) ? "pre" : "p";
    if (kind === "pre" && parts.at(-1)?.kind === "pre") parts.at(-1).rows.push(row);
    else parts.push({ kind, rows: [row] });
  }
  return parts.map(({ kind, rows }) =>
    html(kind, {}, ...(kind === "pre" ? [rows.map((row) => row.slice(2)).join("\n")] : marked(rows[0]))));
}

/** Set what stands between backticks as code. */
function marked(text) {
  return text.split("`").map((part, place) => (place % 2 ? html("code", {}, part) : part));
}

export default { render };
