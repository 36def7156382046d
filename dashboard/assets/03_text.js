/* Texts, times, numbers and units as the viewer reads them. Refuses to show a key: an unknown one is shown as its last part. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const page = gridwatch.page;
  const messages = page.messages;

  const inZone = { timeZone: page.zone, hourCycle: "h23" };
  const clockTime = new Intl.DateTimeFormat(page.language, Object.assign({ hour: "2-digit", minute: "2-digit", second: "2-digit" }, inZone));
  const shortTime = new Intl.DateTimeFormat(page.language, Object.assign({ hour: "2-digit", minute: "2-digit" }, inZone));
  /* Day before month in English: the centre writes Sunday 22 November, not November 22. */
  const longDate = new Intl.DateTimeFormat(page.language === "en" ? "en-GB" : page.language, Object.assign({ year: "numeric", month: "long", day: "numeric" }, inZone));
  const weekday = new Intl.DateTimeFormat(page.language, { weekday: "long", timeZone: page.zone });
  const shortDate = new Intl.DateTimeFormat(page.language, Object.assign({ month: "2-digit", day: "2-digit" }, inZone));
  const allParts = new Intl.DateTimeFormat("en-CA", Object.assign({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }, inZone));
  const dayKey = new Intl.DateTimeFormat("en-CA", { timeZone: page.zone });
  const NAMES_METRIC = new Set(["level-high", "level-low", "rate-high", "rate-low"]);
  /* Metrics that are true or false. */
  const FACTS = new Set(page.facts);
  /* The county would stand in every row. */
  const PLACE_LEVELS = ["town", "village", "grid", "special"];
  const whole = new Intl.NumberFormat(page.language, { maximumFractionDigits: 0 });

  const text = (gridwatch.text = {
    say: function (key, values) {
      const message = messages[key];
      if (message === undefined) {
        return key.slice(key.lastIndexOf(".") + 1);
      }
      return message.replace(/\{(\w+)\}/g, function (_, name) {
        return values && values[name] !== undefined ? String(values[name]) : "";
      });
    },
    has: function (key) {
      return messages[key] !== undefined;
    },
    serverNow: function () {
      return Date.now() + gridwatch.feed.clockOffsetMs;
    },
    clock: function (ms) {
      return clockTime.format(ms);
    },
    date: function (ms) {
      return page.language === "en" ? weekday.format(ms) + " " + longDate.format(ms) : longDate.format(ms) + " " + weekday.format(ms);
    },
    hourMinute: function (ms) {
      return shortTime.format(ms);
    },
    dayMonth: function (ms) {
      return shortDate.format(ms);
    },
    /* Time of day today, with the day before it on any other day. */
    when: function (iso) {
      if (!iso) {
        return "";
      }
      const ms = typeof iso === "number" ? iso : Date.parse(iso);
      const today = dayKey.format(ms) === dayKey.format(text.serverNow());
      return today ? clockTime.format(ms) : shortDate.format(ms) + " " + shortTime.format(ms);
    },
    /* Hours and minutes are what a wall needs of a time. */
    brief: function (iso) {
      const ms = Date.parse(iso);
      const today = dayKey.format(ms) === dayKey.format(text.serverNow());
      return (today ? "" : shortDate.format(ms) + " ") + shortTime.format(ms);
    },
    full: function (iso) {
      const ms = Date.parse(iso);
      return dayKey.format(ms) + " " + clockTime.format(ms);
    },
    /* Milliseconds the centre's zone is ahead of UTC, so that ticks fall on round local hours. */
    zoneOffset: function (ms) {
      const of = Object.fromEntries(allParts.formatToParts(ms).map((part) => [part.type, part.value]));
      return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) - Math.floor(ms / 1000) * 1000;
    },
    count: function (n) {
      return n === undefined || n === null ? "–" : whole.format(n);
    },
    /* A span of milliseconds in its largest sensible unit. */
    age: function (ms) {
      const s = Math.max(0, Math.round(ms / 1000));
      if (s < 90) {
        return text.say("age.seconds", { n: s });
      }
      if (s < 5400) {
        return text.say("age.minutes", { n: Math.round(s / 60) });
      }
      return s < 172800 ? text.say("age.hours", { n: Math.round(s / 3600) }) : text.say("age.days", { n: Math.round(s / 86400) });
    },
    unit: function (unit) {
      return messages["unit." + unit] !== undefined ? messages["unit." + unit] : unit || "";
    },
    number: function (value, unit) {
      const size = Math.abs(value);
      /* Little is not nothing, and a row has no room for three hundred digits. */
      if (size >= 1e9) {
        return value.toExponential(2);
      }
      if (size > 0 && size < 0.01 && unit !== "m") {
        return size < 1e-6 ? value.toExponential(1) : value.toLocaleString(page.language, { maximumSignificantDigits: 2 });
      }
      const digits = unit === "m" || unit === "m3/s" ? 2 : size >= 100 ? 0 : size >= 10 ? 1 : 2;
      return value.toLocaleString(page.language, { minimumFractionDigits: unit === "m" ? 2 : 0, maximumFractionDigits: digits, signDisplay: "negative" });
    },
    /* Yes or no: unit "1" is also that of counts and of readings without a unit. */
    isFact: function (unit, metric) {
      return unit === "1" && (!metric || FACTS.has(metric));
    },
    /* A measured value with its unit; a fact (unit "1") says yes or no; nothing where there is no value. */
    value: function (value, unit, metric) {
      if (value === null || value === undefined) {
        return "";
      }
      if (text.isFact(unit, metric)) {
        return value === 1 ? text.say("fact.yes") : value === 0 ? text.say("fact.no") : text.number(value, unit);
      }
      const shown = text.unit(unit);
      return text.number(value, unit) + (shown ? ("%℃℉".includes(shown[0]) || shown === "°" ? "" : "\u00a0") + shown : "");
    },
    /* Names are put together: stage_2, cod_1h_min, bme280.temperature. What a maker has named stays as it is.
       alerts/notification/metric_words.py says them the same way. */
    metric: function (name) {
      if (!name || text.has("metric." + name)) {
        return name ? text.say("metric." + name) : "";
      }
      const dot = name.lastIndexOf(".");
      if (dot > 0) {
        return text.say("metric_of.in_part", { part: name.slice(0, dot), name: text.metric(name.slice(dot + 1)) });
      }
      const found = /^(.+)_(?:(\d+)(min|h|d|cm)?|([a-z]+))$/.exec(name);
      const key = found && "metric_of." + (found[4] || "n_" + (found[3] || "th"));
      const inner = found && text.metric(found[1]);
      return found && text.has(key) && inner !== found[1] ? text.say(key, { name: inner, n: found[2] }) : name;
    },
    /* What an alarm is about; a crossed limit names its metric, "above limit" alone says too little. */
    condition: function (alarm) {
      const name = text.say("condition." + alarm.condition);
      return NAMES_METRIC.has(alarm.condition) && alarm.metric ? text.say("condition.of_metric", { metric: text.metric(alarm.metric), condition: name }) : name;
    },
    /* Kind and place in the viewer's language; the recorded title is in the incident's detail. */
    incident: function (incident) {
      const place = text.place(incident.grid, ["town", "village", "grid", "special"].slice(incident.grids ? 0 : 1));
      if (place && incident.grids) {
        return text.say("incident.headline_many", { kind: text.say("incident.kind." + incident.kind), place: place, n: incident.grids });
      }
      return place ? text.say("incident.headline", { kind: text.say("incident.kind." + incident.kind), place: place }) : incident.title;
    },
    /* What an alarm's state reads as; an override is not a state, and is said first. */
    alarmState: function (alarm) {
      return text.say("state." + (text.isOverridden(alarm) ? alarm.override || "shelved" : alarm.state));
    },
    /* What a device told late is history until it is known to stand. */
    late: function (alarm) {
      return alarm.backfilled ? text.say("late.badge") : "";
    },
    /* The engine writes why as a word and what it is about; an officer's words stand as they are. */
    reason: function (step) {
      const at = step.comment.indexOf(" ");
      const word = at < 0 ? step.comment : step.comment.slice(0, at);
      const about = at < 0 ? "" : step.comment.slice(at + 1);
      const key = "reason." + word;
      if (!text.has(key)) {
        return step.comment;
      }
      return text.say(key, { about: text.has("overrides.kind." + about) ? text.say("overrides.kind." + about) : about });
    },
    isOverridden: function (alarm) {
      return Boolean(alarm.shelved_until) && Date.parse(alarm.shelved_until) > text.serverNow();
    },
    deviceName: function (alarm) {
      return alarm.device_name || alarm.device;
    },
    /* Names from the county down, each without the name of the one above that it may begin with. */
    path: function (grid) {
      const steps = (grid && grid.path) || [];
      return steps.map(function (step, i) {
        const above = i > 0 ? steps[i - 1].name : "";
        const own = above && step.name.startsWith(above) ? step.name.slice(above.length) : step.name;
        return { level: step.level, name: own || step.name };
      });
    },
    place: function (grid, levels) {
      const wanted = text.path(grid).filter(function (step) {
        return (levels || PLACE_LEVELS).includes(step.level);
      });
      const names = wanted.map(function (step) {
        return step.name;
      });
      return names.join(" ") || (grid ? grid.name : "");
    },
    /* From ten metres town, village and the device's own name are enough, and nothing twice. */
    placeAndDevice: function (alarm) {
      const device = text.deviceName(alarm);
      const steps = text.path(alarm.grid).filter(function (step) {
        return (step.level === "town" || step.level === "village") && !device.includes(step.name);
      });
      const names = steps.map(function (step) {
        return step.name;
      });
      return names.concat(device).join(" ");
    },
    wholePath: function (grid) {
      const names = text.path(grid).map(function (step) {
        return step.name;
      });
      return names.join(" › ") || (grid ? grid.name : "");
    },
  });
})();
