/* Take devices out, now or later: one device, those of a grid, or those behind a gateway. Times are the centre's, whatever the browser's zone. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const HOUR = 3600000;
  const USUAL_HOURS = [1, 4, 8, 24, 168];
  const CONDITIONS = ["level-high", "level-low", "smoke", "fault", "tamper", "battery-low", "mains-lost", "offline", "no-data"];
  const ROLES = ["commander", "admin"];

  gridwatch.overrideDialog = {
    open: () => open("", ""),
    openFor: (device) => open("device", device),
    isAllowed: () => ROLES.includes(gridwatch.page.viewer.role),
  };

  function parts(ms) {
    const format = new Intl.DateTimeFormat("en-CA", {
      timeZone: gridwatch.page.zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    });
    return Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value]));
  }

  /* The centre's wall-clock time as it is typed: 2026-06-01 08:30. A date field of the browser would speak the browser's language. */
  function toField(ms) {
    const of = parts(ms);
    return of.year + "-" + of.month + "-" + of.day + " " + of.hour + ":" + of.minute;
  }

  /* The instant of a wall-clock time of the centre; NaN where it is none. */
  function fromField(value) {
    const utc = (words) => Date.parse(words.replace(" ", "T") + ":00Z");
    const guess = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/.test(value.trim()) ? utc(value.trim()) : NaN;
    return isNaN(guess) ? NaN : guess - (utc(toField(guess)) - guess);
  }

  function moment(name) {
    const field = gridwatch.input(say("overrides.time_form"));
    field.setAttribute("aria-label", say("overrides.field_" + name));
    return field;
  }

  function open(scope, target) {
    const now = text.serverNow();
    const fields = {
      kind: gridwatch.select(say("overrides.column.kind"), ["out_of_service", "suppressed"].map((kind) => [kind, say("overrides.kind." + kind)])),
      scope: gridwatch.select(say("overrides.field_scope"), ["device", "grid", "gateway"].map((word) => [word, say("overrides.field_" + word)])),
      target: gridwatch.input(say("overrides.field_target")),
      condition: gridwatch.select(say("overrides.column.covers"), [["", say("overrides.every_condition")]].concat(CONDITIONS.map((word) => [word, say("condition." + word)]))),
      starts: moment("starts"),
      ends: moment("ends"),
      reason: gridwatch.input(""),
    };
    for (const name in fields) {
      fields[name].name = name;
    }
    fields.scope.value = scope || "device";
    fields.target.value = target;
    fields.reason.maxLength = 500;
    fields.ends.value = toField(now + 4 * HOUR);
    const presets = USUAL_HOURS.map((hours) =>
      gridwatch.button("quiet-button", text.age(hours * HOUR), function () {
        fields.ends.value = toField((fromField(fields.starts.value) || text.serverNow()) + hours * HOUR);
      })
    );
    const lengths = make("div", "minutes");
    lengths.append.apply(lengths, presets);
    gridwatch.ask({
      title: say("overrides.take_out_title"),
      text: say("overrides.take_out_text"),
      fields: [
        make("div", "field-pair", gridwatch.labelled(say("overrides.column.kind"), fields.kind), gridwatch.labelled(say("overrides.column.covers"), fields.condition)),
        make("div", "field-pair", gridwatch.labelled(say("overrides.field_scope"), fields.scope), gridwatch.labelled(say("overrides.field_target"), fields.target)),
        make("div", "field-pair", gridwatch.labelled(say("overrides.field_starts"), fields.starts), gridwatch.labelled(say("overrides.field_ends"), fields.ends)),
        lengths,
        gridwatch.labelled(say("dialog.reason"), fields.reason),
      ],
      confirm: say("overrides.take_out"),
      check: () => fault(fields),
      done: () => send(fields),
    });
  }

  function fault(fields) {
    if (!fields.target.value.trim()) {
      return say("overrides.target_needed");
    }
    const starts = fields.starts.value.trim() ? fromField(fields.starts.value) : text.serverNow();
    if (isNaN(starts) || isNaN(fromField(fields.ends.value))) {
      return say("overrides.time_needed");
    }
    if (!(fromField(fields.ends.value) > Math.max(starts, text.serverNow()))) {
      return say("overrides.end_needed");
    }
    return fields.reason.value.trim() ? "" : say("dialog.reason_needed");
  }

  async function send(fields) {
    const starts = fromField(fields.starts.value);
    const body = { kind: fields.kind.value, ends_at: new Date(fromField(fields.ends.value)).toISOString(), reason: fields.reason.value.trim() };
    body[fields.scope.value] = fields.target.value.trim();
    if (fields.condition.value) {
      body.condition = fields.condition.value;
    }
    if (starts) {
      body.starts_at = new Date(starts).toISOString();
    }
    try {
      const made = await gridwatch.api.post("/overrides", body);
      gridwatch.notify(say(made.state === "planned" ? "notice.override_planned" : "notice.override_made", { n: text.count(made.devices) }));
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
    gridwatch.overrides.reload();
  }
})();
