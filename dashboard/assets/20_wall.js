/* The wall: counters, newest alarms, open incidents. Renders at most fifty rows of anything, whatever is open. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const ALARM_ROWS = 50;
  const INCIDENT_ROWS = 20;
  const NEW_FOR_MS = 20000;

  function start() {
    gridwatch.points.start();
    gridwatch.store.on("draw", draw);
    document.getElementById("whole-county").addEventListener("click", gridwatch.map.fit);
    gridwatch.link.start();
    /* Ages and days of rows move on even when nothing happens. */
    setInterval(function () {
      drawAlarms();
      drawIncidents();
    }, 30000);
  }

  function draw(changed) {
    if (changed.all || changed.counters) {
      drawCounters();
    }
    if (changed.all || changed.alarms.size) {
      drawAlarms();
    }
    if (changed.all || changed.incidents) {
      drawIncidents();
    }
  }

  function drawCounters() {
    const counters = gridwatch.store.counters;
    gridwatch.showCounters(counters);
    if (!counters) {
      return;
    }
    const share = counters.devices ? counters.heard / counters.devices : 0;
    const bar = document.getElementById("online-bar");
    bar.style.width = (share * 100).toFixed(2) + "%";
    bar.className = "bar-fill" + (share < 0.9 ? " is-low" : "");
    document.querySelector(".unacked").classList.toggle("is-zero", !counters.unacked);
  }

  /* The newest `n` of a storm of thousands without sorting them all. */
  function newest(n) {
    const top = [];
    for (const alarm of gridwatch.store.alarms.values()) {
      const at = Date.parse(alarm.raised_at);
      if (top.length < n || at > top[top.length - 1].at) {
        let i = top.length;
        while (i > 0 && top[i - 1].at < at) {
          i -= 1;
        }
        top.splice(i, 0, { at: at, alarm: alarm });
        top.length = Math.min(top.length, n);
      }
    }
    return top;
  }

  function drawAlarms() {
    const host = document.getElementById("newest");
    const now = text.serverNow();
    const rows = newest(ALARM_ROWS).map(function (entry) {
      return kept(entry.alarm) || alarmRow(entry.alarm, now - entry.at < NEW_FOR_MS);
    });
    drawn = new Map(
      rows.map(function (row) {
        return [row.dataset.alarm, row];
      })
    );
    if (!rows.length) {
      rows.push(make("div", "empty", say("wall.no_alarms")));
    }
    host.replaceChildren.apply(host, rows);
  }

  /* A row that has not changed is not made again: its arrival would be announced with every repaint. */
  let drawn = new Map();
  function kept(alarm) {
    const row = drawn.get(String(alarm.id));
    return row && row.dataset.version === versionOf(alarm) ? row : null;
  }

  /* With what the row says by the clock: a time of yesterday needs its day, what was shelved comes back. */
  function versionOf(alarm) {
    return [alarm.version, text.alarmState(alarm), text.brief(alarm.raised_at)].join(" ");
  }

  function alarmRow(alarm, isNew) {
    const value = text.isFact(alarm.unit, alarm.metric) ? "" : text.value(alarm.value, alarm.unit, alarm.metric);
    const row = make(
      "div",
      "wall-row priority-" + alarm.priority + (alarm.state === "unack" ? " is-unacked" : "") + (isNew ? " is-new" : ""),
      make(
        "div",
        "wall-row-top",
        gridwatch.chip(alarm.priority),
        make("span", "wall-row-what", text.condition(alarm) + (alarm.backfilled ? " · " + text.late(alarm) : "")),
        make("span", "wall-row-value", value),
        make("time", "wall-row-time", text.brief(alarm.raised_at))
      ),
      make(
        "div",
        "wall-row-under",
        make("span", "wall-row-place", text.placeAndDevice(alarm)),
        make("span", "wall-row-state state-" + alarm.state, text.alarmState(alarm))
      )
    );
    row.dataset.alarm = alarm.id;
    row.dataset.version = versionOf(alarm);
    return row;
  }

  function drawIncidents() {
    const host = document.getElementById("incidents");
    const open = Array.from(gridwatch.store.incidents.values()).sort(function (a, b) {
      return a.priority - b.priority || Date.parse(b.opened_at) - Date.parse(a.opened_at);
    });
    const rows = open.slice(0, INCIDENT_ROWS).map(incidentRow);
    if (!rows.length) {
      rows.push(make("div", "empty", say("wall.no_incidents")));
    } else if (open.length > INCIDENT_ROWS) {
      rows.push(make("div", "rows-more", say("wall.more", { n: open.length - INCIDENT_ROWS })));
    }
    host.replaceChildren.apply(host, rows);
  }

  function incidentRow(incident) {
    const open = text.serverNow() - Date.parse(incident.opened_at);
    const row = make(
      "div",
      "wall-row priority-" + incident.priority,
      make(
        "div",
        "wall-row-top",
        gridwatch.chip(incident.priority),
        make("span", "wall-row-what", text.incident(incident)),
        make("span", "dispatch dispatch-" + incident.dispatch, say("incident.dispatch." + incident.dispatch))
      ),
      make(
        "div",
        "wall-row-under",
        make("span", "wall-row-place", text.place(incident.grid, ["town"])),
        make("span", "wall-row-state", say("incident.alarms", { n: text.count(incident.alarms) }) + " · " + text.age(open))
      )
    );
    row.dataset.incident = incident.id;
    return row;
  }

  gridwatch.whenPresent("wall", start);
})();
