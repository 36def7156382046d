/* Clock, link state, age of the data, and the banner of a stale picture. Refuses to let an old picture look live. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const STALE_MS = 10000;

  /* Why the picture is stale, or null. A worker without heartbeat counts: then nothing new can arrive. */
  function staleReason() {
    const store = gridwatch.store;
    const feed = gridwatch.feed;
    if (feed.silentMs() > STALE_MS || (feed.state === "closed" && sinceShown() > STALE_MS)) {
      return store.shownAt ? text.say("link.stale_feed", { time: text.when(store.shownAt) }) : text.say("link.stale_never");
    }
    const beat = store.beat;
    if (beat && workerSilentMs(beat) > STALE_MS) {
      return text.say("link.stale_worker", { time: beat.worker_alive_at ? text.when(beat.worker_alive_at) : "–" });
    }
    return null;
  }

  function workerSilentMs(beat) {
    if (!beat.worker_alive_at) {
      return Infinity;
    }
    return Date.parse(beat.at) - Date.parse(beat.worker_alive_at);
  }

  function sinceShown() {
    return lastFrameAt ? performance.now() - lastFrameAt : performance.now();
  }
  let lastFrameAt = 0;
  gridwatch.feed.listen(function () {
    lastFrameAt = performance.now();
  });

  function showLink(reason) {
    const state = reason || gridwatch.feed.state === "closed" ? "lost" : gridwatch.feed.state === "open" ? "live" : "connecting";
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
    const reason = staleReason();
    const now = text.serverNow();
    gridwatch.link.stale = reason !== null;
    document.documentElement.classList.toggle("is-stale", reason !== null);
    gridwatch.setText(document.getElementById("stale-reason"), reason || "");
    gridwatch.setText(document.getElementById("clock-time"), text.clock(now));
    gridwatch.setText(document.getElementById("clock-date"), text.date(now));
    showLink(reason);
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
      gridwatch.setText(element, text.count(value));
      element.classList.toggle("is-zero", !value);
    }
  };
})();
