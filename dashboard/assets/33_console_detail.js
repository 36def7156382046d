/* One alarm in full: facts with units, place, what to do, readings around it, its history and its incident. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const MINUTE = 60000;
  /* A fire is a matter of minutes, a flood of hours: so many readings before and after the alarm tell its story. */
  const READINGS_AROUND = 40;
  const SHORTEST = 20 * MINUTE;
  const LONGEST = 12 * 60 * MINUTE;
  /* Arrow keys run through the list faster than details are worth fetching. */
  const SETTLE_MS = 120;
  const AGAIN_MS = 3000;
  const MOVES = { awaiting: ["send"], sent: ["arrive"], on_scene: ["finish"], done: ["close"] };

  let host = null;
  let shown = null; // id
  let version = null;
  let incidentVersion = null;
  let waiting = null;
  let asked = 0;
  let drawAgain = function () {};

  gridwatch.detail = {
    start: function (element) {
      host = element;
      gridwatch.store.on("draw", follow);
      window.addEventListener("resize", function () {
        drawAgain();
      });
    },
    show: function (id) {
      shown = id;
      drawKnown();
      clearTimeout(waiting);
      waiting = setTimeout(load, SETTLE_MS);
    },
    reload: load,
  };

  /* Another officer, or the engine, changed what is shown here. */
  function follow(changed) {
    const alarm = shown === null ? null : gridwatch.store.alarms.get(shown);
    const incident = alarm && alarm.incident ? gridwatch.store.incidents.get(String(alarm.incident)) : null;
    const isNewer = alarm ? alarm.version !== version : version !== null && changed.alarms.has(shown);
    if (shown !== null && (isNewer || (incident && incident.version !== incidentVersion))) {
      load();
    }
  }

  /* Until the whole answer is there: what the list knows, never another alarm's guidance under this one's row. */
  function drawKnown() {
    const known = shown === null ? null : gridwatch.store.alarms.get(shown);
    drawAgain = function () {};
    if (!known) {
      host.replaceChildren();
      return;
    }
    const page = make("div", "detail priority-" + known.priority, heading(known), actions(known), facts(known), make("p", "muted", say("detail.loading")));
    page.dataset.alarm = known.id;
    page.dataset.state = known.state;
    host.replaceChildren(page);
  }

  async function load() {
    if (shown === null) {
      return;
    }
    clearTimeout(waiting);
    const mine = (asked += 1);
    const id = shown;
    const known = gridwatch.store.alarms.get(id);
    version = known ? known.version : null;
    let alarm;
    try {
      alarm = await gridwatch.api.get("/alarms/" + encodeURIComponent(id), { lang: gridwatch.page.language.slice(0, 2) });
    } catch (failure) {
      if (mine === asked && known) {
        gridwatch.api.explain(failure);
        if (failure.status === 0 || failure.status >= 500) {
          waiting = setTimeout(load, AGAIN_MS);
        }
      }
      return;
    }
    const [incident, device, why] = await Promise.all([alarm.incident ? loadIncident(alarm.incident) : null, loadDevice(alarm.device), loadWhy(id)]);
    if (mine === asked) {
      version = known ? alarm.version : null;
      incidentVersion = incident ? incident.version : null;
      draw(alarm, incident, device, why);
    }
  }

  async function loadIncident(id) {
    try {
      return await gridwatch.api.get("/incidents/" + encodeURIComponent(id));
    } catch (failure) {
      return gridwatch.store.incidents.get(String(id)) || null;
    }
  }

  /* Which other metrics there are to draw; without it the alarm's own is drawn. */
  async function loadDevice(id) {
    try {
      return await gridwatch.api.get("/devices/" + encodeURIComponent(id));
    } catch (failure) {
      return null;
    }
  }

  /* What made it; without it the alarm is still shown. */
  async function loadWhy(id) {
    try {
      return await gridwatch.api.get("/alarms/" + encodeURIComponent(id) + "/why", { lang: gridwatch.page.language.slice(0, 2) });
    } catch (failure) {
      return null;
    }
  }

  function draw(alarm, incident, device, why) {
    const scroll = host.firstElementChild && host.firstElementChild.dataset.alarm === String(alarm.id) ? host.firstElementChild.scrollTop : 0;
    const page = make("div", "detail priority-" + alarm.priority, heading(alarm), actions(alarm), gridwatch.overrideBlock(alarm), facts(alarm), guidance(alarm), whyBlock(alarm, device, why));
    page.append(gridwatch.evidenceBlock(alarm), incidentBlock(incident), gridwatch.whomWeTold.block(alarm), gridwatch.alarmHistory(alarm));
    page.dataset.alarm = alarm.id;
    page.dataset.state = alarm.state;
    host.replaceChildren(page);
    page.scrollTop = scroll;
    drawAgain();
  }

  function heading(alarm) {
    return make(
      "header",
      "detail-head",
      make("div", "detail-what", gridwatch.chip(alarm.priority), make("h2", "", text.condition(alarm)), make("span", "detail-state state-" + alarm.state, text.alarmState(alarm)), alarm.backfilled ? make("span", "detail-late", text.late(alarm)) : null),
      make("div", "detail-device", text.deviceName(alarm)),
      alarm.backfilled ? make("div", "detail-late-why", say("late.why")) : null
    );
  }

  function actions(alarm) {
    const commands = gridwatch.commands;
    const current = () => gridwatch.store.alarms.get(String(alarm.id)) || alarm;
    /* The mouse, too, must not hit the alarm that slipped into the place of another. */
    const on = (command) => () => gridwatch.list.hasSlipped() || command(current());
    const withKey = (label, key) => make("span", "", label + " ", make("kbd", "", key));
    const acknowledge = gridwatch.button("press press-first", withKey(say("console.acknowledge"), "A"), on(commands.acknowledge));
    acknowledge.disabled = alarm.state !== "unack" && alarm.state !== "rtnun";
    acknowledge.id = "acknowledge";
    const shelve = text.isOverridden(alarm) && alarm.override === "shelved"
      ? gridwatch.button("press", say("console.unshelve"), on(commands.unshelve))
      : gridwatch.button("press", withKey(say("console.shelve"), "S"), on(commands.shelve));
    shelve.disabled = alarm.state === "norm";
    const comment = gridwatch.button("press", withKey(say("console.comment"), "C"), on(commands.comment));
    return make("div", "detail-actions", acknowledge, shelve, comment);
  }

  function facts(alarm) {
    const rows = [];
    const add = (label, value) => value && rows.push(make("dt", "", label), make("dd", "", value));
    if (alarm.unit !== "1") {
      add(say("detail.value"), text.metric(alarm.metric) + " " + text.value(alarm.value, alarm.unit, alarm.metric));
      add(say("detail.limit"), typeof alarm.limit === "number" ? text.value(alarm.limit, alarm.unit, alarm.metric) : "");
    }
    add(say("detail.place"), text.wholePath(alarm.grid));
    add(say("detail.coordinates"), typeof alarm.lon === "number" ? alarm.lon.toFixed(5) + "°, " + alarm.lat.toFixed(5) + "°" : "");
    add(say("detail.device"), text.say("kind." + alarm.kind) + " " + alarm.device);
    add(say("detail.raised"), text.full(alarm.raised_at));
    add(say("detail.rule"), alarm.rule ? (alarm.rule_title || alarm.rule) + (alarm.rule_version ? "  " + say("rules.version", { n: alarm.rule_version }) : "") : "");
    add(say("detail.acked"), alarm.acked_at ? text.full(alarm.acked_at) + "  " + (alarm.acked_by || "") : "");
    add(say("detail.cleared"), alarm.cleared_at ? text.full(alarm.cleared_at) : "");
    add(say("detail.shelved_until"), text.isOverridden(alarm) ? text.full(alarm.shelved_until) : "");
    const list = make("dl", "facts-list");
    list.append.apply(list, rows);
    return list;
  }

  function guidance(alarm) {
    const given = alarm.guidance || gridwatch.whomWeTold.guidance(alarm) || {};
    const block = make("section", "guidance");
    if (!given.means && !given.do) {
      block.append(make("p", "muted", say("detail.no_guidance")));
      return block;
    }
    const steps = Array.isArray(given.do) ? given.do : given.do ? String(given.do).trim().split(/\n+/) : [];
    if (given.means) {
      block.append(make("h3", "", say("detail.means")), make("p", "", given.means));
    }
    if (steps.length) {
      const list = make(steps.length > 1 ? "ol" : "p", "steps");
      for (const step of steps) {
        list.append(steps.length > 1 ? make("li", "", step) : step);
      }
      block.append(make("h3", "", say("detail.do")), list);
    }
    return block;
  }

  /* A fact is only yes or no: for it the measured metrics of the device tell more, when it has any. */
  const SELDOM = ["battery", "voltage", "linkquality"];
  function chartChoices(alarm, device) {
    const measured = ((device && device.metrics) || []).filter((metric) => metric.unit !== "1" && metric.metric !== alarm.metric);
    measured.sort((a, b) => SELDOM.includes(a.metric) - SELDOM.includes(b.metric));
    const known = ((device && device.metrics) || []).find((metric) => metric.metric === alarm.metric);
    const own = alarm.metric ? [known || { metric: alarm.metric, unit: alarm.unit }] : [];
    const isFact = text.isFact(alarm.unit, alarm.metric) || !alarm.metric;
    const useful = measured.filter((metric) => !SELDOM.includes(metric.metric));
    const battery = alarm.condition === "battery-low" ? measured.filter((metric) => metric.metric === "battery") : [];
    return isFact ? [...new Set([...battery, ...useful, ...own, ...measured])] : [...own, ...measured];
  }

  /* The sentence, the bar of a silence, the chart of what was judged or of another metric, the rule in words. */
  function whyBlock(alarm, device, why) {
    const choices = chartChoices(alarm, device);
    const chart = make("div", "chart");
    const tabs = make("div", "chart-choices");
    const silence = why && why.silence ? make("div", "silence") : null;
    const block = make("section", "chart-block", why ? make("h3", "", say("why.title")) : null, why ? gridwatch.why.sentence(alarm, why) : null, silence);
    let shownMetric = choices[0];
    const draw = function () {
      if (silence) {
        gridwatch.why.drawSilence(silence, alarm, why);
      }
      if (shownMetric) {
        drawChart(chart, alarm, shownMetric, why);
      }
    };
    if (choices.length > 1) {
      addTabs(tabs, choices, shownMetric, function (choice) {
        shownMetric = choice;
        draw();
      });
    }
    if (choices.length) {
      block.append(tabs, chart);
    }
    if (why) {
      block.append.apply(block, [gridwatch.why.parts(why), gridwatch.why.details(why)].filter(Boolean));
    }
    drawAgain = draw;
    return block;
  }

  function addTabs(tabs, choices, first, choose) {
    for (const choice of choices.slice(0, 6)) {
      const tab = gridwatch.button("chart-choice", text.metric(choice.metric), function () {
        for (const other of tabs.children) {
          other.setAttribute("aria-pressed", String(other === tab));
        }
        choose(choice);
      });
      tab.setAttribute("aria-pressed", String(choice === first));
      tabs.append(tab);
    }
  }

  function drawChart(chart, alarm, choice, why) {
    chart.classList.toggle("chart-fact", text.isFact(choice.unit, choice.metric));
    if (why && why.point && choice.metric === alarm.metric) {
      gridwatch.why.draw(chart, Object.assign({ priority: alarm.priority }, why));
      return;
    }
    chart.classList.remove("chart-double");
    const raised = Date.parse(alarm.raised_at);
    const around = Math.min(LONGEST, Math.max(SHORTEST, (choice.interval_s || 30) * 1000 * READINGS_AROUND));
    const marks = { moments: [{ at: raised, kind: "raised" }] };
    gridwatch.chartReadings(chart, alarm.device, choice.metric, choice.unit, marks, raised - around, Math.min(text.serverNow(), raised + around) + around / 30);
  }

  function incidentBlock(incident) {
    const block = make("section", "incident-block", make("h3", "", say("detail.incident")));
    if (!incident) {
      block.append(make("p", "muted", say("detail.no_incident")));
      return block;
    }
    const line = make(
      "div",
      "incident-line",
      gridwatch.chip(incident.priority),
      make("strong", "", incident.title),
      make("span", "muted", say("incident.alarms", { n: text.count(incident.alarms) })),
      make("span", "dispatch dispatch-" + incident.dispatch, say(incident.state === "closed" ? "incident.state.closed" : "incident.dispatch." + incident.dispatch))
    );
    const moves = incident.state === "closed" ? [] : MOVES[incident.dispatch] || [];
    const buttons = make("div", "detail-actions");
    for (const action of moves) {
      const button = gridwatch.button("press", say("incident.action." + action), () => gridwatch.commands.move(gridwatch.store.incidents.get(String(incident.id)) || incident, action));
      button.dataset.action = action;
      buttons.append(button);
    }
    block.dataset.dispatch = incident.dispatch;
    block.append(line, buttons);
    return block;
  }
})();
