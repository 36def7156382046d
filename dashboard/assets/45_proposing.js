/* Writing a proposal: the rules in force as text to change, and the difference of two texts line by line. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const text = gridwatch.text;
  const make = gridwatch.make;
  /* Lines that stay the same are shown so far around a change. */
  const AROUND = 3;
  /* Beyond this the table of the longest common part would be too large for a browser; all lines count as changed then. */
  const CELLS_AT_MOST = 20000000;

  gridwatch.proposing = { start: start };

  function start() {
    const inForce = gridwatch.rules.inForce();
    const note = gridwatch.input(say("rules.propose_note"));
    note.name = "note";
    note.maxLength = 2000;
    const file = make("textarea", "field rules-editor");
    file.name = "text";
    file.spellcheck = false;
    file.wrap = "off";
    file.value = inForce.text;
    file.setAttribute("aria-label", say("rules.propose_file"));
    const wrong = make("div", "dialog-wrong");
    wrong.setAttribute("role", "alert");
    const send = gridwatch.button("press press-first", say("rules.propose_send"), () => propose(note, file, wrong));
    send.dataset.action = "propose";
    const page = make(
      "div",
      "detail rules-proposing",
      make("header", "detail-head", make("div", "detail-what", make("h2", "", say("rules.propose_title"))), make("p", "muted", say("rules.propose_text"))),
      gridwatch.labelled(say("rules.propose_note"), note),
      file,
      wrong,
      make("div", "detail-actions", send)
    );
    document.getElementById("detail").replaceChildren(page);
    note.focus();
    file.setSelectionRange(0, 0);
  }

  async function propose(note, file, wrong) {
    wrong.textContent = note.value.trim() ? "" : say("rules.propose_needed");
    if (wrong.textContent) {
      note.focus();
      return;
    }
    try {
      const made = await gridwatch.api.post("/rules/proposals", { text: file.value, note: note.value.trim() });
      gridwatch.notify(say("rules.saved_propose"));
      await gridwatch.rules.open("proposals");
      gridwatch.rules.show("proposal", made.id);
    } catch (failure) {
      const problem = failure.problem || {};
      if (failure.status !== 422) {
        gridwatch.api.explain(failure);
        return;
      }
      const reason = problem.errors && problem.errors.length ? problem.errors[0].reason : problem.detail;
      wrong.textContent = problem.line ? say("rules.line_fault", { line: problem.line, reason: reason }) : reason;
      goTo(file, problem.line);
    }
  }

  /* Selects the line that was refused and brings it into the middle. */
  function goTo(file, line) {
    if (!line) {
      return;
    }
    const lines = file.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    file.focus();
    file.setSelectionRange(start, start + lines[line - 1].length);
    file.scrollTop = (line - 1) * parseFloat(getComputedStyle(file).lineHeight) - file.clientHeight / 2;
  }

  gridwatch.lineDiff = function (before, after) {
    const steps = difference(before.replace(/\n$/, "").split("\n"), after.replace(/\n$/, "").split("\n"));
    const added = steps.filter((step) => step.sign === "+").length;
    const removed = steps.filter((step) => step.sign === "-").length;
    if (!added && !removed) {
      return make("p", "muted", say("rules.diff_none"));
    }
    const list = make("div", "diff");
    let last = -1;
    steps.forEach(function (step, i) {
      if (!steps.slice(Math.max(i - AROUND, 0), i + AROUND + 1).some((near) => near.sign !== " ")) {
        return;
      }
      if (i > last + 1) {
        list.append(make("div", "diff-line diff-skip", "⋯"));
      }
      last = i;
      const kind = step.sign === "+" ? "diff-added" : step.sign === "-" ? "diff-removed" : "diff-same";
      list.append(make("div", "diff-line " + kind, make("span", "diff-number", step.old === null ? "" : String(step.old)), make("span", "diff-number", step.new === null ? "" : String(step.new)), make("span", "diff-sign", step.sign), make("span", "diff-text", step.line)));
    });
    return make("div", "", make("p", "muted", say("rules.diff_lines", { added: text.count(added), removed: text.count(removed) })), list);
  };

  /* Longest common part of what differs between the common beginning and the common end. */
  function difference(a, b) {
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) {
      head += 1;
    }
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) {
      tail += 1;
    }
    const steps = [];
    const add = (sign, line, i, j) => steps.push({ sign: sign, line: line, old: i === null ? null : i + 1, new: j === null ? null : j + 1 });
    for (let i = 0; i < head; i += 1) {
      add(" ", a[i], i, i);
    }
    middle(a, b, head, a.length - tail, b.length - tail, add);
    for (let i = a.length - tail; i < a.length; i += 1) {
      add(" ", a[i], i, i - a.length + b.length);
    }
    return steps;
  }

  function middle(a, b, head, endA, endB, add) {
    const rows = endA - head;
    const columns = endB - head;
    const width = columns + 1;
    const isTooMuch = rows * columns > CELLS_AT_MOST;
    const common = new Uint32Array(isTooMuch ? 0 : (rows + 1) * width);
    for (let i = rows - 1; i >= 0 && !isTooMuch; i -= 1) {
      for (let j = columns - 1; j >= 0; j -= 1) {
        common[i * width + j] = a[head + i] === b[head + j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
      }
    }
    let i = 0;
    let j = 0;
    while (i < rows || j < columns) {
      if (i < rows && j < columns && a[head + i] === b[head + j] && !isTooMuch) {
        add(" ", a[head + i], head + i, head + j);
        i += 1;
        j += 1;
      } else if (i < rows && (isTooMuch || j >= columns || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
        add("-", a[head + i], head + i, null);
        i += 1;
      } else {
        add("+", b[head + j], null, head + j);
        j += 1;
      }
    }
  }
})();
