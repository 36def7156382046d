/* Which alarms the officer wants to see: priority, unacknowledged only, kind, place. Filters hide rows, never the counters. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const KINDS = ["smoke", "gauge", "rain", "camera", "panel", "heat", "button", "gas", "flow", "weather", "other"];

  const wanted = { priorities: new Set(), unacked: false, kind: "", place: "" };
  let empty = null;
  let controls = null;

  gridwatch.filters = {
    start: start,
    passes: passes,
    showCount: function (shown, total) {
      const counted = gridwatch.store.counters ? Object.values(gridwatch.store.counters.alarms).reduce((a, b) => a + b, 0) : total;
      gridwatch.setText(document.getElementById("list-shown"), say("console.shown", { shown: gridwatch.text.count(shown), total: gridwatch.text.count(Math.max(total, counted)) }));
    },
    showEmpty: function (isEmpty) {
      empty.hidden = !isEmpty;
      gridwatch.setText(empty, say(isFiltering() ? "console.empty" : "console.quiet"));
    },
  };

  function isFiltering() {
    return wanted.priorities.size > 0 || wanted.unacked || wanted.kind !== "" || wanted.place !== "";
  }

  function passes(alarm) {
    return (
      (wanted.priorities.size === 0 || wanted.priorities.has(String(alarm.priority))) &&
      (!wanted.unacked || alarm.state === "unack" || alarm.state === "rtnun") &&
      (wanted.kind === "" || alarm.kind === wanted.kind) &&
      (wanted.place === "" || haystack(alarm).includes(wanted.place))
    );
  }

  /* Names and codes of the place and the device in one lower-case text, made once for each version of an alarm. */
  const haystacks = new WeakMap();
  function haystack(alarm) {
    let known = haystacks.get(alarm);
    if (known === undefined) {
      const grid = alarm.grid || {};
      const path = (grid.path || []).map((step) => step.name + " " + step.code);
      known = [grid.name, grid.code, path.join(" "), alarm.device, alarm.device_name].join(" ").toLowerCase();
      haystacks.set(alarm, known);
    }
    return known;
  }

  function start(changed) {
    for (const button of document.querySelectorAll("[data-priority]")) {
      button.addEventListener("click", function () {
        toggle(wanted.priorities, button.dataset.priority);
        press(button, wanted.priorities.has(button.dataset.priority));
        changed();
      });
    }
    const unacked = document.getElementById("filter-unacked");
    unacked.addEventListener("click", function () {
      wanted.unacked = !wanted.unacked;
      press(unacked, wanted.unacked);
      changed();
    });
    addControls(changed);
    empty = gridwatch.make("div", "empty list-empty");
    document.getElementById("alarm-list").append(empty);
  }

  function addControls(changed) {
    const kinds = [["", say("console.filter_all_kinds")]].concat(KINDS.map((kind) => [kind, say("kind." + kind)]));
    controls = {
      kind: gridwatch.select(say("console.filter_kind"), kinds, function (value) {
        wanted.kind = value;
        changed();
      }),
      place: gridwatch.input(say("console.filter_place"), function (value) {
        wanted.place = value.toLowerCase();
        changed();
      }),
    };
    controls.place.type = "search";
    controls.place.id = "filter-place";
    const clear = gridwatch.button("quiet-button", say("console.filter_clear"), function () {
      wanted.priorities.clear();
      wanted.unacked = false;
      wanted.kind = wanted.place = controls.kind.value = controls.place.value = "";
      for (const button of document.querySelectorAll(".filters .toggle")) {
        press(button, false);
      }
      changed();
    });
    document.getElementById("filter-controls").append(controls.kind, controls.place, clear);
  }

  function toggle(set, value) {
    if (!set.delete(value)) {
      set.add(value);
    }
  }

  function press(button, isPressed) {
    button.setAttribute("aria-pressed", String(isPressed));
  }
})();
