/* Charts of the room's own figures, as SVG in rem units: columns over time, bars with a mark. A bound is a dashed line with its number. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const svg = gridwatch.svg;
  const text = gridwatch.text;

  function picture(host, label) {
    const rem = gridwatch.scale() * 16;
    const box = { width: host.clientWidth, height: host.clientHeight, rem: rem };
    if (box.width < 10 || box.height < 10) {
      return null;
    }
    box.svg = svg("svg", { viewBox: "0 0 " + box.width + " " + box.height, class: "chart-picture", role: "img", "aria-label": label });
    host.replaceChildren(box.svg);
    return box;
  }

  function words(box, x, y, className, anchor, content) {
    box.svg.append(svg("text", { x: x, y: y, class: className, "text-anchor": anchor }, content));
  }

  const TICKS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

  function drawTicks(box, y, left, right, range, bounds) {
    let below = Infinity;
    for (const tick of TICKS.filter((n) => n <= range)) {
      const at = y(tick);
      if (below - at >= 1.15 * box.rem) {
        if (tick && !bounds.some((bound) => bound.value === tick)) {
          box.svg.append(svg("line", { x1: left, x2: right, y1: at, y2: at, class: "chart-grid" }));
        }
        words(box, left - 0.5 * box.rem, at + 0.32 * box.rem, "chart-label", "end", text.count(tick));
        below = at;
      }
    }
  }

  const MINUTE = 60000;
  const STEPS = [30, 60, 120, 240, 360, 720, 1440, 2880, 4320, 7200].map((n) => n * MINUTE);

  /* columns(host, {label, from, to, values, peaks, bounds: [{value, words, className}], shades: [{from, to}]}): values evenly over the time. */
  gridwatch.columns = function (host, given) {
    const box = picture(host, given.label);
    if (!box) {
      return;
    }
    const rem = box.rem;
    const left = 3 * rem;
    const right = box.width - 0.6 * rem;
    const top = 1.1 * rem;
    const bottom = box.height - 1.9 * rem;
    const most = Math.max.apply(null, given.peaks.concat(given.bounds.map((bound) => bound.value)));
    const range = most * 1.12 || 1;
    const x = (ms) => left + ((ms - given.from) / (given.to - given.from)) * (right - left);
    /* Square roots: one alarm and a flood of a hundred are both to be seen. */
    const y = (value) => bottom - Math.sqrt(value / range) * (bottom - top);
    drawTicks(box, y, left, right, range, given.bounds);
    for (const shade of given.shades) {
      box.svg.append(svg("rect", { x: x(shade.from), y: top, width: Math.max(x(shade.to) - x(shade.from), 0.15 * rem), height: bottom - top, class: "bars-shade" }));
    }
    const width = (right - left) / given.values.length;
    given.values.forEach(function (value, i) {
      const at = left + i * width;
      const draw = (height, className) => svg("rect", { x: at + width * 0.08, y: y(height), width: width * 0.84, height: bottom - y(height), class: className });
      if (given.peaks[i] > value) {
        box.svg.append(draw(given.peaks[i], "bars-peak"));
      }
      if (value > 0) {
        box.svg.append(draw(value, "bars-column"));
      }
    });
    box.svg.append(svg("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "chart-axis" }));
    let above = bottom;
    for (const bound of given.bounds.slice().sort((a, b) => a.value - b.value)) {
      const at = y(bound.value);
      box.svg.append(svg("line", { x1: left, x2: right, y1: at, y2: at, class: "bars-bound " + bound.className }));
      if (above - at >= 1.1 * rem) {
        words(box, right, at - 0.3 * rem, "bars-bound-label " + bound.className, "end", bound.words);
        above = at;
      }
    }
    timeAxis(box, given, x, bottom);
  };

  function timeAxis(box, given, x, bottom) {
    const rem = box.rem;
    const fits = Math.max(2, Math.floor(box.width / (6 * rem)));
    const step = STEPS.find((n) => (given.to - given.from) / n <= fits) || STEPS[STEPS.length - 1];
    const shift = text.zoneOffset(given.from);
    for (let t = Math.ceil((given.from + shift) / step) * step - shift; t <= given.to; t += step) {
      const at = x(t);
      box.svg.append(svg("line", { x1: at, x2: at, y1: bottom, y2: bottom + 0.3 * rem, class: "chart-axis" }));
      if (at < box.width - 2.2 * rem) {
        words(box, at, bottom + 1.3 * rem, "chart-label", "middle", (t + shift) % (1440 * MINUTE) === 0 ? text.dayMonth(t) : text.hourMinute(t));
      }
    }
  }

  /* bars(host, {label, rows: [{name, second, value, shown, className, mark, markWords}], most}): one line each, the longest is `most`. */
  gridwatch.bars = function (host, given) {
    const list = gridwatch.make("div", "bars");
    list.setAttribute("role", "img");
    list.setAttribute("aria-label", given.label);
    for (const row of given.rows) {
      const track = gridwatch.make("span", "bars-track");
      for (const piece of row.pieces || [{ value: row.value, className: row.className || "" }]) {
        const fill = gridwatch.make("span", "bars-fill " + piece.className);
        fill.style.width = Math.min(100, (piece.value / given.most) * 100).toFixed(2) + "%";
        track.append(fill);
      }
      if (row.mark !== undefined) {
        const mark = gridwatch.make("span", "bars-mark");
        mark.style.left = Math.min(100, (row.mark / given.most) * 100).toFixed(2) + "%";
        mark.title = row.markWords;
        track.append(mark);
      }
      const name = gridwatch.make("span", "bars-name", row.name, row.second ? gridwatch.make("span", "cell-second", row.second) : null);
      list.append(gridwatch.make("div", "bars-row", name, track, gridwatch.make("span", "bars-value", row.shown)));
    }
    host.replaceChildren(list);
  };
})();
