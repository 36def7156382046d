/* Devices that were heard but are not registered: what they said in plain words, what they probably are, and what to do. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const SHOWN_BYTES = 4096;
  const PAGE = 50;
  let isHidden = false;
  let asked = 0;
  const chosen = new Map(); // id -> item: announced devices to be taken over together

  gridwatch.waiting = { show: show };

  async function show(host) {
    const mine = (asked += 1);
    chosen.clear();
    let answer;
    try {
      answer = await gridwatch.api.get("/waiting", { limit: PAGE, hidden: isHidden });
    } catch (failure) {
      host.replaceChildren(make("div", "empty", failure.status === 403 ? say("devices.waiting_forbidden") : say("notice.unreachable")));
      return;
    }
    if (mine !== asked || document.getElementById("tab-waiting").getAttribute("aria-selected") !== "true") {
      return;
    }
    const health = make("div", "waiting-health");
    health.id = "waiting-health";
    const bar = make("div", "waiting-bar", make("p", "waiting-text", say(isHidden ? "devices.waiting_hidden_text" : "devices.waiting_text")), takeOverButton(host), toggle(host, answer.hidden));
    host.replaceChildren(health, bar);
    if (!answer.items.length) {
      host.append(make("div", "empty", say(isHidden ? "devices.waiting_none_hidden" : "devices.waiting_empty")));
    }
    append(host, answer);
    document.dispatchEvent(new CustomEvent("gridwatch:waiting", { detail: answer.items }));
  }

  function append(host, answer) {
    host.append.apply(host, answer.items.map((device) => card(device, host)));
    if (answer.next) {
      const more = gridwatch.button("press more", say("devices.more"), async function () {
        try {
          const rest = await gridwatch.api.get("/waiting", { limit: PAGE, hidden: isHidden, cursor: answer.next });
          more.remove();
          append(host, rest);
        } catch (failure) {
          gridwatch.api.explain(failure);
        }
      });
      host.append(more);
    }
  }

  function toggle(host, hidden) {
    if (!hidden && !isHidden) {
      return null;
    }
    return gridwatch.button("press press-small", isHidden ? say("devices.waiting_back") : say("devices.waiting_hidden", { n: text.count(hidden) }), function () {
      isHidden = !isHidden;
      show(host);
    });
  }

  function takeOverButton(host) {
    const button = gridwatch.button("press press-first press-small", "", () => takeOver(host));
    button.id = "take-over";
    button.hidden = true;
    return button;
  }

  function choose(device, isChosen) {
    chosen[isChosen ? "set" : "delete"](device.id, device);
    const button = document.getElementById("take-over");
    button.hidden = !chosen.size;
    button.textContent = say("devices.take_over", { n: chosen.size });
  }

  function takeOver(host) {
    const devices = Array.from(chosen.values());
    const withPlace = devices.filter((device) => device.suggestion && device.suggestion.gateway_place).length;
    gridwatch.ask({
      title: say("devices.take_over_title"),
      subject: devices.slice(0, 5).map((device) => device.id).join(", ") + (devices.length > 5 ? " …" : ""),
      text: say("devices.take_over_text", { n: devices.length, placed: withPlace, without: devices.length - withPlace }),
      confirm: say("devices.register"),
      done: async function () {
        try {
          const done = await gridwatch.api.post("/waiting/register", { devices: devices.map((device) => ({ id: device.id })) });
          gridwatch.notify(say("devices.taken_over", { n: done.registered.length, without: done.without_place.length }));
          show(host);
        } catch (failure) {
          gridwatch.api.explain(failure);
        }
      },
    });
  }

  function card(device, host) {
    const guess = device.suggestion;
    const bytes = payloadBytes(device.payload);
    const element = make("article", "waiting", head(device, host), facts(device), guess ? suggested(device, guess) : null, guess ? said(guess) : null, raw(device, bytes));
    element.dataset.device = device.id;
    return element;
  }

  function head(device, host) {
    const words = device.suggestion && (device.suggestion.name || device.suggestion.model);
    const line = make("header", "waiting-head");
    if (device.announced && !device.hidden) {
      const tick = make("input", "tick");
      tick.type = "checkbox";
      tick.setAttribute("aria-label", say("devices.choose"));
      tick.addEventListener("change", () => choose(device, tick.checked));
      line.append(tick);
    }
    line.append(make("strong", "", device.id), make("span", "", words || ""), make("span", "format", formatName(device.source)));
    const buttons = make("span", "waiting-buttons");
    if (device.hidden) {
      buttons.append(gridwatch.button("press press-small", say("devices.waiting_show"), () => act(device, host, "show", {})));
    } else {
      buttons.append(gridwatch.button("press press-small", say("devices.waiting_hide"), () => askHide(device, host)), gridwatch.button("press press-first", say("devices.register"), () => gridwatch.deviceForm.openWaiting(device, onlyCodec(device))));
    }
    line.append(buttons);
    return line;
  }

  function onlyCodec(device) {
    const names = device.suggestion ? Object.keys(device.suggestion.codecs) : [];
    return names.length === 1 ? names[0] : "";
  }

  function formatName(source) {
    return text.has("format." + source) ? say("format." + source) : source;
  }

  function facts(device) {
    const every = device.suggestion && device.suggestion.interval_s;
    const line = make("div", "waiting-facts muted", make("span", "", say("devices.topic") + " " + device.topic), make("span", "", say("devices.messages", { n: text.count(device.messages) })), every ? make("span", "", say("devices.every", { age: text.age(every * 1000) })) : null, make("span", "", say("devices.first_seen") + " " + text.when(device.first_seen)), make("span", "", say("devices.last_seen") + " " + text.when(device.last_seen)));
    if (device.hidden) {
      line.append(make("span", "", say("devices.hidden_by", { by: device.hidden.by, time: text.when(device.hidden.at), reason: device.hidden.reason })));
    }
    return line;
  }

  function suggested(device, guess) {
    const told = [say("devices.probably", { kind: say("kind." + guess.kind) })];
    if (guess.model) {
      told.push(say("registration.model") + " " + guess.model);
    }
    if (guess.gateway) {
      told.push(say("registration.gateway") + " " + guess.gateway + (guess.gateway_place ? say("devices.gateway_placed") : ""));
    }
    if (guess.metrics.length) {
      told.push(say("registration.metrics") + " " + guess.metrics.map((metric) => text.metric(metric.metric)).join(say("devices.comma")));
    }
    return make("div", "waiting-guess", make("span", "guess-mark", say(device.announced ? "devices.announced" : "devices.guessed")), make("span", "", told.join(" · ")));
  }

  /* What its last message says; of a payload nothing said how to read, what each codec makes of it. */
  function said(guess) {
    const box = make("div", "waiting-said");
    box.append.apply(box, guess.said.map(value));
    for (const name in guess.codecs) {
      const read = make("div", "waiting-codec", make("span", "muted", say("devices.read_by", { codec: name })));
      read.append.apply(read, guess.codecs[name].map(value));
      box.append(read);
    }
    for (const reason of guess.rejected) {
      box.append(make("div", "waiting-rejected", say("devices.not_read", { reason: refusal(reason) })));
    }
    if (guess.dropped.length) {
      box.append(make("div", "muted", say("devices.dropped", { fields: guess.dropped.join(", ") })));
    }
    if (!box.childElementCount) {
      box.append(make("div", "muted", say("devices.said_nothing")));
    }
    return box;
  }

  /* The reason in words, then exactly what was wrong. */
  function refusal(reason) {
    const word = reason.split(":")[0];
    const detail = reason.slice(word.length + 1).trim();
    return text.has("rejected." + word) ? say("rejected." + word) + (detail ? " — " + detail : "") : reason;
  }

  function seen(label) {
    return text.has("camera_label." + label) ? say("camera_label." + label) : label;
  }

  function value(one) {
    const shown = one.metric === "camera_event" ? seen(one.text) : one.quality === "missing" ? say("devices.no_value") : text.value(one.value, one.unit, one.metric);
    const element = make("span", "said", make("span", "muted", text.metric(one.metric)), make("strong", "", shown || "–"));
    element.title = [one.text, text.full(one.time), one.quality].filter(Boolean).join(" · ");
    return element;
  }

  function raw(device, bytes) {
    const details = make("details", "", make("summary", "", say(device.is_cut ? "devices.payload_cut" : "devices.payload")));
    const readable = asText(bytes);
    if (readable !== null) {
      details.append(make("pre", "payload", readable));
    }
    details.append(make("pre", "payload", asHex(bytes)));
    return details;
  }

  function askHide(device, host) {
    const reason = gridwatch.input("");
    reason.name = "reason";
    reason.maxLength = 500;
    gridwatch.ask({
      title: say("devices.hide_title"),
      subject: device.id,
      text: say("devices.hide_text"),
      fields: [gridwatch.labelled(say("dialog.reason"), reason)],
      confirm: say("devices.waiting_hide"),
      check: () => (reason.value.trim() ? "" : say("dialog.reason_needed")),
      done: () => act(device, host, "hide", { reason: reason.value.trim() }),
    });
  }

  async function act(device, host, what, body) {
    try {
      await gridwatch.api.post("/waiting/" + encodeURIComponent(device.id) + "/" + what, body);
      show(host);
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
  }

  /* Base64, as JSON has no bytes. */
  function payloadBytes(encoded) {
    return Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0)).subarray(0, SHOWN_BYTES);
  }

  /* The payload as text if it is text: UTF-8 without control characters. */
  function asText(bytes) {
    try {
      const decoded = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      return /[\u0000-\u0008\u000e-\u001f]/.test(decoded) ? null : decoded;
    } catch (failure) {
      return null;
    }
  }

  function asHex(bytes) {
    const lines = [];
    for (let i = 0; i < bytes.length; i += 16) {
      const line = Array.from(bytes.subarray(i, i + 16), (byte) => byte.toString(16).padStart(2, "0"));
      lines.push(i.toString(16).padStart(4, "0") + "  " + line.join(" "));
    }
    return lines.join("\n");
  }
})();
