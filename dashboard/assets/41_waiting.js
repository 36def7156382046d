/* Devices that were heard but are not registered: what they last sent, and the form that registers them. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"];
  const SHOWN_BYTES = 4096;

  gridwatch.waiting = { show: show };

  async function show(host) {
    host.replaceChildren();
    let answer;
    try {
      answer = await gridwatch.api.get("/waiting", { limit: 200 });
    } catch (failure) {
      host.append(make("div", "empty", failure.status === 403 ? say("devices.waiting_forbidden") : say("notice.unreachable")));
      return;
    }
    if (!answer.items.length) {
      host.append(make("div", "empty", say("devices.waiting_empty")));
      return;
    }
    host.append(make("p", "waiting-text", say("devices.waiting_text")));
    host.append.apply(host, answer.items.map((device) => card(device, host)));
  }

  function card(device, host) {
    const bytes = payloadBytes(device.payload);
    const element = make(
      "article",
      "waiting",
      make("header", "waiting-head", make("strong", "", device.id), make("span", "muted", device.source), gridwatch.button("press press-first", say("devices.register"), () => register(device, host))),
      make(
        "div",
        "waiting-facts muted",
        make("span", "", say("devices.topic") + " " + device.topic),
        make("span", "", say("devices.messages", { n: text.count(device.messages) })),
        make("span", "", say("devices.first_seen") + " " + text.when(device.first_seen)),
        make("span", "", say("devices.last_seen") + " " + text.when(device.last_seen))
      ),
      make("h3", "", say("devices.payload"))
    );
    const readable = asText(bytes);
    if (readable !== null) {
      element.append(make("pre", "payload", readable));
    }
    const details = make("details", "", make("summary", "", say("devices.as_hex")), make("pre", "payload", asHex(bytes)));
    details.open = readable === null;
    element.append(details);
    element.dataset.device = device.id;
    return element;
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

  function register(device, host) {
    const name = gridwatch.input("");
    const kind = gridwatch.select(say("devices.field_kind"), gridwatch.devices.kinds.map((k) => [k, say("kind." + k)]));
    const lon = gridwatch.input("");
    const lat = gridwatch.input("");
    const datum = gridwatch.select(say("devices.field_datum"), DATUMS.map((d) => [d, say("devices.datum." + d)]));
    name.name = "name";
    lon.name = "lon";
    lat.name = "lat";
    kind.name = "kind";
    lon.inputMode = lat.inputMode = "decimal";
    const number = (field) => (field.value.trim() === "" ? NaN : Number(field.value));
    gridwatch.ask({
      title: say("devices.register_title"),
      subject: device.id,
      fields: [
        gridwatch.labelled(say("devices.field_name"), name),
        gridwatch.labelled(say("devices.field_kind"), kind),
        make("div", "field-pair", gridwatch.labelled(say("devices.field_lon"), lon), gridwatch.labelled(say("devices.field_lat"), lat)),
        gridwatch.labelled(say("devices.field_datum"), datum),
      ],
      confirm: say("devices.register"),
      check: function () {
        const fits = Math.abs(number(lon)) <= 180 && Math.abs(number(lat)) <= 90;
        return name.value.trim() && fits ? "" : say("devices.needed");
      },
      done: async function () {
        const body = { kind: kind.value, name: name.value.trim(), area: device.area, lon: number(lon), lat: number(lat), datum: datum.value };
        try {
          await gridwatch.api.put("/devices/" + encodeURIComponent(device.id), body);
          gridwatch.notify(say("notice.registered"));
          gridwatch.devices.showDetail(device.id);
          show(host);
        } catch (failure) {
          gridwatch.api.explain(failure);
        }
      },
    });
  }
})();
