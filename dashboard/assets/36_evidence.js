/* What an alarm of a place rests on, and what hangs on a gateway or link that is out: rows that open what they name. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;

  gridwatch.evidenceBlock = function (alarm) {
    const evidence = alarm.evidence;
    if (!evidence) {
      return "";
    }
    const list = make("ol", "history evidence");
    for (const one of evidence.alarms) {
      const what = make("span", "", text.condition(one) + "  " + (one.device_name || one.device) + "  " + say("state." + one.state));
      list.append(make("li", "priority-" + one.priority, make("time", "", text.full(one.raised_at)), gridwatch.chip(one.priority), what));
    }
    for (const device of evidence.devices) {
      list.append(make("li", "", make("span", "", device)));
    }
    const shown = evidence.alarms.length + evidence.devices.length;
    const more = evidence.count > shown ? make("p", "muted", say("wall.more", { n: evidence.count - shown })) : "";
    const title = say(evidence.devices.length ? "evidence.behind" : "evidence.title", { n: evidence.count });
    return make("section", "", make("h3", "", title), list, more);
  };
})();
