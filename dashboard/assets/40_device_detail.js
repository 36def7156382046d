/* One device in full: what it is, what it measures with its limits, what hangs on it, what became of it. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const CHART_HOURS = 24;
  let shown = 0;

  /* As the wall counts: who was not heard for a day is not called well. */
  const UNHEARD_MS = 24 * 3600000;

  gridwatch.deviceDetail = { show: show, showState: showState };

  function showState(element, className, device) {
    const isUnheard = device.state === "quiet" && text.serverNow() - Date.parse(device.last_seen) > UNHEARD_MS;
    const word = isUnheard ? "unheard" : device.state;
    element.className = className + " device-" + word;
    gridwatch.setText(element, say("devices.state." + word));
  }

  async function show(id) {
    const mine = (shown += 1);
    let device;
    try {
      device = await gridwatch.api.get("/devices/" + encodeURIComponent(id));
    } catch (failure) {
      gridwatch.api.explain(failure);
      return;
    }
    if (mine === shown) {
      gridwatch.deviceFormParts.close();
      draw(device);
    }
  }

  function draw(device) {
    const chart = make("div", "chart");
    chart.hidden = !(device.metrics || []).length;
    const asked = make("section", "explain");
    asked.hidden = true;
    const rows = (device.metrics || []).map((metric) => readingRow(device, metric, chart));
    const state = make("span");
    showState(state, "detail-state", device);
    const health = make("div", "device-health");
    health.id = "device-health";
    health.dataset.device = device.id;
    const page = make(
      "div",
      "detail",
      make("header", "detail-head", make("div", "detail-what", make("h2", "", device.name || device.id), state), make("div", "detail-device", say("kind." + device.kind) + " " + device.id)),
      facts(device),
      actions(device, asked),
      gridwatch.overrideBlock({ device: device.id, condition: null }),
      asked,
      make("section", "", make("h3", "", say("devices.readings")), rows.length ? readingTable(rows) : make("p", "muted", say("devices.readings_empty"))),
      chart,
      health,
      gridwatch.deviceLife.children(device),
      gridwatch.deviceLife.history(device)
    );
    page.dataset.device = device.id;
    document.getElementById("detail").replaceChildren(page);
    if (rows.length) {
      rows[0].click();
    }
    document.dispatchEvent(new CustomEvent("gridwatch:device", { detail: device }));
  }

  function actions(device, asked) {
    const bar = make("div", "detail-actions");
    const press = (key, onPress) => bar.append(gridwatch.button("press", say(key), onPress));
    press("explain.ask", () => gridwatch.explain(device, asked));
    if (gridwatch.overrideDialog.isAllowed() && device.state !== "retired") {
      press("overrides.take_out", () => gridwatch.overrideDialog.openFor(device.id));
    }
    if (gridwatch.devices.mayRegister()) {
      press(device.state === "retired" ? "registration.bring_back" : "registration.change", () => gridwatch.deviceForm.openFor(device));
      if (device.state !== "retired") {
        press("registration.swap", () => gridwatch.deviceLife.askSwap(device));
        press("registration.retire", () => gridwatch.deviceLife.askRetire(device));
      }
    }
    press("registration.label", () => window.open("/labels?device=" + encodeURIComponent(device.id), "_blank", "noopener"));
    return bar;
  }

  function facts(device) {
    const list = make("dl", "facts-list");
    const of = device.attributes || {};
    const add = (label, value) => value && list.append(make("dt", "", label), make("dd", "", value));
    add(say("detail.place"), place(device));
    add(say("registration.building"), device.building);
    add(say("detail.coordinates"), coordinates(device));
    add(say("registration.gateway"), device.gateway && link(device.gateway));
    add(say("registration.codec"), of.codec);
    add(say("registration.model"), of.model);
    add(say("registration.mounting_height_m"), typeof of.mounting_height_m === "number" ? text.value(of.mounting_height_m, "m") : "");
    add(say("registration.downstream"), of.downstream && link(String(of.downstream)));
    add(say("registration.replaced_by"), device.replaced_by && link(device.replaced_by));
    add(say("devices.column.last_seen"), device.last_seen ? text.full(device.last_seen) : "");
    return list;
  }

  function place(device) {
    const path = device.grid ? text.wholePath(device.grid) : say(typeof device.lon === "number" ? "registration.in_no_grid" : "registration.no_place");
    const of = device.attributes || {};
    return of.place_from ? make("span", "", path, make("span", "place-mark", say("registration.place_from_gateway"))) : path;
  }

  function coordinates(device) {
    if (typeof device.lon !== "number") {
      return "";
    }
    const sure = device.attributes && device.attributes.place_accuracy_m;
    return device.lon.toFixed(5) + "°, " + device.lat.toFixed(5) + "°" + (sure ? " ±" + text.value(sure, "m") : "");
  }

  function link(id) {
    return gridwatch.button("link-button", id, () => show(id));
  }

  function readingTable(rows) {
    const head = make("div", "reading reading-head", make("span", "", say("devices.metric")), make("span", "reading-value", say("devices.value")), make("span", "", say("registration.limits")), make("span", "", say("devices.time")));
    const table = make("div", "reading-table", head);
    table.append.apply(table, rows);
    return table;
  }

  /* A number that cannot be is said to be none. */
  function newest(metric) {
    if (metric.quality_word === "implausible") {
      return say("why.implausible", { value: text.value(metric.raw, metric.unit, metric.metric) });
    }
    return text.value(metric.value, metric.unit, metric.metric) || "–";
  }

  /* The device's own limits, blue to red; nothing where the rule's hold. */
  function limits(metric) {
    const box = make("span", "reading-limits");
    for (const priority of ["4", "3", "2", "1"]) {
      const limit = metric.limits && metric.limits[priority];
      if (typeof limit === "number") {
        const one = make("span", "limit priority-" + priority, text.number(limit, metric.unit));
        one.title = say("priority." + priority);
        box.append(one);
      }
    }
    return box;
  }

  function readingRow(device, metric, chart) {
    const name = metric.metric;
    const value = make("span", "reading-value" + (metric.quality_word === "implausible" ? " reading-implausible" : ""), newest(metric));
    const element = make("button", "reading", make("span", "", text.metric(name)), value, limits(metric), make("span", "", metric.time ? text.when(metric.time) : "–"));
    element.type = "button";
    element.addEventListener("click", function () {
      for (const other of document.querySelectorAll(".reading.is-selected")) {
        other.classList.remove("is-selected");
      }
      element.classList.add("is-selected");
      const now = text.serverNow();
      gridwatch.chartReadings(chart, device.id, name, metric.unit, {}, now - CHART_HOURS * 3600000, now);
    });
    return element;
  }
})();
