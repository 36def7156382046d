/* Every step of an alarm's life, the newest first, with who took it and the words written with it. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;

  gridwatch.alarmHistory = function (alarm) {
    const list = make("ol", "history");
    for (const step of (alarm.transitions || []).slice().reverse()) {
      const actor = step.actor === "engine" ? say("cause.engine") : step.actor;
      list.append(
        make(
          "li",
          "",
          make("time", "", text.full(step.at)),
          make("strong", "", say("cause." + step.cause)),
          make("span", "muted", actor),
          alarm.unit !== "1" && typeof step.value === "number" ? make("span", "", text.value(step.value, alarm.unit)) : null,
          step.comment ? make("q", "", text.reason(step)) : null
        )
      );
    }
    return make("section", "history-block", make("h3", "", say("detail.history")), list);
  };
})();
