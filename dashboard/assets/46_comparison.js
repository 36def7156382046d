/* The table of a trial: how many alarms would come, go and move, by grid and day, and which. Counts nothing itself. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const LISTED = 50;
  const PLACES = 30;
  const DAY_MS = 86400000;

  gridwatch.comparisonTable = function (proposal) {
    const table = proposal.comparison;
    if (!table.rows) {
      return make("p", "rules-fault", say("rules.comparison_empty"));
    }
    const block = make("div", "comparison", make("p", "muted", say("rules.comparison_of", { rows: text.count(table.rows), devices: text.count(table.devices), span: text.age(table.days * DAY_MS) })), tiles(table), places(table, proposal.place_names));
    for (const kind of ["new", "gone", "moved"]) {
      if (table[kind]) {
        block.append(alarms(kind, table, proposal.place_names));
      }
    }
    return block;
  };

  function tiles(table) {
    const tile = (kind) => make("div", "comparison-tile comparison-" + kind + (table[kind] ? "" : " is-zero"), make("span", "comparison-count", text.count(table[kind])), make("span", "", say("rules." + kind)));
    return make("div", "comparison-tiles", tile("new"), tile("gone"), tile("moved"), tile("same"));
  }

  const perDay = (n) => n.toLocaleString(gridwatch.page.language, { maximumFractionDigits: n >= 10 ? 0 : 2 });

  function places(table, names) {
    const head = make("div", "comparison-row comparison-head");
    for (const key of ["place", "condition", "before", "after"]) {
      head.append(make("span", "", say("rules." + key)));
    }
    const list = make("div", "comparison-table", make("h3", "", say("rules.by_place")), head, placeRow(say("rules.total"), null, table.total));
    for (const place of table.places.slice(0, PLACES)) {
      list.append(placeRow(nameOf(place.place, names), place, place.count));
    }
    if (table.places.length > PLACES) {
      list.append(make("p", "muted", say("rules.listed", { n: PLACES })));
    }
    return list;
  }

  function nameOf(place, names) {
    return (names && names[place]) || (text.has("kind." + place) ? say("kind." + place) : place);
  }

  function placeRow(name, place, count) {
    const what = make("span", "comparison-what", place ? gridwatch.chip(place.priority) : null, place ? say("condition." + place.condition) : "");
    const change = count.after > count.before ? " comparison-more" : count.after < count.before ? " comparison-fewer" : "";
    return make("div", "comparison-row" + (place ? "" : " comparison-total"), make("span", "", name), what, number("", count.before, count.per_day_before), number(change, count.after, count.per_day_after));
  }

  const number = (change, n, daily) => make("span", "comparison-number" + change, say("rules.count", { n: text.count(n) }), make("span", "muted", say("rules.per_day", { n: perDay(daily) })));

  function alarms(kind, table, names) {
    const given = table[kind + "_alarms"];
    const list = make("div", "comparison-table");
    for (const alarm of given.slice(0, LISTED)) {
      const time = alarm.before && alarm.after ? text.when(alarm.before) + " → " + text.when(alarm.after) : text.when(alarm.before || alarm.after);
      list.append(make("div", "comparison-row comparison-alarm", make("span", "comparison-what", gridwatch.chip(alarm.priority), text.condition(alarm)), make("span", "", alarm.device), make("span", "muted", nameOf(alarm.place, names)), make("span", "", time)));
    }
    if (table[kind] > LISTED) {
      list.append(make("p", "muted", say("rules.listed", { n: LISTED })));
    }
    const block = make("details", "", make("summary", "", say("rules." + kind) + " " + say("rules.count", { n: text.count(table[kind]) })), list);
    block.open = table[kind] <= LISTED / 5;
    block.dataset.kind = kind;
    return block;
  }
})();
