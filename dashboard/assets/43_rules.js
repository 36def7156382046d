/* The rules screen: rules in force, proposals and earlier versions on the left; one of them in full on the right. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const PAGE = 100;
  const TABS = ["in_force", "proposals", "history"];
  const COLUMNS = { in_force: ["name", "kind", "week", "active"], proposals: ["proposal", "note", "author", "state"], history: ["version", "since", "origin", "actor"] };

  let host = null;
  let tab = "in_force";
  let asked = 0;
  let inForce = null;
  let shown = null; // {kind, id}

  gridwatch.rules = {
    inForce: () => inForce,
    open: open,
    reload: reload,
    show: show,
    language: () => gridwatch.page.language.slice(0, 2),
    canPropose: () => gridwatch.page.viewer.role !== "screen",
  };

  function start() {
    host = document.getElementById("rule-list");
    for (const name of TABS) {
      const button = gridwatch.button("page-tab", say("rules." + name), () => open(name));
      button.id = "tab-" + name;
      button.setAttribute("role", "tab");
      document.getElementById("rule-tabs").append(button);
    }
    document.getElementById("tab-proposals").append(make("span", "tab-count"));
    gridwatch.link.start();
    gridwatch.feed.listen(function (frame) {
      if (frame.type === "snapshot" || (frame.type === "change" && frame.kind === "rules")) {
        refresh();
      }
    });
    const wanted = new URLSearchParams(location.hash.slice(1));
    open(wanted.has("proposal") ? "proposals" : "in_force").then(function () {
      if (wanted.has("rule")) {
        show("rule", wanted.get("rule"));
      } else if (wanted.has("proposal")) {
        show("proposal", wanted.get("proposal"));
      }
    });
  }

  /* What others did: the list, the number that waits, and what is open on the right. */
  function refresh() {
    reload();
    if (shown && shown.kind === "proposal") {
      show(shown.kind, shown.id);
    }
  }

  function open(name) {
    if (name !== tab) {
      host.replaceChildren(); // rows of one tab never stand under the headings of another
    }
    tab = name;
    for (const other of TABS) {
      document.getElementById("tab-" + other).setAttribute("aria-selected", String(other === name));
    }
    const head = document.getElementById("rule-head");
    head.className = "row row-head rules-" + name;
    head.replaceChildren.apply(head, COLUMNS[name].map((column) => make("span", "cell-" + column, say("rules.column." + column))));
    return reload();
  }

  async function reload() {
    const mine = (asked += 1);
    const wanted = tab;
    try {
      const [rules, waiting, rows] = await Promise.all([
        gridwatch.api.get("/rules", { lang: gridwatch.rules.language() }).catch(nothingYet),
        gridwatch.api.get("/rules/proposals", { state: "draft,tried", limit: PAGE }),
        wanted === "in_force" ? null : gridwatch.api.get(wanted === "history" ? "/rules/history" : "/rules/proposals", { limit: PAGE }),
      ]);
      if (mine === asked) {
        inForce = rules;
        gridwatch.setText(document.querySelector(".tab-count"), waiting.items.length ? text.count(waiting.items.length) : "");
        draw(wanted, rows);
      }
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
  }

  function nothingYet(failure) {
    if (failure.status === 404) {
      return null;
    }
    throw failure;
  }

  function draw(name, rows) {
    drawTools();
    const lines = name === "in_force" ? ((inForce && inForce.rules) || []).map(ruleRow) : rows.items.map(name === "history" ? versionRow : proposalRow);
    const empty = name === "proposals" ? say("rules.none_proposals") : say("rules.none");
    host.replaceChildren.apply(host, lines.length ? lines : [make("div", "empty", empty)]);
    mark();
  }

  function drawTools() {
    const tools = document.getElementById("rule-tools");
    const words = inForce ? [make("strong", "", say("rules.version", { n: inForce.version })), make("span", "muted", say("rules.since", { time: text.full(inForce.since) })), make("span", "muted", originOf(inForce))] : [make("span", "muted", say("rules.none"))];
    const propose = gridwatch.button("press press-first rules-propose", say("rules.propose"), () => gridwatch.proposing.start());
    propose.disabled = !inForce || !gridwatch.rules.canPropose();
    const line = make("div", "rules-version");
    line.append.apply(line, words);
    tools.replaceChildren(line, propose);
  }

  function originOf(version) {
    return version.origin === "file" ? say("rules.origin_file") + " " + version.source : say("rules.origin_proposal", { id: version.proposal, actor: version.actor });
  }

  function row(name, kind, id, cells) {
    const element = make("div", "row device-row rules-" + name);
    element.append.apply(element, cells);
    element.tabIndex = 0;
    element.dataset.kind = kind;
    element.dataset.id = id;
    element.addEventListener("click", () => show(kind, id));
    element.addEventListener("keydown", function (key) {
      const to = key.key === "ArrowDown" ? element.nextElementSibling : key.key === "ArrowUp" ? element.previousElementSibling : null;
      if (key.key === "Enter" || key.key === " ") {
        key.preventDefault();
        show(kind, id);
      } else if (to) {
        key.preventDefault();
        to.focus();
      }
    });
    return element;
  }

  function ruleRow(rule) {
    const count = (n) => make("span", "cell-count" + (n ? "" : " is-zero"), text.count(n));
    return row("in_force", "rule", rule.name, [make("span", "cell-name", rule.title, make("small", "muted rule-name", rule.name)), make("span", "cell-kind", say("rules.kind." + rule.kind)), count(rule.alarms), count(rule.active)]);
  }

  function proposalRow(proposal) {
    const author = proposal.author === "file" ? say("rules.author_file") : proposal.author;
    return row("proposals", "proposal", proposal.id, [
      make("span", "cell-id", "#" + proposal.id + " " + text.when(proposal.created_at)),
      make("span", "cell-name", proposal.note),
      make("span", "cell-kind", author),
      make("span", "cell-state rules-state-" + stateOf(proposal), say("rules.state." + stateOf(proposal))),
    ]);
  }

  function stateOf(proposal) {
    return proposal.trying_since ? "trying" : proposal.state;
  }

  function versionRow(version) {
    return row("history", "version", String(version.version), [
      make("span", "cell-name", say("rules.version", { n: version.version })),
      make("span", "cell-kind", text.full(version.since)),
      make("span", "cell-kind", version.origin === "file" ? say("rules.origin_file") : "#" + version.proposal),
      make("span", "cell-kind", version.origin === "file" ? "–" : version.actor),
    ]);
  }

  function mark() {
    for (const element of host.querySelectorAll(".device-row")) {
      element.classList.toggle("is-selected", shown !== null && element.dataset.kind === shown.kind && element.dataset.id === String(shown.id));
    }
  }

  async function show(kind, id) {
    shown = { kind: kind, id: id };
    mark();
    const detail = document.getElementById("detail");
    if (kind === "proposal") {
      return gridwatch.proposal.show(detail, id);
    }
    if (kind === "version") {
      return showVersion(detail, id);
    }
    const rule = inForce && inForce.rules.find((each) => each.name === id);
    if (rule) {
      detail.replaceChildren(ruleDetail(rule));
    }
  }

  function ruleDetail(rule) {
    const page = make(
      "div",
      "detail",
      make("header", "detail-head", make("div", "detail-what", make("h2", "", rule.title), make("span", "detail-state", say("rules.kind." + rule.kind))), make("div", "detail-device", counts(rule))),
      make("section", "guidance", make("h3", "", say("rules.means")), make("p", "", rule.means), make("h3", "", say("rules.do")), make("p", "", rule.do)),
      make("section", "", make("h3", "", say("rules.words")), gridwatch.ruleWords(rule.words)),
      make("section", "", make("h3", "", say("rules.text") + " · " + say("rules.line", { n: rule.line })), make("pre", "payload rules-text", blockOf(rule)))
    );
    page.dataset.rule = rule.name;
    return page;
  }

  function counts(rule) {
    return say("rules.alarms_week") + " " + say("rules.count", { n: text.count(rule.alarms) }) + " · " + say("rules.active") + " " + say("rules.count", { n: text.count(rule.active) });
  }

  /* The rule as it stands in the file: up to the next one. */
  function blockOf(rule) {
    const lines = inForce.text.split("\n");
    const later = inForce.rules.map((each) => each.line).filter((line) => line > rule.line);
    const end = later.length ? Math.min.apply(null, later) - 1 : lines.length;
    return lines.slice(rule.line - 1, end).join("\n").replace(/(\n\s*(#.*)?)+$/, "");
  }

  async function showVersion(detail, id) {
    try {
      const found = await gridwatch.api.get("/rules/versions/" + id);
      detail.replaceChildren(make("div", "detail", make("header", "detail-head", make("div", "detail-what", make("h2", "", say("rules.version", { n: found.version })), make("span", "detail-state", found.source))), make("pre", "payload rules-text", found.text)));
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
  }

  gridwatch.whenPresent("rules", start);
})();
