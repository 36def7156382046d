/* Whom we told: receivers with their state, messages, and one message in full. Asks again every few seconds: the feed does not carry messages. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const PAGE = 60;
  const AGAIN_MS = 5000;
  const SOON_MS = 15000;
  const SILENT_MS = 30000; // as /readyz
  const STATES = ["waiting", "sent", "dead", "cancelled", "merged"];
  const MAY_RETRY = ["dispatcher", "commander", "admin"];

  const wanted = { receiver: "", state: "", alarm: "" };
  let host = null;
  let shown = null; // id
  let asked = 0;
  let pages = 1;
  let names = "";

  gridwatch.whomWeTold = { block: block, guidance: guidance };

  function start() {
    host = document.getElementById("notification-list");
    wanted.alarm = new URLSearchParams(location.search).get("alarm") || "";
    addFilters([]);
    gridwatch.link.start();
    setInterval(() => document.hidden || load(), AGAIN_MS);
    load();
  }

  function addFilters(receivers) {
    const choices = (list, prefix) => [["", say("notifications.all")]].concat(list.map((name) => [name, prefix ? say(prefix + name) : name]));
    const filter = function (name, options) {
      const element = gridwatch.select(say("notifications.filter_" + name), options, set(name));
      element.value = wanted[name];
      return make("label", "filter-label", say("notifications.filter_" + name), element);
    };
    const bar = document.getElementById("notification-filters");
    bar.replaceChildren(filter("receiver", choices(receivers)), filter("state", choices(STATES, "notifications.state.")));
    if (wanted.alarm) {
      const clear = gridwatch.button("press", say("notifications.only_alarm", { id: wanted.alarm }), function () {
        set("alarm")("");
        clear.remove();
      });
      bar.append(clear);
    }
    bar.append(make("span", "list-shown"));
  }

  function set(name) {
    return function (value) {
      wanted[name] = value;
      pages = 1;
      host.scrollTop = 0;
      load();
    };
  }

  async function load() {
    const mine = (asked += 1);
    try {
      const [receivers, messages] = await Promise.all([gridwatch.api.get("/receivers"), listed()]);
      if (mine === asked) {
        drawReceivers(receivers);
        drawList(messages);
      }
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
  }

  async function listed() {
    const items = [];
    let next = null;
    for (let page = 0; page < pages && (page === 0 || next); page += 1) {
      const answer = await gridwatch.api.get("/notifications", Object.assign({ limit: PAGE, cursor: next, planned: wanted.state === "waiting" }, wanted));
      items.push.apply(items, answer.items);
      next = answer.next;
    }
    return { items: items, next: next };
  }

  function drawReceivers(answer) {
    const strip = document.getElementById("receivers");
    const cards = answer.items.filter((receiver) => receiver.state !== "retired").map(card);
    const warn = (words, isGrave) => cards.unshift(make("p", "receivers-note" + (isGrave ? " receivers-fault" : ""), words));
    if (answer.exercise && answer.items.length) {
      warn(say("notifications.exercise"), false);
    }
    if (answer.fault) {
      warn(say("notifications.fault", { reason: answer.fault }), true);
    }
    if (answer.alive_at && text.serverNow() - Date.parse(answer.alive_at) > SILENT_MS) {
      warn(say("notifications.silent", { time: text.when(answer.alive_at) }), true);
    }
    if (!answer.items.length) {
      cards.push(make("div", "empty", say("notifications.nobody")));
    }
    strip.replaceChildren.apply(strip, cards);
    const now = answer.items.map((receiver) => receiver.name);
    if (now.join() !== names) {
      names = now.join();
      addFilters(now);
    }
  }

  function card(receiver) {
    const element = make(
      "article",
      "receiver receiver-" + receiver.state,
      make("header", "receiver-head", make("strong", "", receiver.name), make("span", "receiver-state", say("notifications.receiver." + receiver.state))),
      make("div", "receiver-target", receiver.target),
      make("div", "", receiver.last_success_at ? say("notifications.last_success", { time: text.when(receiver.last_success_at) }) : say("notifications.no_success"))
    );
    if (receiver.waiting) {
      element.append(make("div", "receiver-waiting", say("notifications.waiting", { n: text.count(receiver.waiting), time: text.when(receiver.waiting_since) })));
    }
    if (receiver.failing_since) {
      element.append(make("div", "receiver-error", say("notifications.failing", { n: text.count(receiver.failures), time: text.when(receiver.failing_since), reason: reason(receiver.last_error) })));
    }
    if (receiver.dead) {
      element.append(make("div", "receiver-error", say("notifications.dead", { n: text.count(receiver.dead) })));
    }
    element.dataset.receiver = receiver.name;
    return element;
  }

  function drawList(messages) {
    const scroll = host.scrollTop;
    const rows = messages.items.map(row);
    if (messages.next) {
      rows.push(
        gridwatch.button("press more", say("notifications.more"), function () {
          pages += 1;
          load();
        })
      );
    } else if (!rows.length) {
      rows.push(make("div", "empty", say("notifications.empty")));
    }
    host.replaceChildren.apply(host, rows);
    host.scrollTop = scroll;
    gridwatch.setText(document.querySelector(".list-shown"), say("notifications.shown", { n: text.count(messages.items.length) }));
    const known = messages.items.find((message) => message.id === shown);
    if (known) {
      drawDetail(known);
    }
  }

  /* A message nobody has tried to send yet has no words: then it says how much it gathers. */
  function title(message) {
    return message.title || say("notifications.gathering", { n: text.count(message.items) });
  }

  function row(message) {
    const element = make(
      "div",
      "row notification-row",
      make("span", "cell-time", text.when(message.closed_at || message.created_at)),
      make("span", "cell-receiver", message.receiver),
      make("span", "cell-title", title(message)),
      make("span", "cell-state " + stateClass(message), stateWord(message))
    );
    element.tabIndex = 0;
    element.dataset.notification = message.id;
    element.classList.toggle("is-selected", message.id === shown);
    const choose = function () {
      for (const other of host.querySelectorAll(".is-selected")) {
        other.classList.remove("is-selected");
      }
      element.classList.add("is-selected");
      shown = message.id;
      drawDetail(message);
    };
    element.addEventListener("click", choose);
    element.addEventListener("keydown", function (key) {
      const other = key.key === "ArrowDown" ? element.nextElementSibling : key.key === "ArrowUp" ? element.previousElementSibling : null;
      if (key.key === "Enter" || key.key === " ") {
        key.preventDefault();
        choose();
      } else if (other) {
        key.preventDefault();
        other.focus();
      }
    });
    return element;
  }

  function drawDetail(message) {
    const facts = make("dl", "facts-list");
    const add = (name, value) => value && facts.append(make("dt", "", say("notifications." + name)), make("dd", "", value));
    add("column.receiver", message.receiver);
    add("route", message.route);
    add("kind", say("notifications.kinds." + message.kind));
    add("created", text.full(message.created_at));
    add("due", message.state === "waiting" ? text.full(message.due_at) : "");
    add("closed", message.closed_at ? text.full(message.closed_at) : "");
    add("attempts", say("notifications.times", { n: text.count(message.attempts) }));
    add("reason", reason(message.error));
    const links = message.alarms.map(function (alarm) {
      const link = make("a", "alarm-link", say("notifications.alarm", { id: alarm }));
      link.href = "/console?alarm=" + alarm;
      return link;
    });
    const page = make(
      "div",
      "detail",
      make("header", "detail-head", make("div", "detail-what", make("h2", "", title(message)), make("span", "detail-state " + stateClass(message), stateWord(message)))),
      retry(message),
      message.text ? make("pre", "message-text", message.text) : null,
      facts,
      links.length ? make("section", "", make("h3", "", say("notifications.alarms")), make.apply(null, ["div", "alarm-links"].concat(links))) : null
    );
    page.dataset.notification = message.id;
    document.getElementById("detail").replaceChildren(page);
  }

  /* What everybody meets has a word of ours; what a service says is shown as it said it. */
  function reason(word) {
    return text.has("notifications.reasons." + word) ? say("notifications.reasons." + word) : word;
  }

  /* What is not due yet says when it is: a repeat that is planned, a message that quiet hours hold. */
  function isPlanned(message) {
    return message.state === "waiting" && message.attempts === 0 && Date.parse(message.due_at) > text.serverNow() + SOON_MS;
  }

  function stateWord(message) {
    if (!isPlanned(message)) {
      return say("notifications.state." + message.state);
    }
    return say(message.kind === "repeat" ? "notifications.reminder_at" : "notifications.at_time", { time: text.brief(message.due_at) });
  }

  function stateClass(message) {
    return "message-" + (isPlanned(message) ? "planned" : message.state);
  }

  function retry(message) {
    const can = ["waiting", "dead"].includes(message.state) && MAY_RETRY.includes(gridwatch.page.viewer.role);
    if (!can) {
      return null;
    }
    const button = gridwatch.button("press press-first", say("notifications.retry"), async function () {
      button.disabled = true;
      try {
        await gridwatch.api.post("/notifications/" + message.id + "/retry", {});
        gridwatch.notify(say("notifications.retried"));
      } catch (failure) {
        gridwatch.api.explain(failure);
      }
      load();
    });
    return make("div", "detail-actions", button);
  }

  /* The alarm about a receiver is the notifier's own: no rule file holds its guidance. */
  function guidance(alarm) {
    return alarm.condition === "not-told" ? { means: say("notifications.not_told_means"), do: say("notifications.not_told_do") } : null;
  }

  /* For the detail of an alarm: who was told of it, and when. Nothing where nobody was to be told. */
  function block(alarm) {
    const line = make("section", "told-block");
    gridwatch.api
      .get("/notifications", { alarm: alarm.id, limit: 20 })
      .then(function (answer) {
        const told = answer.items.filter((message) => message.state !== "merged" && message.state !== "cancelled");
        if (!told.length) {
          return;
        }
        const list = make("div", "told-list");
        for (const message of told.reverse()) {
          const state = message.state === "sent" ? text.when(message.closed_at) : stateWord(message);
          list.append(make("span", "told " + stateClass(message), message.receiver + " " + state));
        }
        const link = make("a", "told-link", say("notifications.see"));
        link.href = "/notifications?alarm=" + alarm.id;
        line.append(make("h3", "", say("notifications.told")), list, link);
      })
      .catch(function () {});
    return line;
  }

  gridwatch.whenPresent("notifications", start);
})();
