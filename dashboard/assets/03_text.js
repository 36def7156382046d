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
  const dayKey = new Intl.DateTimeFormat("en-CA", { timeZone: page.zone });
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
    full: function (iso) {
      const ms = Date.parse(iso);
      return dayKey.format(ms) + " " + clockTime.format(ms);
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
      const digits = unit === "m" || unit === "m3/s" ? 2 : size >= 100 ? 0 : size >= 10 ? 1 : 2;
      return value.toLocaleString(page.language, { minimumFractionDigits: unit === "m" ? 2 : 0, maximumFractionDigits: digits });
    },
    /* A measured value with its unit; a fact (unit "1") says yes or no; nothing where there is no value. */
    value: function (value, unit) {
      if (value === null || value === undefined) {
        return "";
      }
      if (unit === "1") {
        return value === 1 ? text.say("fact.yes") : value === 0 ? text.say("fact.no") : text.number(value, unit);
      }
      const shown = text.unit(unit);
      return text.number(value, unit) + (shown ? (shown[0] === "%" || shown[0] === "℃" ? "" : "\u00a0") + shown : "");
    },
    metric: function (name) {
      return name ? text.say("metric." + name) : "";
    },
    condition: function (name) {
      return text.say("condition." + name);
    },
    /* What an alarm's state reads as; an override is not a state, and is said first. */
    alarmState: function (alarm) {
      return text.say("state." + (text.isOverridden(alarm) ? alarm.override || "shelved" : alarm.state));
    },
    isOverridden: function (alarm) {
      return Boolean(alarm.shelved_until) && Date.parse(alarm.shelved_until) > text.serverNow();
    },
    deviceName: function (alarm) {
      return alarm.device_name || alarm.device;
    },
    /* Town and village only: from ten metres the device's own name says the rest. */
    town: function (grid) {
      const steps = ((grid && grid.path) || []).filter(function (step) {
        return step.level === "town" || step.level === "village";
      });
      return steps.length
        ? steps
            .map(function (step) {
              return step.name;
            })
            .join(" ")
        : text.place(grid);
    },
    /* The grid path without the county, which every row would repeat. */
    place: function (grid) {
      if (!grid) {
        return "";
      }
      const path = (grid.path || []).filter(function (step) {
        return step.level !== "county";
      });
      return path.length
        ? path
            .map(function (step) {
              return step.name;
            })
            .join(" ")
        : grid.name || "";
    },
  });
})();
