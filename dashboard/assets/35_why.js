/* Why an alarm was raised: one sentence, the chart with its limits, the silence as a bar, and the rule in words. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const svg = gridwatch.svg;
  const SECOND = 1000;
  /* Seconds are unreadable as an axis beyond a few minutes. */
  const TIME_UNITS = [[7200, 3600, "h"], [240, 60, "min"], [0, 1, "s"]];
  const NEAR = 3;
  const NOT_DRAWN = new Set(["commented"]);

  gridwatch.why = { sentence: sentence, draw: draw, drawSilence: drawSilence, details: details, parts: parts };

  const span = (seconds) => text.age(seconds * SECOND);

  function nameOf(why) {
    const point = why.point;
    if (point.what === "value") {
      return text.metric(why.metric);
    }
    return say("why.what." + point.what, { window: point.window_s ? span(point.window_s) : "" });
  }

  function shown(value, unit, metric) {
    if (unit === "s") {
      return span(value);
    }
    return unit === "count" ? text.number(value, "") + " " + say("why.unit_count") : text.value(value, unit, metric);
  }

  /* What was judged at the raise, against which limit, after which delay. */
  function sentence(alarm, why) {
    const own = (why.thresholds || []).find((threshold) => threshold.is_own);
    const block = make("div", "why-sentence");
    if (why.point && own && !text.isFact(alarm.unit, alarm.metric)) {
      const value = why.point.what === "value" ? alarm.value : judgedAt(why, Date.parse(alarm.raised_at));
      const words = say("why.reached", {
        what: nameOf(why),
        value: value === null ? "" : shown(value, why.point.unit, why.metric),
        side: say(own.is_high ? "why.side_high" : "why.side_low"),
        priority: say("priority." + own.priority),
        limit: shown(own.limit, why.point.unit, why.metric),
      });
      block.append(make("p", "", words + (own.on_delay_s ? say("why.on_delay", { span: span(own.on_delay_s) }) : say("why.at_once")) + fullStop()));
      block.append(make("p", "muted", back(why, own)));
    } else if (why.point && why.point.low !== null && why.point.high !== null) {
      block.append(make("p", "", say("why.range", { value: shown(alarm.value, why.point.unit, why.metric), low: shown(why.point.low, why.point.unit, why.metric), high: shown(why.point.high, why.point.unit, why.metric) })));
    } else if (why.silence) {
      const heard = why.silence.heard_at ? say("why.heard", { time: text.full(why.silence.heard_at) }) : say("why.heard_never");
      const facts = [heard, why.silence.interval_s ? say("why.expected", { span: span(why.silence.interval_s) }) : "", say("why.silence_after", { span: span(why.silence.after_s) })];
      block.append(make("p", "", facts.filter(Boolean).join(comma()) + fullStop()));
    }
    return block;
  }

  const fullStop = () => (gridwatch.page.language === "en" ? "." : "。");
  const comma = () => (gridwatch.page.language === "en" ? ". " : "，");

  function back(why, own) {
    const words = [];
    if (own.clear !== own.limit) {
      words.push(say(own.is_high ? "why.back_below" : "why.back_above", { value: shown(own.clear, why.point.unit, why.metric) }));
    }
    if (why.point.off_delay_s) {
      words.push(say("why.off_delay", { span: span(why.point.off_delay_s) }));
    }
    return words.join(comma());
  }

  function judgedAt(why, at) {
    const before = why.judged.filter((item) => item.value !== null && Date.parse(item.time) <= at);
    return before.length ? before[before.length - 1].value : null;
  }

  function marksOf(why, scaleBy) {
    const moments = why.marks.filter((mark) => !NOT_DRAWN.has(mark.cause)).map((mark) => ({ at: Date.parse(mark.at), kind: mark.cause }));
    const raised = moments.filter((moment) => moment.kind === "raised").pop();
    const first = moments.filter((moment) => moment.kind === "first-seen").pop();
    return {
      limits: why.thresholds.map((t) => ({ value: t.limit / scaleBy, clear: t.clear / scaleBy, priority: t.priority, isOwn: t.is_own })),
      moments: moments,
      delay: first && raised ? { from: first.at, to: raised.at } : null,
    };
  }

  /* The judged measure above, the readings below it; where the value itself is judged they are one chart. */
  function draw(host, why) {
    const from = Date.parse(why.span.from);
    const to = Date.parse(why.span.to);
    const series = gridwatch.seriesOf(why.readings);
    const isMeasured = why.point && why.point.what !== "value";
    host.classList.toggle("chart-double", Boolean(isMeasured));
    if (!why.readings.length) {
      host.replaceChildren(make("div", "empty", say("detail.chart_empty")));
      return;
    }
    if (!isMeasured) {
      const marks = marksOf(why, 1);
      marks.limits = marks.limits.concat(rangeLimits(why));
      gridwatch.chart(host, Object.assign(series, { unit: why.unit, metric: why.metric }), marks, from, to);
      return;
    }
    const above = make("div", "chart-half");
    const below = make("div", "chart-half");
    host.replaceChildren(above, below);
    const scaled = inUnit(why);
    const judged = { times: why.judged.map((item) => Date.parse(item.time)), values: why.judged.map((item) => (item.value === null ? null : item.value / scaled.by)) };
    gridwatch.chart(above, Object.assign(judged, { unit: scaled.unit, title: say("detail.chart_with_unit", { metric: nameOf(why), unit: text.unit(scaled.unit) }) }), marksOf(why, scaled.by), from, to);
    gridwatch.chart(below, Object.assign(series, { unit: why.unit, metric: why.metric }), {}, from, to);
  }

  function rangeLimits(why) {
    const bounds = why.point ? [why.point.low, why.point.high] : [];
    const priority = (why.priority || 4);
    const values = why.readings.map((item) => item.value).filter((value) => value !== null);
    const low = Math.min.apply(null, values);
    const high = Math.max.apply(null, values);
    const reach = Math.max((high - low) * NEAR, Math.abs(high) * 0.1);
    /* What can be reaches far beyond what is: lines that would flatten the readings are told in words only. */
    return bounds.filter((bound) => typeof bound === "number" && values.length && bound >= low - reach && bound <= high + reach).map((bound) => ({ value: bound, clear: bound, priority: priority, isOwn: true }));
  }

  function inUnit(why) {
    if (why.point.unit === "count") {
      return { by: 1, unit: say("why.unit_count") };
    }
    if (why.point.unit !== "s") {
      return { by: 1, unit: why.point.unit };
    }
    const most = Math.max.apply(null, why.thresholds.map((t) => t.limit));
    const found = TIME_UNITS.find((each) => most >= each[0]);
    return { by: found[1], unit: say("rules.unit." + found[2]) };
  }

  /* From when it was last heard to now or its return: what was expected, and where patience ended. */
  function drawSilence(host, alarm, why) {
    const rem = gridwatch.scale() * 16;
    const box = { width: host.clientWidth, height: host.clientHeight };
    if (box.width < 10 || !why.silence) {
      return;
    }
    const raised = Date.parse(alarm.raised_at);
    const heard = why.silence.heard_at ? Date.parse(why.silence.heard_at) : raised - why.silence.after_s * SECOND;
    const end = alarm.cleared_at ? Date.parse(alarm.cleared_at) : text.serverNow();
    const to = Math.min(end, heard + Math.max(raised - heard, why.silence.after_s * SECOND) * 3);
    const left = 0.5 * rem;
    const width = box.width - 1 * rem;
    const x = (ms) => left + ((ms - heard) / (to - heard || 1)) * width;
    const top = 2.2 * rem;
    const picture = svg("svg", { viewBox: "0 0 " + box.width + " " + box.height, class: "chart-picture", role: "img", "aria-label": say("why.silence") });
    const colour = gridwatch.map.colours[alarm.priority];
    const due = heard + why.silence.after_s * SECOND;
    picture.append(svg("rect", { x: left, y: top, width: Math.max(x(Math.min(due, to)) - left, 1), height: 1.3 * rem, class: "silence-bar" }));
    picture.append(svg("rect", { x: x(due), y: top, width: Math.max(x(to) - x(due), 1), height: 1.3 * rem, fill: colour, opacity: 0.8 }));
    for (let n = 1; why.silence.interval_s && n <= 200; n += 1) {
      const at = heard + n * why.silence.interval_s * SECOND;
      if (at > to) {
        break;
      }
      picture.append(svg("line", { x1: x(at), x2: x(at), y1: top, y2: top + 1.3 * rem, class: "silence-tick" }));
    }
    const label = (at, y, words, anchor) => picture.append(svg("text", { x: at, y: y, class: "chart-label", "text-anchor": anchor }, words));
    picture.append(svg("text", { x: left, y: 0.95 * rem, class: "chart-title" }, say("why.silence_bar", { span: text.age(end - heard) }) + (alarm.cleared_at ? "" : " …")));
    label(left, top + 2.5 * rem, text.when(heard), "start");
    label(Math.min(Math.max(x(due), left + 6 * rem), left + width - 6 * rem), top - 0.35 * rem, say("why.limit_bar") + " " + text.when(due), "middle");
    label(left + width, top + 2.5 * rem, text.when(to), "end");
    host.replaceChildren(picture);
  }

  function details(why) {
    if (!why.rule) {
      return make("p", "muted", say("why.no_rule"));
    }
    const list = gridwatch.ruleWords(why.rule.words);
    const kind = say("rules.kind." + why.rule.kind);
    const link = make("a", "plain-link", say("why.rule", { name: why.rule.name, version: why.rule.version, kind: kind }));
    link.href = "/rules#rule=" + encodeURIComponent(why.rule.name);
    return make("div", "why-rule", make("p", "", link), make("details", "", make("summary", "", say("why.parameters")), list));
  }

  gridwatch.ruleWords = function (words) {
    const list = make("dl", "words-list");
    for (const word of words) {
      list.append(make("dt", "", word.label), make("dd", "", word.value));
    }
    return list;
  };

  function parts(why) {
    if (!why.alarms.length) {
      return null;
    }
    const list = make("ul", "why-parts");
    for (const alarm of why.alarms) {
      const value = text.isFact(alarm.unit, alarm.metric) ? "" : text.value(alarm.value, alarm.unit, alarm.metric);
      list.append(make("li", "", gridwatch.chip(alarm.priority), make("span", "", text.condition(alarm)), make("span", "", text.deviceName(alarm)), make("span", "", value), make("time", "muted", text.when(alarm.raised_at))));
    }
    return make("section", "", make("h3", "", say("why.parts", { n: text.count(why.alarms.length) })), list);
  }
})();
