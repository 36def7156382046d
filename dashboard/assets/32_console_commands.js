/* What the officer can do to an alarm or an incident. Every command carries the version seen; a stale one shows the newer record. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const USUAL_MINUTES = [15, 30, 60, 120, 480];
  const PATIENCE_MS = 30000; // then the officer is told that nobody knows, and may press again
  const busy = new Set(); // "alarm 12": a key held down must not send a command twice

  gridwatch.commands = {
    acknowledge: function (alarm) {
      if (alarm.state !== "unack" && alarm.state !== "rtnun") {
        return;
      }
      run("alarms", alarm, "acknowledge", {}, "acknowledged");
    },
    shelve: askShelve,
    unshelve: function (alarm) {
      run("alarms", alarm, "unshelve", {}, "unshelved");
    },
    comment: askComment,
    move: function (incident, action) {
      run("incidents", incident, action, {}, "moved");
    },
  };

  async function run(what, record, action, more, done) {
    const name = what + " " + record.id;
    if (busy.has(name)) {
      return;
    }
    busy.add(name);
    try {
      const now = await gridwatch.api.post("/" + what + "/" + encodeURIComponent(record.id) + "/" + action, Object.assign({ version: record.version }, more), PATIENCE_MS);
      take(what, now);
      gridwatch.notify(say("notice." + done));
    } catch (failure) {
      take(what, gridwatch.api.explain(failure));
    } finally {
      busy.delete(name);
    }
    gridwatch.detail.reload();
  }

  function take(what, record) {
    if (record && record.id !== undefined) {
      (what === "alarms" ? gridwatch.store.mergeAlarm : gridwatch.store.mergeIncident)(record);
    }
  }

  function subject(alarm) {
    return gridwatch.text.condition(alarm) + " · " + gridwatch.text.deviceName(alarm);
  }

  /* How long depends on who shelves, and how bad the alarm is; the server has the last word. */
  function askShelve(alarm) {
    const most = (gridwatch.page.viewer.shelving || {})[alarm.priority] || 0;
    if (!most) {
      gridwatch.notify(say("notice.may_not_shelve", { priority: say("priority." + alarm.priority) }), true);
      return;
    }
    const minutes = gridwatch.input(say("dialog.minutes_unit"));
    minutes.type = "number";
    minutes.min = 1;
    minutes.max = most;
    minutes.value = String(Math.min(60, most));
    minutes.name = "minutes";
    const reason = gridwatch.input("");
    reason.name = "reason";
    reason.maxLength = 500;
    const presets = USUAL_MINUTES.filter((n) => n <= most).map(function (n) {
      return gridwatch.button("quiet-button", String(n), function () {
        minutes.value = String(n);
      });
    });
    const row = gridwatch.make("div", "minutes", minutes, say("dialog.minutes_unit"));
    row.append.apply(row, presets);
    gridwatch.ask({
      title: say("dialog.shelve_title"),
      subject: subject(alarm),
      text: say("dialog.shelve_text"),
      fields: [gridwatch.labelled(say("dialog.minutes"), row), gridwatch.labelled(say("dialog.reason"), reason)],
      confirm: say("console.shelve"),
      check: function () {
        const n = Number(minutes.value);
        if (!Number.isInteger(n) || n < 1 || n > most) {
          return say("dialog.minutes_needed", { most: most });
        }
        return reason.value.trim() ? "" : say("dialog.reason_needed");
      },
      done: function () {
        const until = new Date(gridwatch.text.serverNow() + Number(minutes.value) * 60000).toISOString();
        run("alarms", alarm, "shelve", { until: until, reason: reason.value.trim() }, "shelved");
      },
    });
  }

  function askComment(alarm) {
    const words = document.createElement("textarea");
    words.className = "field";
    words.name = "comment";
    words.maxLength = 2000;
    gridwatch.ask({
      title: say("dialog.comment_title"),
      subject: subject(alarm),
      fields: [gridwatch.labelled(say("dialog.comment_text"), words)],
      check: function () {
        return words.value.trim() ? "" : say("dialog.comment_needed");
      },
      done: function () {
        /* Whatever became of the alarm meanwhile: what was typed is not thrown away. */
        run("alarms", alarm, "comment", { version: null, comment: words.value.trim() }, "commented");
      },
    });
  }
})();
