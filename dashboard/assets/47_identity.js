/* Clocks and identity on the devices screen: how wrong a device's clock is, and who speaks as somebody else. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const RIGHT_S = 5; // a clock nearer than that is as good as ours: the network takes as long
  const WRONG_S = 60;
  const SHOWN = 20;

  document.addEventListener("gridwatch:device", function (event) {
    const host = document.getElementById("device-health");
    if (host && host.dataset.device === event.detail.id) {
      host.replaceChildren(clockBlock(event.detail.clock));
      sayAbove(event.detail.clock);
    }
  });
  document.addEventListener("gridwatch:waiting", fillLists);

  /* A clock that is wrong is said among the facts: every time on this page hangs on it. */
  function sayAbove(clock) {
    const facts = document.querySelector("#detail .facts-list");
    if (facts && clock && typeof clock.skew_s === "number" && Math.abs(clock.skew_s) >= RIGHT_S) {
      facts.append(make("dt", "", say("identity.clock")), make("dd", Math.abs(clock.skew_s) >= WRONG_S ? "clock-wrong" : "", skew(clock.skew_s)));
    }
  }

  function clockBlock(clock) {
    const block = make("section", "clock-block", make("h3", "", say("identity.clock")));
    if (!clock) {
      block.append(make("p", "muted", say("identity.clock_unknown")));
      return block;
    }
    const list = make("dl", "facts-list");
    const add = (label, value, name) => list.append(make("dt", "", label), make("dd", name || "", value));
    if (typeof clock.skew_s === "number") {
      add(say("identity.skew"), skew(clock.skew_s), Math.abs(clock.skew_s) >= WRONG_S ? "clock-wrong" : "");
    }
    if (clock.uncertain) {
      add(say("identity.uncertain"), say("identity.times", { n: text.count(clock.uncertain) }));
    }
    if (clock.duplicates) {
      add(say("identity.duplicates"), say("identity.times", { n: text.count(clock.duplicates) }));
    }
    block.append(list);
    return block;
  }

  /* "Fast by 3 min 12 s": receive time less device time is negative where the device is ahead. */
  function skew(seconds) {
    if (Math.abs(seconds) < RIGHT_S) {
      return say("identity.right");
    }
    return say(seconds < 0 ? "identity.fast" : "identity.slow", { span: span(Math.abs(seconds)) });
  }

  function span(seconds) {
    const whole = Math.round(seconds);
    const parts = [
      [Math.floor(whole / 86400), "day"],
      [Math.floor((whole % 86400) / 3600), "hour"],
      [Math.floor((whole % 3600) / 60), "minute"],
      [whole % 60, "second"],
    ].filter((part) => part[0]);
    return parts.slice(0, 2).map((part) => say("identity.unit." + part[1], { n: part[0] })).join(" ");
  }

  async function fillLists() {
    const host = document.getElementById("waiting-health");
    if (!host) {
      return;
    }
    let foreign;
    let clocks;
    try {
      [foreign, clocks] = await Promise.all([gridwatch.api.get("/identity/foreign", { limit: SHOWN }), gridwatch.api.get("/identity/clocks", { limit: SHOWN })]);
    } catch (failure) {
      return; // an account that may not see raw messages has no such lists
    }
    const wrong = clocks.items.filter((one) => Math.abs(one.skew_s) >= WRONG_S); // less is the way of a reading, too
    host.replaceChildren(foreignBlock(foreign.items), clocksBlock(wrong));
  }

  function foreignBlock(items) {
    const block = fold("foreign", say("identity.foreign"), items.length);
    for (const one of items) {
      const row = make("div", "identity-row");
      row.append(
        make("span", "identity-who", one.speaker),
        make("span", "identity-as", say("identity.speaks_as", { victim: one.victim })),
        make("span", "muted", say("identity.how." + one.how)),
        make("span", "", say("identity.times", { n: text.count(one.messages) })),
        make("time", "muted", text.when(one.last_at))
      );
      block.append(row);
    }
    return block;
  }

  function clocksBlock(items) {
    const block = fold("clocks", say("identity.worst_clocks"), items.length);
    for (const one of items) {
      const row = make("div", "identity-row");
      row.append(make("span", "identity-who", one.name || one.device), make("span", "identity-as", one.device), make("span", Math.abs(one.skew_s) >= WRONG_S ? "clock-wrong" : "", skew(one.skew_s)));
      block.append(row);
    }
    return block;
  }

  function fold(name, title, count) {
    const block = make("details", "identity-block", make("summary", "", title, make("span", "tab-count", count ? text.count(count) : "")));
    block.id = "identity-" + name;
    block.open = count > 0;
    if (!count) {
      block.append(make("p", "muted", say("identity.none_" + name)));
    }
    return block;
  }
})();
