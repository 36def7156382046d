/* Clock, link state, age of the data, and the banner of a stale picture. Refuses to let an old picture look live. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const STALE_MS = 10000;

  /* Why the picture is stale, {state, words}, or null. A worker without heartbeat counts: then nothing new can arrive. */
  function staleness() {
    const store = gridwatch.store;
    if (sinceLastFrame() > STALE_MS) {
      return { state: "lost", words: store.shownAt ? text.say("link.stale_feed", { time: text.when(store.shownAt) }) : text.say("link.stale_never") };
    }
    const beat = store.beat;
    if (beat && !beat.worker_alive_at) {
      return { state: "worker", words: text.say("link.stale_no_worker") };
    }
    if (beat && Date.parse(beat.at) - Date.parse(beat.worker_alive_at) > STALE_MS) {
      return { state: "worker", words: text.say("link.stale_worker", { time: text.when(beat.worker_alive_at) }) };
    }
    return null;
  }

  /* The picture is live, but nobody looks after what falls due: acknowledgements do not run out, overrides do not end. */
  function leftUndone() {
    const beat = gridwatch.store.beat;
    return beat && beat.overdue_since ? text.say("link.undone", { time: text.when(beat.overdue_since) }) : null;
  }

  let sinceLastFrame = gridwatch.feed.stopwatch(); // since the page's own start until the first frame
  gridwatch.feed.listen(function () {
    sinceLastFrame = gridwatch.feed.stopwatch();
  });

  function linkState(stale) {
    if (stale) {
      return stale.state;
    }
    return gridwatch.feed.state === "closed" ? "lost" : gridwatch.feed.state === "open" ? "live" : "connecting";
  }

  function showLink(stale) {
    const state = linkState(stale);
    const lamp = document.getElementById("link");
    const beat = gridwatch.store.beat;
    lamp.className = "link link-" + state;
    gridwatch.setText(document.getElementById("link-state"), text.say("link." + state));
    const age = document.getElementById("link-age");
    if (beat && beat.newest_reading) {
      const ms = text.serverNow() - Date.parse(beat.newest_reading);
      gridwatch.setText(age, text.say("link.age", { age: text.age(ms) }));
    } else {
      gridwatch.setText(age, text.say("link.age_unknown"));
    }
  }

  function tick() {
    const stale = staleness();
    const now = text.serverNow();
    gridwatch.link.stale = stale !== null;
    document.documentElement.classList.toggle("is-stale", stale !== null);
    const undone = stale ? null : leftUndone();
    document.documentElement.classList.toggle("is-undone", undone !== null);
    gridwatch.setText(document.querySelector("#stale strong"), text.say(undone ? "link.undone_title" : "link.stale_title"));
    gridwatch.setText(document.getElementById("stale-reason"), stale ? stale.words : undone || "");
    gridwatch.setText(document.getElementById("clock-time"), text.clock(now));
    gridwatch.setText(document.getElementById("clock-date"), text.date(now));
    showLink(stale);
  }

  gridwatch.link = {
    stale: false,
    start: function () {
      tick();
      setInterval(tick, 500);
      gridwatch.feed.start();
      startAccount();
    },
  };

  function startAccount() {
    gridwatch.setText(document.getElementById("viewer"), gridwatch.page.viewer.name || "");
    document.getElementById("other-language").addEventListener("click", function () {
      const other = gridwatch.page.language === "en" ? "zh-CN" : "en";
      location.search = "?lang=" + other;
    });
    document.getElementById("logout").addEventListener("click", function () {
      gridwatch.api.logout();
    });
  }

  /* Fills every element that names a counter, such as data-count="alarms.1". */
  gridwatch.showCounters = function (counters) {
    if (!counters) {
      return;
    }
    for (const element of document.querySelectorAll("[data-count]")) {
      const value = element.dataset.count.split(".").reduce(function (part, name) {
        return part === undefined || part === null ? part : part[name];
      }, counters);
      const shown = text.count(value);
      gridwatch.setText(element, shown);
      element.dataset.width = Math.min(shown.length, 7);
      element.classList.toggle("is-zero", !value);
    }
  };
})();
