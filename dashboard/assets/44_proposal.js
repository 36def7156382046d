/* One proposal: what it changes line by line, what a trial says it would do, and what the viewer may do with it. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const DAY_MS = 86400000;
  const TRIAL_DAYS = 7;
  const MAY_ADMIT = new Set(["commander", "admin"]);

  gridwatch.proposal = { show: show };

  let asked = 0;
  async function show(host, id) {
    const mine = (asked += 1);
    try {
      const proposal = await gridwatch.api.get("/rules/proposals/" + id);
      if (mine === asked) {
        draw(host, proposal);
      }
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
  }

  function draw(host, proposal) {
    const before = host.firstElementChild;
    const scroll = before && before.dataset.proposal === proposal.id ? before.scrollTop : 0;
    const state = proposal.trying_since ? "trying" : proposal.state;
    const page = make(
      "div",
      "detail",
      make("header", "detail-head", make("div", "detail-what", make("h2", "", say("rules.column.proposal") + " #" + proposal.id), make("span", "detail-state rules-state-" + state, say("rules.state." + state))), make("div", "detail-device", proposal.note)),
      actions(host, proposal),
      facts(proposal),
      make("section", "rules-comparison", make("h3", "", say("rules.comparison")), trial(proposal)),
      make("section", "rules-diff", make("h3", "", say("rules.diff")), gridwatch.lineDiff(proposal.base_text, proposal.text))
    );
    page.dataset.proposal = proposal.id;
    page.dataset.state = state;
    host.replaceChildren(page);
    page.scrollTop = scroll;
  }

  function facts(proposal) {
    const list = make("dl", "facts-list");
    const add = (label, value) => value && list.append(make("dt", "", label), make("dd", "", value));
    const author = proposal.author === "file" ? say("rules.author_file") : proposal.author;
    add(say("rules.proposed_at"), author + "  " + text.full(proposal.created_at) + "  " + say("rules.base", { n: proposal.base }));
    if (proposal.tried_at) {
      const span = say("rules.span", { from: text.full(proposal.trial_from), to: text.full(proposal.trial_to) });
      add(say("rules.tried_at"), text.full(proposal.tried_at) + "  " + say("rules.against", { n: proposal.trial_against }) + "  " + span);
    }
    if (proposal.decided_at) {
      add(say("rules.decided_at"), say("rules.state." + proposal.state) + "  " + proposal.reviewer + "  " + text.full(proposal.decided_at));
      add(say("rules.reason"), proposal.reason);
    }
    return list;
  }

  function actions(host, proposal) {
    const block = make("div", "rules-actions");
    if (proposal.state !== "draft" && proposal.state !== "tried") {
      return block;
    }
    const viewer = gridwatch.page.viewer;
    const buttons = make("div", "detail-actions");
    const add = function (name, label, isFirst, isAllowed, onPress) {
      const button = gridwatch.button("press" + (isFirst ? " press-first" : ""), label, onPress);
      button.disabled = !isAllowed;
      button.dataset.action = name;
      buttons.append(button);
    };
    const isTried = proposal.state === "tried" && !proposal.trying_since && proposal.hindrance !== "tried-against-another";
    const isOwn = proposal.author === viewer.name;
    const mayDecide = MAY_ADMIT.has(viewer.role) && proposal.hindrance !== "own-proposal" && proposal.hindrance !== "area";
    add("admit", say("rules.admit"), isTried, proposal.hindrance === null, () => admit(host, proposal));
    add("try", say(proposal.state === "tried" ? "rules.try_again" : "rules.try"), !isTried, gridwatch.rules.canPropose() && !proposal.trying_since, () => tryOut(host, proposal));
    add("refuse", say("rules.refuse"), false, mayDecide, () => decide(host, proposal, "refuse", true));
    add("withdraw", say("rules.withdraw"), false, isOwn || (proposal.origin === "file" && viewer.role === "admin"), () => decide(host, proposal, "withdraw", false));
    block.append(buttons);
    if (proposal.hindrance) {
      block.append(make("p", "muted", say("rules.hindrance." + proposal.hindrance)));
    }
    return block;
  }

  /* The table a second officer has to see. */
  function trial(proposal) {
    if (proposal.trying_since) {
      return make("p", "rules-trying", say("rules.trying", { time: text.when(proposal.trying_since) }));
    }
    if (proposal.trial_fault) {
      return make("p", "rules-fault", say("rules.try_failed", { reason: proposal.trial_fault }));
    }
    return proposal.comparison ? gridwatch.comparisonTable(proposal) : make("p", "muted", say("rules.not_tried"));
  }

  async function command(host, proposal, name, body) {
    try {
      const now = await gridwatch.api.post("/rules/proposals/" + proposal.id + "/" + name, Object.assign({ version: proposal.version }, body));
      gridwatch.notify(say("rules.saved_" + name));
      asked += 1;
      draw(host, now);
      gridwatch.rules.reload();
    } catch (failure) {
      const problem = failure.problem || {};
      const kind = (problem.type || "").split(":").pop();
      if (failure.status === 409 && text.has("rules.hindrance." + kind)) {
        gridwatch.notify(say("rules.hindrance." + kind), true);
      } else {
        gridwatch.api.explain(failure);
      }
      show(host, proposal.id);
    }
  }

  function tryOut(host, proposal) {
    const days = gridwatch.input("");
    days.name = "days";
    days.inputMode = "numeric";
    days.value = String(TRIAL_DAYS);
    const isFit = () => /^\d+$/.test(days.value.trim()) && Number(days.value) >= 1 && Number(days.value) <= 366;
    gridwatch.ask({
      title: say("rules.try_title"),
      text: say("rules.try_text"),
      fields: [gridwatch.labelled(say("rules.try_days"), make("span", "minutes", days, say("rules.try_days_unit")))],
      confirm: say("rules.try"),
      check: () => (isFit() ? "" : say("rules.try_days_needed")),
      done: function () {
        const now = text.serverNow();
        command(host, proposal, "try", { from: new Date(now - Number(days.value) * DAY_MS).toISOString(), to: new Date(now).toISOString() });
      },
    });
  }

  function admit(host, proposal) {
    const remark = make("textarea", "field");
    remark.name = "reason";
    const table = proposal.comparison;
    gridwatch.ask({
      title: say("rules.admit_title"),
      subject: "#" + proposal.id + " " + proposal.note,
      text: say("rules.admit_text", { new: text.count(table.new), gone: text.count(table.gone), moved: text.count(table.moved) }),
      fields: [gridwatch.labelled(say("rules.admit_reason"), remark)],
      confirm: say("rules.admit"),
      done: () => command(host, proposal, "admit", { seen: proposal.comparison_sha256, reason: remark.value.trim() }),
    });
  }

  function decide(host, proposal, name, needsReason) {
    const reason = make("textarea", "field");
    reason.name = "reason";
    gridwatch.ask({
      title: say(name === "refuse" ? "rules.refuse_title" : "rules.withdraw_title"),
      subject: "#" + proposal.id + " " + proposal.note,
      text: name === "withdraw" ? say("rules.withdraw_text") : "",
      fields: [gridwatch.labelled(say("rules.refuse_reason"), reason)],
      confirm: say(name === "refuse" ? "rules.refuse" : "rules.withdraw"),
      check: () => (reason.value.trim() || !needsReason ? "" : say("rules.refuse_needed")),
      done: () => command(host, proposal, name, { reason: reason.value.trim() }),
    });
  }
})();
