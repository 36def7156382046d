/* The devices screen: its tabs, and the registry by filters and pages. One device is drawn by 40_device_detail.js. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const PAGE = 60;
  const MOST = 500; // a page of the interface
  const AGAIN_MS = 10000;
  const KINDS = ["smoke", "gauge", "rain", "camera", "panel", "heat", "button", "gas", "flow", "soil", "weather", "gateway", "other"];
  const TABS = ["list", "waiting", "import"];
  const STATES = ["quiet", "alarm", "offline", "never_heard", "out_of_service", "retired"];

  const wanted = { kind: "", state: "", grid: "", search: "" };
  let host = null;
  let next = null;
  let asked = 0;
  let listed = 0;

  gridwatch.devices = { kinds: KINDS, showDetail: (id) => gridwatch.deviceDetail.show(id), reload: reload, refresh: refresh, mayRegister: () => gridwatch.page.viewer.role === "admin" };
  let tabOpen = "list";

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
    setInterval(again, AGAIN_MS);
    const query = new URLSearchParams(location.search);
    open(TABS.includes(query.get("tab")) ? query.get("tab") : "list");
    if (query.get("device")) {
      gridwatch.deviceDetail.show(query.get("device"));
    }
  }

  function addTabs() {
    for (const name of TABS.filter((tab) => tab !== "import" || gridwatch.devices.mayRegister())) {
      const tab = gridwatch.button("page-tab", say("devices." + name), () => open(name));
      tab.id = "tab-" + name;
      tab.setAttribute("role", "tab");
      document.getElementById("device-tabs").append(tab);
    }
    document.getElementById("tab-waiting").append(make("span", "tab-count"));
    if (gridwatch.devices.mayRegister()) {
      const fresh = gridwatch.button("press press-first tab-action", say("registration.new"), () => gridwatch.deviceForm.open({ kind: wanted.kind || "smoke" }));
      fresh.id = "new-device";
      document.getElementById("device-tabs").append(fresh);
    }
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
    tabOpen = name;
    document.getElementById("device-filters").hidden = !isList;
    document.getElementById("device-head").hidden = !isList;
    if (isList) {
      reload();
    } else {
      asked += 1;
      host.replaceChildren(); // what another tab listed never stands under this one
      gridwatch[name === "waiting" ? "waiting" : "deviceImport"].show(host);
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
    const search = gridwatch.input(say("devices.filter_search"), function (value) {
      clearTimeout(typing);
      typing = setTimeout(() => set("search")(value), 400);
    });
    search.type = "search";
    bar.append(grid, search, make("span", "list-shown"));
    if (gridwatch.devices.mayRegister()) {
      bar.append(gridwatch.button("press press-small", say("devices.print_labels"), printLabels));
    }
  }

  /* A sheet of labels for what is listed. */
  function printLabels() {
    const ids = Array.from(host.querySelectorAll(".device-row"), (row) => "device=" + encodeURIComponent(row.dataset.device));
    if (ids.length) {
      window.open("/labels?" + ids.slice(0, 500).join("&"), "_blank", "noopener");
    }
  }

  function set(name) {
    return function (value) {
      wanted[name] = value;
      reload();
    };
  }

  /* What is on the left is read again after something was registered, retired, swapped. */
  function refresh() {
    if (tabOpen === "list") {
      reload();
    } else if (tabOpen === "waiting") {
      gridwatch.waiting.show(host);
    }
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

  /* What changes by itself: how it is, and when it was heard. */
  function tell(element, device) {
    gridwatch.deviceDetail.showState(element.querySelector(".cell-state"), "cell-state", device);
    gridwatch.setText(element.querySelector(".cell-last_seen"), device.last_seen ? text.when(device.last_seen) : "–");
  }

  /* What is listed is asked for again while it is looked at: a state of an hour ago must not stand there as one of now. */
  async function again() {
    if (tabOpen !== "list" || document.hidden || !listed) {
      return;
    }
    const mine = asked;
    const items = [];
    let cursor = null;
    try {
      do {
        const answer = await gridwatch.api.get("/devices", Object.assign({ limit: Math.min(listed - items.length, MOST), cursor: cursor }, wanted));
        items.push.apply(items, answer.items);
        cursor = answer.next;
      } while (cursor && items.length < listed && mine === asked);
    } catch (failure) {
      return; // that the picture is old is said by the banner of the page
    }
    if (mine === asked) {
      refill(items);
    }
  }

  function refill(items) {
    const rows = new Map(Array.from(host.querySelectorAll(".device-row"), (element) => [element.dataset.device, element]));
    const now = new Set(items.map((item) => item.id));
    for (const [id, element] of rows) {
      if (!now.has(id)) {
        element.remove();
      }
    }
    const open = document.querySelector("#detail .detail[data-device]");
    let before = null;
    for (const item of items) {
      if (open && open.dataset.device === item.id) {
        gridwatch.deviceDetail.showState(open.querySelector(".detail-state"), "detail-state", item);
      }
      const known = rows.get(item.id);
      const element = known || row(item);
      tell(element, item);
      if (!known) {
        host.insertBefore(element, before ? before.nextElementSibling : host.firstElementChild);
      }
      before = element;
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
      make("span", "cell-state"),
      make("span", "cell-last_seen")
    );
    tell(element, device);
    element.tabIndex = 0;
    element.dataset.device = device.id;
    const choose = function () {
      for (const other of host.querySelectorAll(".is-selected")) {
        other.classList.remove("is-selected");
      }
      element.classList.add("is-selected");
      gridwatch.deviceDetail.show(device.id);
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

  gridwatch.whenPresent("devices", start);
})();
