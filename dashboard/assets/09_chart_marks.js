/* What is drawn on a chart beside its line: limits, deadband, delay, instants, readings that cannot be. Refuses to hide one behind another. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const svg = gridwatch.svg;
  const text = gridwatch.text;
  const LABEL_REM = 0.95;
  /* A sensor that sends a sentinel every minute would cover the chart: so many are labelled, all are marked. */
  const LABELLED = 1;

  const colour = (priority) => gridwatch.map.colours[priority] || "#ffffff";
  const rightEdge = (plot) => plot.box.width - plot.box.right;

  /* Chinese characters are as wide as they are high, others about half of it. */
  function widthOf(label, plot) {
    let width = 0;
    for (const sign of label) {
      width += sign > "\u2e7f" ? 1 : 0.56;
    }
    return width * LABEL_REM * plot.rem;
  }

  /* The deadband of the limit that was crossed, and the span in which its delay ran. */
  function spans(group, plot, limits, delay) {
    for (const limit of limits.filter((each) => each.isOwn && each.clear !== undefined && each.clear !== each.value)) {
      const top = Math.max(Math.min(plot.y(limit.value), plot.y(limit.clear)), plot.box.top);
      const bottom = Math.min(Math.max(plot.y(limit.value), plot.y(limit.clear)), plot.foot);
      const band = svg("rect", { x: plot.box.left, width: rightEdge(plot) - plot.box.left, y: top, height: Math.max(bottom - top, 1), class: "chart-band", fill: colour(limit.priority) });
      band.append(svg("title", {}, text.say("why.deadband")));
      group.append(band);
    }
    if (delay && delay.to > delay.from) {
      const from = Math.max(plot.x(delay.from), plot.box.left);
      const span = svg("rect", { x: from, width: Math.max(plot.x(delay.to) - from, 1), y: plot.box.top, height: plot.foot - plot.box.top, class: "chart-delay" });
      span.append(svg("title", {}, text.say("why.delay")));
      group.append(span);
    }
  }

  /* Labels keep clear of each other; each is in its line's colour and says priority, value and unit. */
  function limitLabels(plot, limits) {
    const step = 1.15 * plot.rem;
    const labels = limits
      .map((limit) => ({ limit: limit, at: plot.y(limit.value) - 0.35 * plot.rem }))
      .sort((a, b) => a.at - b.at);
    let above = plot.box.top;
    for (const label of labels) {
      label.at = Math.max(label.at, above + (above === plot.box.top ? 0.9 * plot.rem : step));
      above = label.at;
    }
    let below = plot.foot - 0.2 * plot.rem + step;
    for (const label of labels.slice().reverse()) {
      label.at = Math.min(label.at, below - step);
      below = label.at;
    }
    return labels;
  }

  function limits(picture, plot, given) {
    for (const limit of given) {
      const at = plot.y(limit.value);
      picture.append(svg("line", { x1: plot.box.left, x2: rightEdge(plot), y1: at, y2: at, class: limit.isOwn ? "chart-limit chart-limit-own" : "chart-limit", stroke: colour(limit.priority) }));
    }
    for (const label of limitLabels(plot, given)) {
      const words = text.say("why.threshold", { priority: text.say("priority." + label.limit.priority), value: text.value(label.limit.value, plot.unit, plot.metric) });
      picture.append(svg("text", { x: plot.box.left + 0.5 * plot.rem, y: label.at, class: "chart-limit-label", fill: colour(label.limit.priority) }, words));
    }
  }

  /* Two rows of labels above the plot; what finds no room in either keeps its line and says its name when pointed at. */
  function moments(picture, plot, given) {
    const rows = [plot.box.top - 1.65 * plot.rem, plot.box.top - 0.5 * plot.rem];
    const taken = [[], []];
    const inOrder = given.slice().sort((a, b) => (b.kind === "raised") - (a.kind === "raised") || a.at - b.at);
    for (const moment of inOrder) {
      const at = plot.x(moment.at);
      const words = text.say("why." + moment.kind);
      const half = widthOf(words, plot) / 2 + 0.3 * plot.rem;
      const middle = Math.min(Math.max(at, plot.box.left + half), rightEdge(plot) - half);
      const row = taken.findIndex((spans) => spans.every((span) => middle + half < span[0] || middle - half > span[1]));
      const line = svg("line", { x1: at, x2: at, y1: row < 0 ? plot.box.top : rows[row] + 0.2 * plot.rem, y2: plot.foot, class: "chart-moment chart-moment-" + moment.kind });
      line.append(svg("title", {}, words + " " + text.clock(moment.at)));
      picture.append(line);
      if (row >= 0) {
        taken[row].push([middle - half, middle + half]);
        picture.append(svg("text", { x: middle, y: rows[row], class: "chart-moment-label", "text-anchor": "middle" }, words));
      }
    }
  }

  /* Beneath the plot, apart from the line: when, and what was sent. */
  function implausible(picture, plot, given) {
    const at = plot.foot + 0.8 * plot.rem;
    const arm = 0.24 * plot.rem;
    given.forEach(function (reading, i) {
      const x = plot.x(reading.time);
      const words = text.say("why.implausible", { value: reading.raw === null ? "" : text.value(reading.raw, plot.unit, plot.metric) });
      const cross = svg("path", { d: "M" + (x - arm) + " " + (at - arm) + "l" + 2 * arm + " " + 2 * arm + "m0 " + -2 * arm + "l" + -2 * arm + " " + 2 * arm, class: "chart-implausible" });
      cross.append(svg("title", {}, words.trim() + " " + text.clock(reading.time)));
      picture.append(cross);
      if (given.length - i <= LABELLED) {
        const isLate = x + widthOf(words, plot) + plot.rem > rightEdge(plot);
        picture.append(svg("text", { x: x + (isLate ? -0.5 : 0.5) * plot.rem, y: at + 0.33 * plot.rem, class: "chart-implausible-label", "text-anchor": isLate ? "end" : "start" }, words.trim()));
      }
    });
  }

  gridwatch.chartMarks = { spans: spans, limits: limits, moments: moments, implausible: implausible };
})();
