/* The console: keys, the rest of a long list, start-up. Every key has a button beside it that does the same. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const PAGE = 500;
  const PAGES_AT_MOST = 40; // 20,000 alarms: more than anybody will scroll through

  function start() {
    const alarmList = document.getElementById("alarm-list");
    gridwatch.filters.start(gridwatch.list.refresh);
    gridwatch.list.onSelect = gridwatch.detail.show;
    gridwatch.list.start(alarmList);
    gridwatch.detail.start(document.getElementById("detail"));
    gridwatch.sound.start();
    gridwatch.store.on("snapshot", loadRest);
    gridwatch.store.on("draw", function (changed) {
      if (changed.all || changed.counters) {
        gridwatch.showCounters(gridwatch.store.counters);
      }
    });
    document.addEventListener("keydown", onKey);
    gridwatch.link.start();
    /* The link in a message leads to its alarm, also when it is not on the list any more. */
    const asked = new URLSearchParams(location.search).get("alarm");
    if (asked) {
      gridwatch.detail.show(asked);
    }
    alarmList.focus();
  }

  /* The snapshot holds at most 500 alarms; the others come page by page, older than the feed and therefore merged by version. */
  const AGAIN_MS = 3000;
  let loading = 0;
  function loadRest(snapshot) {
    loading += 1;
    const open = Object.values(snapshot.counters.alarms).reduce((a, b) => a + b, 0);
    if (open > snapshot.alarms.length) {
      loadPages(loading, "");
    }
  }

  /* A page asked for before a newer snapshot is dropped: it may hold what has ended since. One that fails is asked for again. */
  async function loadPages(mine, cursor) {
    for (let page = 0; page < PAGES_AT_MOST && cursor !== null && mine === loading; page += 1) {
      let answer;
      try {
        answer = await gridwatch.api.get("/alarms", { state: "active", limit: PAGE, cursor: cursor });
      } catch (failure) {
        if (mine === loading) {
          gridwatch.api.explain(failure);
          setTimeout(() => mine === loading && loadPages(mine, cursor), AGAIN_MS);
        }
        return;
      }
      if (mine !== loading) {
        return;
      }
      for (const item of answer.items) {
        gridwatch.store.mergeAlarm(item, true);
      }
      cursor = answer.next;
    }
  }

  const KEYS = {
    ArrowUp: () => gridwatch.list.move(-1),
    ArrowDown: () => gridwatch.list.move(1),
    PageUp: () => gridwatch.list.move(-10),
    PageDown: () => gridwatch.list.move(10),
    Home: () => gridwatch.list.move(-Infinity),
    End: () => gridwatch.list.move(Infinity),
    a: () => withAlarm(gridwatch.commands.acknowledge),
    " ": () => withAlarm(gridwatch.commands.acknowledge),
    Enter: () => withAlarm(gridwatch.commands.acknowledge),
    s: () => withAlarm(gridwatch.commands.shelve),
    c: () => withAlarm(gridwatch.commands.comment),
    m: () => gridwatch.sound.silence(),
    w: () => gridwatch.weather.open(),
    "?": showKeys,
  };

  function onKey(key) {
    if (key.ctrlKey || key.metaKey || key.altKey || gridwatch.dialogIsOpen() || key.defaultPrevented) {
      return;
    }
    const target = key.target;
    const isTyping = target.matches && target.matches("input, textarea, select");
    if (isTyping && key.key === "Escape") {
      document.getElementById("alarm-list").focus();
    }
    /* Space and Enter on a focused button press that button, nothing else. */
    const isPressing = target.matches && target.matches("button, a, summary") && (key.key === " " || key.key === "Enter");
    const does = KEYS[key.key.length === 1 ? key.key.toLowerCase() : key.key];
    if (does && !isTyping && !isPressing) {
      key.preventDefault();
      /* A key held down repeats: moving may, commands may not. */
      if (!key.repeat || key.key.startsWith("Arrow") || key.key.startsWith("Page")) {
        does();
      }
    }
  }

  /* An alarm can end in the very moment its key is pressed: the key must not hit the one that slipped into its place. */
  function withAlarm(command) {
    const alarm = gridwatch.list.current();
    if (alarm && !gridwatch.list.hasSlipped()) {
      command(alarm);
    }
  }

  function showKeys() {
    const rows = [
      [[say("key.up"), say("key.down")], say("key.move")],
      [["A", say("key.space"), say("key.enter")], say("key.acknowledge")],
      [["S"], say("key.shelve")],
      [["C"], say("key.comment")],
      [["M"], say("key.silence")],
      [["W"], say("weather.title")],
      [["?"], say("key.help")],
      [[say("key.escape")], say("key.close")],
    ].map(function (row) {
      const keys = gridwatch.make("span", "help-keys");
      for (const key of row[0]) {
        keys.append(gridwatch.make("kbd", "", key));
      }
      return gridwatch.make("div", "help-row", keys, gridwatch.make("span", "", row[1]));
    });
    gridwatch.ask({ title: say("dialog.help_title"), fields: rows });
  }

  gridwatch.whenPresent("console", start);
})();
