/* The devices screen: the registry by filters and pages, and one device with its newest readings. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const PAGE = 60;
  const CHART_HOURS = 24;
  const KINDS = ["smoke", "gauge", "rain", "camera", "panel", "heat", "button", "gas", "flow", "weather", "other"];
  const STATES = ["quiet", "alarm", "offline", "never_heard", "out_of_service", "retired"];

  const wanted = { kind: "", state: "", grid: "" };
  let host = null;
  let next = null;
  let asked = 0;
  let listed = 0;

  gridwatch.devices = { kinds: KINDS, showDetail: showDetail, reload: reload };

  function start() {
    host = document.getElementById("device-list");
    addTabs();
    addFilters();
    gridwatch.link.start();
    gridwatch.store.on("draw", function (changed) {
      if (changed.all || changed.counters) {
        showWaitingCount();
      }
    });
    open("list");
  }

  function addTabs() {
    for (const name of ["list", "waiting"]) {
      const tab = gridwatch.button("page-tab", say("devices." + name), () => open(name));
      tab.id = "tab-" + name;
      tab.setAttribute("role", "tab");
      document.getElementById("device-tabs").append(tab);
    }
    document.getElementById("tab-waiting").append(make("span", "tab-count"));
  }

  function showWaitingCount() {
    const counters = gridwatch.store.counters;
    gridwatch.setText(document.querySelector(".tab-count"), counters && counters.waiting ? text.count(counters.waiting) : "");
  }

  function open(name) {
    for (const tab of document.querySelectorAll(".page-tab")) {
      tab.setAttribute("aria-selected", String(tab.id === "tab-" + name));
    }
    const isList = name === "list";
    document.getElementById("device-filters").hidden = !isList;
    document.getElementById("device-head").hidden = !isList;
    if (isList) {
      reload();
    } else {
      asked += 1;
      gridwatch.waiting.show(host);
    }
  }

  function addFilters() {
    const bar = document.getElementById("device-filters");
    const choices = (names, prefix) => [["", say("devices.all")]].concat(names.map((name) => [name, say(prefix + name)]));
    const filter = function (name, element) {
      bar.append(make("label", "filter-label", say("devices.filter_" + name), element));
    };
    filter("kind", gridwatch.select(say("devices.filter_kind"), choices(KINDS, "kind."), set("kind")));
    filter("state", gridwatch.select(say("devices.filter_state"), choices(STATES, "devices.state."), set("state")));
    let typing = null;
    const grid = gridwatch.input(say("devices.filter_grid"), function (value) {
      clearTimeout(typing);
      typing = setTimeout(() => set("grid")(value), 400);
    });
    grid.type = "search";
    bar.append(grid, make("span", "list-shown"));
  }

  function set(name) {
    return function (value) {
      wanted[name] = value;
      reload();
    };
  }

  function reload() {
    next = null;
    listed = 0;
    host.replaceChildren();
    host.scrollTop = 0;
    more();
  }

  async function more() {
    const mine = (asked += 1);
    let answer;
    try {
      answer = await gridwatch.api.get("/devices", Object.assign({ limit: PAGE, cursor: next }, wanted));
    } catch (failure) {
      gridwatch.api.explain(failure);
      return;
    }
    if (mine !== asked) {
      return;
    }
    const old = host.querySelector(".more");
    if (old) {
      old.remove();
    }
    host.append.apply(host, answer.items.map(row));
    listed += answer.items.length;
    next = answer.next;
    gridwatch.setText(document.querySelector(".list-shown"), say("devices.shown", { n: text.count(listed) }));
    if (next) {
      host.append(gridwatch.button("press more", say("devices.more"), more));
    } else if (!listed) {
      host.append(make("div", "empty", say("devices.empty")));
    }
  }

  function row(device) {
    const element = make(
      "div",
      "row device-row",
      make("span", "cell-id", device.id),
      make("span", "cell-name", device.name || "–"),
      make("span", "cell-kind", say("kind." + device.kind)),
      make("span", "cell-place", text.place(device.grid)),
      make("span", "cell-state device-" + device.state, say("devices.state." + device.state)),
      make("span", "cell-last_seen", device.last_seen ? text.when(device.last_seen) : "–")
    );
    element.tabIndex = 0;
    element.dataset.device = device.id;
    const choose = function () {
      for (const other of host.querySelectorAll(".is-selected")) {
        other.classList.remove("is-selected");
      }
      element.classList.add("is-selected");
      showDetail(device.id);
    };
    element.addEventListener("click", choose);
    element.addEventListener("keydown", function (key) {
      if (key.key === "Enter" || key.key === " ") {
        key.preventDefault();
        choose();
      } else if (key.key === "ArrowDown" || key.key === "ArrowUp") {
        key.preventDefault();
        const to = key.key === "ArrowDown" ? element.nextElementSibling : element.previousElementSibling;
        if (to) {
          to.focus();
        }
      }
    });
    return element;
  }

  let shown = 0;
  async function showDetail(id) {
    const mine = (shown += 1);
    let device;
    try {
      device = await gridwatch.api.get("/devices/" + encodeURIComponent(id));
    } catch (failure) {
      gridwatch.api.explain(failure);
      return;
    }
    if (mine === shown) {
      drawDetail(device);
    }
  }

  function drawDetail(device) {
    const chart = make("div", "chart");
    const asked = make("section", "explain");
    asked.hidden = true;
    const rows = (device.metrics || []).map((metric) => readingRow(device, metric, chart));
    const page = make(
      "div",
      "detail",
      make("header", "detail-head", make("div", "detail-what", make("h2", "", device.name || device.id), make("span", "detail-state device-" + device.state, say("devices.state." + device.state))), make("div", "detail-device", say("kind." + device.kind) + " " + device.id)),
      facts(device),
      make("div", "detail-actions", gridwatch.button("press", say("explain.ask"), () => gridwatch.explain(device, asked)), takeOut(device)),
      gridwatch.overrideBlock({ device: device.id, condition: null }),
      asked,
      make("section", "", make("h3", "", say("devices.readings")), rows.length ? readingTable(rows) : make("p", "muted", say("devices.readings_empty"))),
      chart
    );
    page.dataset.device = device.id;
    document.getElementById("detail").replaceChildren(page);
    if (rows.length) {
      rows[0].click();
    }
  }

  function takeOut(device) {
    return gridwatch.overrideDialog.isAllowed() && device.state !== "retired" ? gridwatch.button("press", say("overrides.take_out"), () => gridwatch.overrideDialog.openFor(device.id)) : null;
  }

  function facts(device) {
    const list = make("dl", "facts-list");
    const add = (label, value) => value && list.append(make("dt", "", label), make("dd", "", value));
    add(say("detail.place"), text.wholePath(device.grid));
    add(say("detail.coordinates"), typeof device.lon === "number" ? device.lon.toFixed(5) + "°, " + device.lat.toFixed(5) + "°" : "");
    add(say("devices.column.last_seen"), device.last_seen ? text.full(device.last_seen) : "");
    return list;
  }

  function readingTable(rows) {
    const head = make("div", "reading reading-head", make("span", "", say("devices.metric")), make("span", "reading-value", say("devices.value")), make("span", "", say("devices.time")));
    const table = make("div", "reading-table", head);
    table.append.apply(table, rows);
    return table;
  }

  /* A number that cannot be is said to be none. */
  function newest(metric) {
    if (metric.quality_word === "implausible") {
      return say("why.implausible", { value: text.value(metric.raw, metric.unit) });
    }
    return text.value(metric.value, metric.unit) || "–";
  }

  function readingRow(device, metric, chart) {
    const name = metric.metric;
    const element = make(
      "button",
      "reading",
      make("span", "", text.metric(name)),
      make("span", "reading-value" + (metric.quality_word === "implausible" ? " reading-implausible" : ""), newest(metric)),
      make("span", "", metric.time ? text.when(metric.time) : "–")
    );
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

  gridwatch.whenPresent("devices", start);
})();
