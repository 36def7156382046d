/* The metrics of a device in the form: unit, interval, datum and limits, a row each. Says beside a field what is wrong. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const COLUMNS = ["metric", "unit", "interval_s", "datum_m", "limit_4", "limit_3", "limit_2", "limit_1"];
  const USUAL = ["smoke", "temperature", "humidity", "battery", "voltage", "stage", "flow", "rain", "rain_1h", "co", "pressure", "water", "fire", "fault", "tamper", "battery_low"];
  const LONGEST_S = 366 * 86400;
  const NAME = /^[a-z][a-z0-9_.-]{0,62}$/;

  /* deviceMetrics() gives {element, fill(metrics), read() -> metrics or null, wrong(index, name, message)}. */
  gridwatch.deviceMetrics = function () {
    const rows = [];
    const body = make("div", "metric-rows");
    const known = make("datalist", "");
    known.id = "known-metrics";
    for (const name of USUAL) {
      const option = make("option", "", text.metric(name));
      option.value = name;
      known.append(option);
    }
    const head = make("div", "metric-row metric-head");
    for (const name of COLUMNS) {
      head.append(make("span", "metric-" + name, say("registration." + name)));
    }
    const element = make("div", "metric-table", known, head, body, gridwatch.button("press press-small", say("registration.add_metric"), () => add({})));

    function add(metric) {
      const limits = metric.limits || {};
      const given = Object.assign({}, metric, { limit_4: limits["4"], limit_3: limits["3"], limit_2: limits["2"], limit_1: limits["1"] });
      const row = { fields: {}, element: make("div", "metric-row"), wrong: make("div", "field-wrong metric-wrong"), isKnown: Boolean(metric.isKnown) };
      for (const name of COLUMNS) {
        const field = gridwatch.input("");
        field.name = name;
        field.className = "field metric-" + name;
        field.setAttribute("aria-label", say("registration." + name));
        field.value = given[name] === undefined || given[name] === null || (name === "datum_m" && given[name] === 0) ? "" : String(given[name]);
        row.fields[name] = field;
        row.element.append(field);
      }
      row.fields.metric.setAttribute("list", "known-metrics");
      row.fields.metric.readOnly = row.isKnown; // a metric with readings is not renamed
      if (!row.isKnown) {
        const drop = gridwatch.button("metric-drop", "×", function () {
          rows.splice(rows.indexOf(row), 1);
          row.element.remove();
          row.wrong.remove();
        });
        drop.title = say("registration.drop_metric");
        row.element.append(drop);
      }
      body.append(row.element, row.wrong);
      rows.push(row);
    }

    function read() {
      const metrics = rows.map(readRow);
      const names = metrics.map((metric) => metric && metric.metric);
      names.forEach(function (name, n) {
        if (name && names.indexOf(name) < n) {
          refuse(rows[n], "metric", say("registration.fault_twice"));
          metrics[n] = null;
        }
      });
      return metrics.includes(null) ? null : metrics;
    }

    function readRow(row) {
      clear(row);
      const number = (name) => gridwatch.readNumber(row.fields[name].value);
      const faults = COLUMNS.slice(2).filter((name) => Number.isNaN(number(name)));
      const metric = row.fields.metric.value.trim();
      const unit = row.fields.unit.value.trim();
      if (faults.length) {
        return refuse(row, faults[0], say("registration.fault_number"));
      }
      if (!NAME.test(metric)) {
        return refuse(row, "metric", say("registration.fault_metric"));
      }
      if (!unit) {
        return refuse(row, "unit", say("registration.fault_unit_needed"));
      }
      if (number("interval_s") !== null && !(number("interval_s") > 0 && number("interval_s") <= LONGEST_S)) {
        return refuse(row, "interval_s", say("registration.fault_interval"));
      }
      const limits = ["limit_4", "limit_3", "limit_2", "limit_1"].map(number);
      const set = limits.filter((limit) => limit !== null);
      const isRising = set.every((limit, n) => n === 0 || limit >= set[n - 1]);
      const isFalling = set.every((limit, n) => n === 0 || limit <= set[n - 1]);
      if (!isRising && !isFalling) {
        return refuse(row, "limit_4", say("registration.fault_limits"));
      }
      return { metric: metric, unit: unit, interval_s: number("interval_s"), datum_m: number("datum_m") || 0, limits: { 4: limits[0], 3: limits[1], 2: limits[2], 1: limits[3] } };
    }

    function clear(row) {
      row.wrong.textContent = "";
      for (const name of COLUMNS) {
        row.fields[name].classList.remove("is-wrong");
      }
    }

    function refuse(row, name, message) {
      if (row) {
        row.wrong.textContent = say("registration." + name) + " — " + message;
        (row.fields[name] || row.fields.metric).classList.add("is-wrong");
      }
      return null;
    }

    return {
      element: element,
      fill: function (metrics) {
        for (const metric of metrics) {
          add(metric);
        }
      },
      read: read,
      wrong: (index, name, message) => refuse(rows[index], name, message),
    };
  };

  /* A number, null for a blank, NaN for what is neither. */
  gridwatch.readNumber = function (value) {
    const shown = value.trim();
    return shown === "" ? null : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(shown) ? Number(shown) : NaN;
  };
})();
