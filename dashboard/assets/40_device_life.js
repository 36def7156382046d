/* What became of a device, what hangs on it, and the two acts that end it: swapped for another, retired. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const SHOWN = 20;
  const COMPARED = ["name", "kind", "building", "gateway", "grid", "area", "moving", "datum"];

  gridwatch.deviceLife = { history: history, children: children, askSwap: askSwap, askRetire: askRetire };

  function link(id, words) {
    return gridwatch.button("link-button", words || id, () => gridwatch.deviceDetail.show(id));
  }

  function history(device) {
    const list = make("ol", "history-list");
    const chain = make("div", "chain");
    fill(device.id, list, chain);
    return make("section", "device-history", make("h3", "", say("history.title")), chain, list);
  }

  async function fill(id, list, chain) {
    let answer;
    try {
      answer = await gridwatch.api.get("/devices/" + encodeURIComponent(id) + "/history", { limit: SHOWN });
    } catch (failure) {
      list.append(make("li", "muted", say("notice.unreachable")));
      return;
    }
    list.append.apply(list, answer.items.map(entry));
    if (!answer.items.length) {
      list.append(make("li", "muted", say("history.none")));
    }
    if (answer.chain.length > 1) {
      chain.append(make("span", "muted", say("history.chain")));
      answer.chain.forEach(function (device, n) {
        chain.append(n ? make("span", "muted", "→") : "", device.id === id ? make("strong", "", device.id) : link(device.id));
      });
    }
  }

  function entry(item) {
    const head = make("div", "history-head", make("strong", "", say("history.what." + item.what)), make("span", "muted", say("history.way." + item.way)), make("span", "", item.actor), make("span", "muted", text.full(item.at)));
    const changes = item.what === "registered" || item.what === "swapped" ? [] : differences(item.before || {}, item.after);
    const element = make("li", "history-entry", head);
    if (item.note) {
      element.append(make("div", "history-note", item.note));
    }
    const other = item.after.replaces || (item.what === "swapped" && item.after.replaced_by);
    if (other) {
      element.append(make("div", "", say(item.after.replaces ? "history.replaces" : "history.replaced_by") + " ", link(other)));
    }
    for (const words of changes) {
      element.append(make("div", "history-change", words));
    }
    return element;
  }

  /* Each thing that is another than before, old and new. */
  function differences(before, after) {
    const told = [];
    const tell = (label, old, now) => told.push(say("history.change", { what: label, before: shown(old), after: shown(now) }));
    if (before.lon !== after.lon || before.lat !== after.lat) {
      tell(say("detail.coordinates"), point(before), point(after));
    }
    for (const name of COMPARED) {
      if (before[name] !== after[name]) {
        tell(say("history.field." + name), before[name], after[name]);
      }
    }
    for (const metric of new Set(Object.keys(before.metrics || {}).concat(Object.keys(after.metrics || {})))) {
      const old = (before.metrics || {})[metric];
      const now = (after.metrics || {})[metric];
      if (JSON.stringify(old) !== JSON.stringify(now)) {
        tell(text.metric(metric), old && ofMetric(old), now && ofMetric(now));
      }
    }
    const names = new Set(Object.keys(before.attributes || {}).concat(Object.keys(after.attributes || {})));
    for (const name of names) {
      const old = (before.attributes || {})[name];
      const now = (after.attributes || {})[name];
      if (old !== now) {
        tell(text.has("registration." + name) ? say("registration." + name) : name, old, now);
      }
    }
    return told;
  }

  function shown(value) {
    return value === null || value === undefined || value === "" ? say("history.nothing") : String(value);
  }

  function point(record) {
    return typeof record.lon === "number" ? record.lon.toFixed(5) + "°, " + record.lat.toFixed(5) + "°" : null;
  }

  function ofMetric(metric) {
    const parts = [text.unit(metric.unit)];
    if (metric.interval_s) {
      parts.push(say("registration.interval_s") + " " + metric.interval_s);
    }
    if (metric.datum_m) {
      parts.push(say("registration.datum_m") + " " + metric.datum_m);
    }
    const limits = (metric.limits || []).map((limit) => (limit === null ? "–" : limit)).reverse();
    if (limits.some((limit) => limit !== "–")) {
      parts.push(say("registration.limits") + " " + limits.join(" / "));
    }
    return parts.filter(Boolean).join(" · ");
  }

  /* What reports through it, with how many are heard; nothing for a device on which nothing hangs. */
  function children(device) {
    const section = make("section", "device-children");
    section.hidden = true;
    fillChildren(device.id, section);
    return section;
  }

  async function fillChildren(id, section) {
    let answer;
    try {
      answer = await gridwatch.api.get("/devices/" + encodeURIComponent(id) + "/children");
    } catch (failure) {
      return;
    }
    if (!answer.total) {
      return;
    }
    const head = make("h3", "", say("history.children"), make("span", "children-count" + (answer.heard < answer.items.length ? " is-doubtful" : ""), say("history.heard", { heard: text.count(answer.heard), total: text.count(answer.total) })));
    section.append(head);
    for (const child of answer.items.slice().sort((a, b) => Number(a.is_heard) - Number(b.is_heard))) {
      section.append(make("div", "child-row", make("span", "child-lamp" + (child.is_heard ? " is-heard" : "")), link(child.id, child.name || child.id), make("span", "muted", say("kind." + child.kind)), make("span", "device-" + child.state, say("devices.state." + child.state)), make("span", "muted", child.last_seen ? text.when(child.last_seen) : "–")));
    }
    section.hidden = false;
  }

  function reasonField() {
    const reason = gridwatch.input("");
    reason.name = "reason";
    reason.maxLength = 500;
    return reason;
  }

  function askSwap(device) {
    const fresh = gridwatch.input("");
    fresh.name = "new_id";
    const reason = reasonField();
    gridwatch.ask({
      title: say("registration.swap_title"),
      subject: (device.name || "") + " " + device.id,
      text: say("registration.swap_text"),
      fields: [gridwatch.labelled(say("registration.new_id"), fresh), gridwatch.labelled(say("dialog.reason"), reason)],
      confirm: say("registration.swap"),
      check: () => (!fresh.value.trim() || fresh.value.trim() === device.id ? say("registration.fault_new_id") : reason.value.trim() ? "" : say("dialog.reason_needed")),
      done: async function () {
        try {
          const body = { version: device.version, new_id: fresh.value.trim(), reason: reason.value.trim() };
          const taken = await gridwatch.api.post("/devices/" + encodeURIComponent(device.id) + "/swap", body);
          gridwatch.notify(say("notice.swapped"));
          gridwatch.deviceDetail.show(taken.id);
          gridwatch.devices.refresh();
        } catch (failure) {
          if (failure.problem && String(failure.problem.type).endsWith(":taken-id")) {
            gridwatch.notify(say("registration.fault_taken"), true);
          } else {
            gridwatch.api.explain(failure);
          }
        }
      },
    });
  }

  function askRetire(device) {
    const reason = reasonField();
    gridwatch.ask({
      title: say("registration.retire_title"),
      subject: (device.name || "") + " " + device.id,
      text: say("registration.retire_text"),
      fields: [gridwatch.labelled(say("dialog.reason"), reason)],
      confirm: say("registration.retire"),
      check: () => (reason.value.trim() ? "" : say("dialog.reason_needed")),
      done: async function () {
        try {
          await gridwatch.api.post("/devices/" + encodeURIComponent(device.id) + "/retire", { version: device.version, reason: reason.value.trim() });
          gridwatch.notify(say("notice.retired"));
          gridwatch.deviceDetail.show(device.id);
          gridwatch.devices.refresh();
        } catch (failure) {
          gridwatch.api.explain(failure);
        }
      },
    });
  }
})();
