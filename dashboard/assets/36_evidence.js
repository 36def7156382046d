/* What hangs on a gateway or link that is out: its alarm stands for all of them, so they are named with it. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const make = gridwatch.make;

  gridwatch.evidenceBlock = function (alarm) {
    const evidence = alarm.evidence;
    if (!evidence || !evidence.devices.length) {
      return "";
    }
    const list = make("ul", "history evidence");
    for (const device of evidence.devices) {
      list.append(make("li", "", make("span", "", device)));
    }
    const more = evidence.count - evidence.devices.length;
    return make("section", "", make("h3", "", say("evidence.behind", { n: evidence.count })), list, more > 0 ? make("p", "muted", say("wall.more", { n: more })) : "");
  };
})();
