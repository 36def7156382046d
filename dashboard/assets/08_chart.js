/* A chart of one quantity over time, as SVG in rem units. A gap is drawn as a gap, never bridged; a number that cannot be is never
   drawn as a value. Limits and instants are drawn by 09_chart_marks.js. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const svg = gridwatch.svg;
  const text = gridwatch.text;
  /* More than this many usual intervals without a reading is a gap. */
  const GAP_INTERVALS = 3.5;
  const POINTS_AT_MOST = 4000;
  const READINGS_AT_MOST = 10000;
  const LONG_MS = 6 * 3600000;
  const STEPS_WANTED = 720;

  /* series: {times, values (null: no value), implausible: [{time, raw}], unit, metric, title?};
     marks: {limits: [{value, clear, priority, isOwn}], moments: [{at, kind}], delay: {from, to}}, each may be left out. */
  gridwatch.chart = function (host, series, marks, from, to) {
    const rem = gridwatch.scale() * 16;
    const moments = (marks.moments || []).filter((moment) => moment.at >= from && moment.at <= to);
    const box = { width: host.clientWidth, height: host.clientHeight, left: 3.9 * rem, right: 1 * rem, top: (moments.length ? 3.9 : 1.9) * rem, bottom: 1.9 * rem };
    if (box.width < 10 || box.height < 10) {
      return;
    }
    const isFact = text.isFact(series.unit, series.metric);
    const limits = isFact ? [] : marks.limits || [];
    const range = isFact ? { low: 0, high: 1, ticks: [0, 1] } : niceRange(series.values, limits);
    /* What cannot be has a lane of its own beneath the plot. */
    const foot = box.height - box.bottom - (series.implausible && series.implausible.length ? 1.4 * rem : 0);
    const plot = {
      x: scale(from, to, box.left, box.width - box.right),
      y: scale(range.low, range.high, foot, box.top),
      foot: foot,
      box: box,
      rem: rem,
      unit: series.unit,
      metric: series.metric,
    };
    const picture = svg("svg", { viewBox: "0 0 " + box.width + " " + box.height, class: "chart-picture", role: "img", "aria-label": title(series) });
    picture.append(svg("text", { x: 0, y: 0.95 * rem, class: "chart-title" }, title(series)));
    const beneath = svg("g", {});
    picture.append(beneath);
    drawValueAxis(picture, range, plot.y, box, rem, isFact);
    drawTimeAxis(picture, plot.x, from, to, box, rem);
    gridwatch.chartMarks.spans(beneath, plot, limits, marks.delay);
    gridwatch.chartMarks.limits(picture, plot, limits);
    gridwatch.chartMarks.moments(picture, plot, moments);
    drawLine(picture, series, plot.x, plot.y, isFact, rem);
    gridwatch.chartMarks.implausible(picture, plot, series.implausible || []);
    host.replaceChildren(picture);
  };

  function title(series) {
    if (series.title) {
      return series.title;
    }
    const unit = series.unit === "1" ? "" : text.unit(series.unit);
    const name = text.metric(series.metric);
    return unit ? text.say("detail.chart_with_unit", { metric: name, unit: unit }) : name;
  }

  function scale(fromValue, toValue, fromPixel, toPixel) {
    const ratio = (toPixel - fromPixel) / (toValue - fromValue || 1);
    return function (value) {
      return fromPixel + (value - fromValue) * ratio;
    };
  }

  /* Round ticks that enclose the values and the limits, about four of them. */
  function niceRange(values, limits) {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values.concat(limits.map((limit) => limit.value))) {
      if (value !== null) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    /* Nothing is not a thousandth of anything. */
    if (low > high || (low === 0 && high === 0)) {
      low = 0;
      high = 1;
    }
    /* Noise in the third decimal must not look like an event: the axis spans at least half a percent. */
    const least = Math.max(Math.abs(high) * 0.005, 1e-3);
    if (high - low < least) {
      const middle = (high + low) / 2;
      low = middle - least / 2;
      high = middle + least / 2;
    }
    const span = high - low;
    const rough = span / 4;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 2.5, 5, 10].find((n) => n * power >= rough) * power;
    const first = low >= 0 && low < step ? 0 : Math.floor((low - span * 0.03) / step) * step;
    const ticks = [];
    for (let i = 0; i < 12; i += 1) {
      ticks.push(first + i * step);
      if (first + i * step >= high + span * 0.03) {
        break;
      }
    }
    return { low: first, high: ticks[ticks.length - 1], ticks: ticks };
  }

  /* As many decimals as the steps between ticks have: with fewer, two ticks would read the same. */
  function decimals(step) {
    let digits = 0;
    for (let left = step; digits < 6 && Math.abs(left - Math.round(left)) > 1e-6 * left; left *= 10) {
      digits += 1;
    }
    return digits;
  }

  function drawValueAxis(picture, range, y, box, rem, isFact) {
    const digits = decimals(range.ticks[1] - range.ticks[0]);
    for (const tick of range.ticks) {
      const at = y(tick);
      picture.append(svg("line", { x1: box.left, x2: box.width - box.right, y1: at, y2: at, class: "chart-grid" }));
      const label = isFact ? text.value(tick, "1") : tick.toLocaleString(gridwatch.page.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      picture.append(svg("text", { x: box.left - 0.5 * rem, y: at + 0.32 * rem, class: "chart-label", "text-anchor": "end" }, label));
    }
  }

  const MINUTE = 60000;
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880].map((n) => n * MINUTE);

  function drawTimeAxis(picture, x, from, to, box, rem) {
    const most = Math.max(2, Math.floor((box.width - box.left) / (5 * rem)));
    const step = STEPS.find((n) => (to - from) / n <= most) || STEPS[STEPS.length - 1];
    const shift = text.zoneOffset(from);
    let day = "";
    for (let t = Math.ceil((from + shift) / step) * step - shift; t <= to; t += step) {
      const at = x(t);
      const today = text.dayMonth(t);
      const label = step >= 1440 * MINUTE ? today : text.hourMinute(t);
      picture.append(svg("line", { x1: at, x2: at, y1: box.height - box.bottom, y2: box.height - box.bottom + 0.3 * rem, class: "chart-axis" }));
      if (at < box.width - box.right - 1 * rem) {
        picture.append(svg("text", { x: at, y: box.height - box.bottom + 1.3 * rem, class: "chart-label", "text-anchor": "middle" }, day && day !== today ? today : label));
      }
      day = today;
    }
    picture.append(svg("line", { x1: box.left, x2: box.width - box.right, y1: box.height - box.bottom, y2: box.height - box.bottom, class: "chart-axis" }));
  }

  function drawLine(picture, series, x, y, isFact, rem) {
    const gap = usualInterval(series.times) * GAP_INTERVALS;
    const every = Math.max(1, Math.ceil(series.times.length / POINTS_AT_MOST));
    let path = "";
    let before = null;
    let alone = null;
    for (let i = 0; i < series.times.length; i += every) {
      const value = series.values[i];
      const isBreak = value === null || (before !== null && series.times[i] - series.times[before] > gap * every);
      if (isBreak && alone !== null) {
        picture.append(dot(x, y, series, alone, rem));
      }
      if (value === null) {
        before = alone = null;
        continue;
      }
      const starts = before === null || isBreak;
      const px = x(series.times[i]).toFixed(1);
      const py = y(value).toFixed(1);
      path += starts ? "M" + px + " " + py : isFact ? "H" + px + "V" + py : "L" + px + " " + py;
      alone = starts ? i : null;
      before = i;
    }
    if (alone !== null) {
      picture.append(dot(x, y, series, alone, rem));
    }
    picture.append(svg("path", { d: path, class: "chart-line" }));
  }

  /* A reading with a gap on either side has no line: it still happened. */
  function dot(x, y, series, i, rem) {
    return svg("circle", { cx: x(series.times[i]), cy: y(series.values[i]), r: 0.16 * rem, class: "chart-dot" });
  }

  function usualInterval(times) {
    const steps = [];
    for (let i = 1; i < times.length; i += 1) {
      steps.push(times[i] - times[i - 1]);
    }
    steps.sort((a, b) => a - b);
    return steps.length ? Math.max(steps[steps.length >> 1], 1000) : Infinity;
  }

  /* Fetches and draws; the host says in words when there is nothing to draw. */
  gridwatch.chartReadings = async function (host, device, metric, unit, marks, from, to) {
    const iso = (ms) => new Date(ms).toISOString();
    const query = { metric: metric, from: iso(from), to: iso(to), limit: READINGS_AT_MOST };
    /* A long span comes as means per step; a fact is yes or no and has no mean. */
    if (to - from > LONG_MS && !text.isFact(unit, metric)) {
      query.step = Math.round((to - from) / STEPS_WANTED / 1000) + "s";
    }
    let answer;
    try {
      answer = await gridwatch.api.get("/devices/" + encodeURIComponent(device) + "/readings", query);
    } catch (failure) {
      host.replaceChildren(gridwatch.make("div", "empty", text.say("detail.chart_failed")));
      return;
    }
    if (!answer.items.length) {
      host.replaceChildren(gridwatch.make("div", "empty", text.say("detail.chart_empty")));
      return;
    }
    const series = gridwatch.seriesOf(answer.items);
    gridwatch.chart(host, Object.assign(series, { unit: answer.unit || unit, metric: metric }), marks, from, to);
  };

  /* Readings or steps as the API gives them; what is implausible has no value, and is kept apart. */
  gridwatch.seriesOf = function (items) {
    const implausible = items.filter((item) => item.quality_word === "implausible" || item.implausible > 0);
    return {
      times: items.map((item) => Date.parse(item.time)),
      values: items.map((item) => (typeof item.value === "number" ? item.value : null)),
      implausible: implausible.map((item) => ({ time: Date.parse(item.time), raw: typeof item.raw === "number" ? item.raw : null })),
    };
  };
})();
