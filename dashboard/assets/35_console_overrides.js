/* What overrides the alarm or the device that is shown, and what is planned for it: until when, by whom, why, and how to end it. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const make = gridwatch.make;

  /* Empty at once and filled when the answer is there: the detail does not wait for it. `condition` null: all of the device's. */
  gridwatch.overrideBlock = function (alarm) {
    const block = make("section", "override-block");
    block.hidden = true;
    fill(block, alarm);
    return block;
  };

  async function fill(block, alarm) {
    let answer;
    try {
      answer = await gridwatch.api.get("/overrides", { device: alarm.device, limit: 20 });
    } catch (failure) {
      return; // the row says that it is overridden; who and why is not worth an alert of its own
    }
    const about = answer.items.filter((override) => override.condition === null || alarm.condition === null || override.condition === alarm.condition);
    block.hidden = !about.length;
    block.replaceChildren(make("h3", "", say("overrides.title")));
    block.append.apply(block, about.map(line));
  }

  function line(override) {
    const overrides = gridwatch.overrides;
    return make(
      "div",
      "override-line kind-" + override.kind,
      make("span", "override-chip", say("overrides.kind." + override.kind)),
      make("span", "", overrides.covers(override)),
      make("strong", "", overrides.left(override)),
      make("span", "muted", overrides.actor(override.actor) + " · " + overrides.reason(override)),
      gridwatch.button("press press-small", say(override.state === "planned" ? "overrides.cancel" : "overrides.end_now"), () => overrides.askEnd(override))
    );
  }
})();
