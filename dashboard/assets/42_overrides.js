/* What is overridden: one list with every end, who and why, and the button that ends it. Refuses to keep an ended one in sight. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const PAGE = 100;
  const KINDS = ["shelved", "suppressed", "out_of_service"];
  const TABS = { in_force: "in_force", planned: "planned", ended: "ended" };
  /* A plan over a grid changes thousands of overrides at once: the list is asked for once they have settled. */
  const SETTLE_MS = 400;

  const wanted = { kind: "", grid: "", device: "", state: "in_force" };
  let host = null;
  let next = null;
  let asked = 0;
  let listed = 0;
  let settling = null;

  gridwatch.overrides = { reload: reload, name: name, covers: covers, left: left, reason: reason, actor: actor, askEnd: askEnd };

  function start() {
    host = document.getElementById("override-list");
    wanted.device = new URLSearchParams(location.search).get("device") || "";
    addTabs();
    addFilters();
    gridwatch.link.start();
    gridwatch.store.on("draw", function (changed) {
      if (changed.all || changed.overrides) {
        clearTimeout(settling);
        settling = setTimeout(function () {
          settling = null;
          reload();
        }, SETTLE_MS);
      }
    });
    setInterval(tick, 1000);
    reload();
  }

  function addTabs() {
    for (const state of Object.keys(TABS)) {
      const tab = gridwatch.button("page-tab", say("overrides.state." + state), function () {
        set("state")(state);
      });
      tab.dataset.state = state;
      tab.setAttribute("role", "tab");
      document.getElementById("override-tabs").append(tab);
    }
  }

  function addFilters() {
    const bar = document.getElementById("override-filters");
    const kinds = [["", say("overrides.all")]].concat(KINDS.map((kind) => [kind, say("overrides.kind." + kind)]));
    const kind = gridwatch.select(say("overrides.filter_kind"), kinds, set("kind"));
    bar.append(make("label", "filter-label", say("overrides.filter_kind"), kind), typed("device"), typed("grid"), make("span", "list-shown"));
    if (gridwatch.overrideDialog.isAllowed()) {
      bar.append(gridwatch.button("press press-first", say("overrides.take_out"), gridwatch.overrideDialog.open));
    }
  }

  function typed(name) {
    let typing = null;
    const field = gridwatch.input(say("overrides.filter_" + name), function (value) {
      clearTimeout(typing);
      typing = setTimeout(() => set(name)(value), 400);
    });
    field.type = "search";
    field.name = "filter-" + name;
    field.value = wanted[name];
    return field;
  }

  function set(name) {
    return function (value) {
      wanted[name] = value;
      host.replaceChildren(); // what was listed is no answer to this
      reload();
    };
  }

  function reload() {
    if (!host) {
      return; // the dialog was opened from another page
    }
    for (const tab of document.querySelectorAll("#override-tabs .page-tab")) {
      tab.setAttribute("aria-selected", String(tab.dataset.state === wanted.state));
    }
    next = null;
    listed = 0;
    load(true);
  }

  async function load(isFirst) {
    const mine = (asked += 1);
    let answer;
    try {
      answer = await gridwatch.api.get("/overrides", Object.assign({ limit: PAGE, cursor: next }, wanted));
    } catch (failure) {
      if (mine === asked) {
        gridwatch.api.explain(failure);
      }
      return;
    }
    if (mine !== asked) {
      return;
    }
    const rows = answer.items.map(row);
    if (isFirst) {
      host.replaceChildren.apply(host, rows);
    } else {
      host.querySelector(".more").remove();
      host.append.apply(host, rows);
    }
    listed += rows.length;
    next = answer.next;
    gridwatch.setText(document.querySelector(".list-shown"), say(next ? "overrides.shown_more" : "overrides.shown", { n: text.count(listed) }));
    if (next) {
      host.append(gridwatch.button("press more", say("devices.more"), () => load(false)));
    } else if (!listed) {
      host.append(make("div", "empty", say("overrides.empty." + wanted.state)));
    }
  }

  /* A grid or a gateway with its number of devices, or the one device. */
  function name(override) {
    if (override.scope) {
      return say("overrides.scope." + override.scope, { target: override.scope === "grid" ? gridName(override) : override.target, n: text.count(override.devices) });
    }
    return override.device_name || override.device;
  }

  function gridName(override) {
    const step = ((override.grid && override.grid.path) || []).find((part) => part.code === override.target);
    return step ? step.name : override.target;
  }

  function covers(override) {
    const condition = override.condition ? text.condition(override) : say("overrides.every_condition");
    return override.priority > 1 ? say("overrides.and_less", { condition: condition, priority: say("priority." + override.priority) }) : condition;
  }

  function reason(override) {
    return override.rule ? say("overrides.by_design", { condition: say("condition." + override.reason) }) : override.reason;
  }

  function actor(who) {
    return who === "engine" ? say("overrides.engine") : who;
  }

  /* How long it still covers, or until it begins; when it was ended, and by whom. */
  function left(override) {
    const now = text.serverNow();
    if (override.state === "ended") {
      return say("overrides.ended_by", { time: text.when(override.ended_at || override.ends_at), actor: actor(override.ended_by || "engine") });
    }
    return override.state === "planned" ? say("overrides.begins_in", { age: text.age(Date.parse(override.starts_at) - now) }) : say("overrides.left", { age: text.age(Date.parse(override.ends_at) - now) });
  }

  function row(override) {
    const until = make("span", "override-left", left(override));
    const element = make(
      "div",
      "row override-row kind-" + override.kind,
      make("span", "cell-kind", make("span", "override-chip", say("overrides.kind." + override.kind))),
      twoLines("cell-what", name(override), override.scope ? "" : override.device),
      make("span", "cell-covers", covers(override)),
      make("span", "cell-place", override.scope === "grid" ? "" : text.place(override.grid)),
      make("span", "cell-reason", reason(override)),
      make("span", "cell-actor", actor(override.actor)),
      make("span", "cell-from", text.when(override.starts_at)),
      make("span", "cell-until", make("span", "", text.when(override.ends_at)), until),
      make("span", "cell-alarms" + (override.alarms ? "" : " is-zero"), override.state === "ended" ? "" : text.count(override.alarms)),
      make("span", "cell-end", override.state === "ended" ? null : gridwatch.button("press press-small", say(override.state === "planned" ? "overrides.cancel" : "overrides.end_now"), () => askEnd(override)))
    );
    element.dataset.override = override.id;
    until.gridwatchOverride = override;
    return element;
  }

  function twoLines(className, first, second) {
    return make("span", className, make("span", "", first), second && second !== first ? make("span", "cell-second", second) : null);
  }

  function tick() {
    let over = false;
    for (const element of host.querySelectorAll(".override-left")) {
      const override = element.gridwatchOverride;
      gridwatch.setText(element, left(override));
      over = over || (override.state === "in_force" && Date.parse(override.ends_at) < text.serverNow() - 2000);
    }
    if (over && settling === null) {
      settling = setTimeout(function () {
        settling = null;
        reload();
      }, 2000);
    }
  }

  function askEnd(override) {
    const words = gridwatch.input("");
    words.name = "comment";
    words.maxLength = 500;
    gridwatch.ask({
      title: say(override.state === "planned" ? "overrides.cancel_title" : "overrides.end_title"),
      subject: say("overrides.kind." + override.kind) + " · " + name(override),
      text: say(override.state === "planned" ? "overrides.cancel_text" : "overrides.end_text"),
      fields: [gridwatch.labelled(say("overrides.comment"), words)],
      confirm: say(override.state === "planned" ? "overrides.cancel" : "overrides.end_now"),
      done: async function () {
        try {
          await gridwatch.api.post("/overrides/" + encodeURIComponent(override.id) + "/end", { version: override.version, comment: words.value.trim() });
          gridwatch.notify(say("notice.override_ended"));
        } catch (failure) {
          gridwatch.api.explain(failure);
        }
        reload();
      },
    });
  }

  gridwatch.whenPresent("overrides", start);
})();
