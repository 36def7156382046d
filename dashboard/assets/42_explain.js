/* Why a device has, or had, no alarm: every rule's verdict at one time, in a table. Judges nothing itself. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const SHAPE = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?$/;
  const UNJUDGED = new Set(["other-kind", "other-metric", "no-limit", "unit", "no-interval", "other-stage"]);

  gridwatch.explain = function (device, host) {
    host.hidden = false;
    const at = gridwatch.input(say("explain.at"));
    at.value = inZone(text.serverNow());
    const answer = make("div", "explain-answer");
    const look = function () {
      const shown = at.value.trim();
      if (SHAPE.test(shown)) {
        ask(device, fromZone(shown), answer);
      } else {
        answer.replaceChildren(make("p", "muted", say("explain.at_shape")));
      }
    };
    at.addEventListener("keydown", (key) => key.key === "Enter" && look());
    host.replaceChildren(make("h3", "", say("explain.title")), make("div", "explain-ask", make("label", "filter-label", say("explain.at"), at), gridwatch.button("press", say("explain.look"), look)), answer);
    ask(device, null, answer);
  };

  /* The centre's wall clock as it stands everywhere on the screens, 2026-06-01 08:00:00. */
  function inZone(ms) {
    return text.full(new Date(ms).toISOString());
  }

  const asUtc = (shown) => Date.parse(shown.replace(" ", "T") + "Z");

  /* The instant at which the centre's clocks show this. */
  function fromZone(shown) {
    const asIfUtc = asUtc(shown);
    const offset = asUtc(inZone(asIfUtc)) - asIfUtc;
    return new Date(asIfUtc - offset).toISOString();
  }

  let asked = 0;
  async function ask(device, at, host) {
    const mine = (asked += 1);
    let told;
    try {
      told = await gridwatch.api.get("/devices/" + encodeURIComponent(device.id) + "/explain", { at: at, lang: gridwatch.page.language.slice(0, 2) });
    } catch (failure) {
      host.replaceChildren(make("p", "muted", (failure.problem && failure.problem.detail) || say("explain.failed")));
      return;
    }
    if (mine === asked) {
      host.replaceChildren.apply(host, answer(told));
    }
  }

  function answer(told) {
    const judged = told.points.filter((point) => !UNJUDGED.has(point.reason));
    const holds = judged.filter((point) => point.holds).length;
    const verdict = holds ? say("explain.verdict_holds", { n: text.count(holds) }) : say("explain.verdict_none");
    const silent = told.silent_for_s === null ? "" : say("explain.silent_for", { span: text.age(told.silent_for_s * 1000) });
    const rest = new Set(told.points.filter((point) => UNJUDGED.has(point.reason)).map((point) => point.rule)).size;
    const parts = [make("p", "explain-verdict", make("strong", "", verdict), make("span", "muted", text.full(told.at)), make("span", "muted", silent))];
    if (judged.length) {
      parts.push(table(judged));
    }
    for (const override of told.overrides) {
      const values = { kind: say("state." + override.kind), time: text.full(override.ends_at), actor: override.actor, reason: override.reason };
      parts.push(make("p", "explain-override", say("explain.override", values)));
    }
    parts.push(make("p", "muted", say("explain.rules", { n: told.rules_version }) + (rest ? " · " + say("explain.unjudged", { n: text.count(rest) }) : "")));
    return parts;
  }

  function table(points) {
    const heads = ["rule", "measured", "limit", "why"].map((name) => make("span", "", say("explain." + name)));
    const list = make("div", "explain-table", make("div", "explain-row explain-head", heads[0], heads[1], heads[2], heads[3]));
    for (const point of points) {
      list.append(row(point));
    }
    return list;
  }

  function row(point) {
    const isFact = text.isFact(point.unit, point.metric);
    const number = (value) => (value === null ? "–" : point.unit === "s" ? text.age(value * 1000) : text.value(value, point.unit, point.metric));
    const reason = say("explain.reason." + point.reason) + (point.is_silenced ? " · " + say("explain.silenced") : "");
    const what = make("span", "explain-what", point.priority ? gridwatch.chip(point.priority) : null, make("span", "", text.condition(point)));
    what.title = point.rule;
    const element = make("div", "explain-row", what, make("span", "explain-number", number(point.measured)), make("span", "explain-number", isFact ? "–" : number(point.limit)), make("span", "", reason));
    element.classList.toggle("explain-holds", point.holds);
    element.dataset.rule = point.rule;
    element.dataset.reason = point.reason;
    return element;
  }
})();
