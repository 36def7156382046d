/* How the alarm system itself performs: figures with their recommended bounds. What is beyond a bound is said in words, not by colour alone. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const HOUR = 3600000;
  const RANGES = [8, 24, 168, 720];
  const COLUMNS_AT_MOST = 168;
  /* A month is read in seconds, a shift at once: each is asked for as often as it can have changed. */
  const AGAIN_MS = { 8: 30000, 24: 60000, 168: 300000, 720: 600000 };

  let hours = RANGES[0];
  let shown = null;
  let asked = 0;
  let timer = null;

  function start() {
    const bar = document.getElementById("performance-ranges");
    for (const range of RANGES) {
      const button = gridwatch.button("page-tab", say("performance.range." + range), function () {
        hours = range;
        document.getElementById("performance").setAttribute("aria-busy", "true"); // figures of another range
        load();
      });
      button.dataset.hours = range;
      bar.append(button);
    }
    bar.append(make("span", "performance-seats", ""));
    window.addEventListener("resize", () => shown && draw(shown));
    gridwatch.link.start();
    load();
  }

  async function load() {
    const mine = (asked += 1);
    clearTimeout(timer);
    for (const button of document.querySelectorAll("#performance-ranges .page-tab")) {
      button.setAttribute("aria-selected", String(Number(button.dataset.hours) === hours));
    }
    const to = text.serverNow();
    try {
      const answer = await gridwatch.api.get("/performance", { from: new Date(to - hours * HOUR).toISOString(), to: new Date(to).toISOString() });
      if (mine !== asked) {
        return;
      }
      shown = answer;
      draw(answer);
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
    if (mine === asked) {
      timer = setTimeout(load, AGAIN_MS[hours]);
    }
  }

  function draw(figures) {
    gridwatch.setText(
      document.querySelector(".performance-seats"),
      say("performance.seats", { n: text.count(figures.seats), alarms: text.count(figures.alarms), from: text.full(figures.from).slice(0, -3), to: text.full(figures.to).slice(0, -3) })
    );
    const figuresShown = document.getElementById("performance");
    figuresShown.dataset.hours = hours;
    figuresShown.removeAttribute("aria-busy");
    drawCards(figures);
    drawRate(figures);
    drawPriorities(figures);
    drawTags(figures);
    drawAnswers(figures);
  }

  const decimal = (value, digits) => value.toLocaleString(gridwatch.page.language, { maximumFractionDigits: digits === undefined ? 1 : digits });
  const percent = (share) => decimal(share * 100, share < 0.1 ? 1 : 0) + "%";
  const source = (figures, bound) => figures.bounds[bound].source;

  /* A card says the figure, its bound with the source, and in words whether it is kept. */
  function card(name, value, bound, isKept, from) {
    const verdict = isKept === null ? "" : say(isKept ? "performance.kept" : "performance.broken");
    const element = make(
      "div",
      "performance-card" + (isKept === null ? "" : isKept ? " is-kept" : " is-broken"),
      make("div", "card-name", say("performance.card." + name)),
      make("div", "card-value", value),
      make("div", "card-bound", make("span", "", bound), make("span", "", from || ""), verdict ? make("strong", "card-verdict", verdict) : null)
    );
    element.dataset.card = name;
    return element;
  }

  function drawCards(figures) {
    const b = figures.bounds;
    const within = (name, isKept, bound, value) => card(name, value, say(BELOW.includes(name) ? "performance.below" : "performance.at_most", { bound: bound }), isKept, source(figures, BOUND_OF[name]));
    const again = Object.values(figures.again).reduce((sum, n) => sum + n, 0);
    const overrides = figures.overrides;
    document.getElementById("performance-cards").replaceChildren(
      within("average", figures.average <= b.rate_acceptable.value, decimal(b.rate_acceptable.value), decimal(figures.average, 2)),
      within("peak", figures.peak <= b.rate_flood.value, decimal(b.rate_flood.value), decimal(figures.peak)),
      within("flood", figures.flood_share <= b.flood_share.value, percent(b.flood_share.value), percent(figures.flood_share)),
      within("standing", figures.standing < b.standing.value, decimal(b.standing.value), text.count(figures.standing)),
      within("stale", figures.stale < b.stale.value, decimal(b.stale.value), text.count(figures.stale)),
      within("chattering", figures.chattering <= b.chattering.value, decimal(b.chattering.value), text.count(figures.chattering)),
      within("shelved", overrides.shelved < b.shelved.value, decimal(b.shelved.value), text.count(overrides.shelved)),
      card("suppressed", text.count(overrides.suppressed), say("performance.no_bound"), null),
      card("out_of_service", text.count(overrides.out_of_service), say("performance.no_bound"), null),
      card("again", text.count(again), say("performance.no_bound"), null)
    );
  }

  const BELOW = ["standing", "stale", "shelved"]; // the standards say fewer than, of these
  const BOUND_OF = { average: "rate_acceptable", peak: "rate_flood", flood: "flood_share", standing: "standing", stale: "stale", chattering: "chattering", shelved: "shelved" };

  function drawRate(figures) {
    const each = Math.ceil(figures.periods.length / COLUMNS_AT_MOST);
    const values = [];
    const peaks = [];
    for (let i = 0; i < figures.periods.length; i += each) {
      const group = figures.periods.slice(i, i + each).map((n) => n / figures.seats);
      values.push(group.reduce((sum, n) => sum + n, 0) / group.length);
      peaks.push(Math.max.apply(null, group));
    }
    const b = figures.bounds;
    const line = (name, className) => ({ value: b[name].value, className: className, words: say("performance.bound." + name, { value: decimal(b[name].value) }) });
    gridwatch.columns(document.getElementById("performance-rate"), {
      label: say("performance.rate.title"),
      from: Date.parse(figures.from),
      to: Date.parse(figures.from) + values.length * each * figures.period_s * 1000,
      values: values,
      peaks: peaks,
      bounds: [line("rate_acceptable", "bound-good"), line("rate_manageable", "bound-fair"), line("rate_flood", "bound-bad")],
      shades: figures.floods.map((flood) => ({ from: Date.parse(flood.start), to: Date.parse(flood.end) })),
    });
    const floods = figures.floods.length;
    const last = floods ? figures.floods[floods - 1] : null;
    note("rate", last ? say("performance.rate.floods", { n: text.count(floods), start: text.brief(last.start), end: text.brief(last.end), peak: text.count(last.peak) }) : say("performance.rate.no_flood"), each > 1 ? say("performance.rate.grouped", { age: text.age(each * figures.period_s * 1000) }) : "", say("performance.rate.scale"));
  }

  function note(name) {
    const parts = Array.prototype.slice.call(arguments, 1).filter((part) => part);
    gridwatch.setText(document.getElementById("performance-" + name + "-note"), parts.join(say("performance.between")));
  }

  function drawPriorities(figures) {
    const rows = ["1", "2", "3", "4"].map(function (priority) {
      const share = figures.alarms ? figures.priorities[priority] / figures.alarms : 0;
      const mark = figures.bounds["priority_" + priority].value;
      return {
        name: say("priority." + priority),
        value: share,
        className: "priority-" + priority,
        mark: mark,
        markWords: say("performance.target", { share: percent(mark) }),
        shown: say("performance.priorities.value", { share: percent(share), n: text.count(figures.priorities[priority]), target: percent(mark) }),
      };
    });
    gridwatch.bars(document.getElementById("performance-priorities"), { label: say("performance.priorities.title"), rows: rows, most: 1 });
    note("priorities", say("performance.priorities.note", { source: source(figures, "priority_4") }));
  }

  function drawTags(figures) {
    const host = document.getElementById("performance-tags");
    if (!figures.tags.length) {
      host.replaceChildren(make("div", "empty", say("performance.tags.none")));
      note("tags", "");
      return;
    }
    const most = Math.max(figures.tags[0].alarms / figures.alarms, figures.bounds.top_ten_share.value);
    const rows = figures.tags.map((tag) => ({
      name: text.condition(tag) + (tag.chatters ? say("performance.tags.chatters") : ""),
      second: tag.name || tag.device,
      value: tag.alarms / figures.alarms,
      className: tag.chatters ? "is-chattering" : "",
      shown: say("performance.tags.value", { n: text.count(tag.alarms), share: percent(tag.alarms / figures.alarms) }),
    }));
    gridwatch.bars(host, { label: say("performance.tags.title"), rows: rows, most: most });
    const bound = figures.bounds.top_ten_share;
    const isKept = figures.top_ten_share <= bound.value;
    note("tags", say("performance.tags.note", { share: percent(figures.top_ten_share), bound: percent(bound.value), source: bound.source, verdict: say(isKept ? "performance.kept" : "performance.broken") }));
  }

  function drawAnswers(figures) {
    const host = document.getElementById("performance-answer");
    if (!figures.acknowledgement.length) {
      host.replaceChildren(make("div", "empty", say("performance.answer.none")));
      note("answer", "");
      return;
    }
    const most = Math.max.apply(null, figures.acknowledgement.map((answer) => answer.p95_s)) || 1;
    const rows = figures.acknowledgement.map((answer) => ({
      name: say("priority." + answer.priority),
      pieces: [
        { value: answer.p95_s, className: "is-p95 priority-" + answer.priority },
        { value: answer.p50_s, className: "priority-" + answer.priority },
      ],
      shown: say("performance.answer.value", { p50: text.age(answer.p50_s * 1000), p95: text.age(answer.p95_s * 1000), n: text.count(answer.alarms) }),
    }));
    gridwatch.bars(host, { label: say("performance.answer.title"), rows: rows, most: most });
    note("answer", say("performance.answer.note"));
  }

  gridwatch.whenPresent("performance", start);
})();
