/* Official warnings: a strip above wall and console, their outlines on the map, and a panel with all of them. Sounds nothing. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const LIMIT = 100;
  const PAGES = 20;
  const SHOWN = 4; // in the strip: more would be too small to read from ten metres
  const AGAIN_MS = 30000; // what begins or ends by itself, and the age of the sources
  const SOON_MS = 300;
  const SILENT_MS = 300000; // a source that has not answered for so long is said to be silent
  const ENDED = 20;
  const KM_TO_M = 1000;

  const weather = (gridwatch.weather = { items: [], sources: [], readAt: 0, open: openPanel });
  let host = null;
  let asked = null;
  let outlines = null;
  let reading = 0;

  function start(strip) {
    host = strip;
    gridwatch.feed.listen(function (frame) {
      if (frame.type === "snapshot" || (frame.type === "change" && frame.kind === "weather")) {
        soon();
      }
    });
    gridwatch.store.on("draw", function (changed) {
      if (changed.polygons) {
        soon();
      }
    });
    setInterval(read, AGAIN_MS);
    window.addEventListener("resize", draw);
    read();
  }

  function soon() {
    clearTimeout(asked);
    asked = setTimeout(read, SOON_MS);
  }

  async function read() {
    const mine = (reading += 1);
    try {
      const answers = await Promise.all([everything(), gridwatch.api.get("/weather-warnings/sources")]);
      if (mine !== reading) {
        return; // a later question tells more, whichever is answered first
      }
      weather.items = answers[0].sort(worstFirst);
      weather.sources = answers[1];
      weather.readAt = performance.now();
    } catch (failure) {
      /* The strip keeps what it has; that it is old is said by the banner of the page. */
      return;
    }
    draw();
  }

  /* All of them: they come by their beginning, so what holds longest, the red one perhaps, stands on the last page. */
  async function everything() {
    const items = [];
    let answer = { next: "" };
    for (let page = 0; page < PAGES && answer.next !== null; page += 1) {
      answer = await gridwatch.api.get("/weather-warnings", { limit: LIMIT, cursor: answer.next });
      items.push.apply(items, answer.items);
    }
    return items;
  }

  function isMeant(item) {
    return item.status === "actual";
  }

  /* Meant before exercises, holding before coming, red before blue, the one that ends last first. */
  function worstFirst(a, b) {
    return (
      isMeant(b) - isMeant(a) ||
      (b.state === "holding") - (a.state === "holding") ||
      (a.priority || 5) - (b.priority || 5) ||
      Date.parse(b.until_at) - Date.parse(a.until_at)
    );
  }

  function draw() {
    const wasHidden = host.hidden;
    const silent = weather.sources.filter(isSilent);
    host.hidden = !weather.items.length && !silent.length;
    /* As many as fit whole, first without their issuers: half a time is worse than none. */
    host.classList.remove("is-tight");
    fill(SHOWN, silent);
    host.classList.toggle("is-tight", host.scrollWidth > host.clientWidth);
    for (let shown = SHOWN - 1; shown > 0 && host.scrollWidth > host.clientWidth; shown -= 1) {
      fill(shown, silent);
    }
    if (wasHidden !== host.hidden && document.getElementById("map")) {
      gridwatch.map.fit();
    }
    drawOutlines();
  }

  function fill(shown, silent) {
    const chips = weather.items.slice(0, shown).map(chip);
    if (weather.items.length > shown) {
      chips.push(make("span", "weather-more", say("weather.more", { n: weather.items.length - shown })));
    }
    if (silent.length) {
      chips.push(make("span", "weather-silent", silence(silent[0])));
    }
    host.replaceChildren.apply(host, chips);
  }

  /* The strip of the console is pressed, the wall's is only read. */
  function chip(item) {
    const isPressed = Boolean(document.getElementById("dialog-host"));
    const made = make(
      isPressed ? "button" : "div",
      "weather-chip " + colourClass(item) + (item.state === "coming" ? " is-coming" : ""),
      make("strong", "weather-what", what(item)),
      make("span", "weather-who", item.source),
      make("span", "weather-where", where(item)),
      make("span", "weather-until", span(item))
    );
    made.title = item.headline || what(item);
    if (isPressed) {
      made.type = "button";
      made.addEventListener("click", openPanel);
    }
    return made;
  }

  function colourClass(item) {
    return isMeant(item) ? "priority-" + (item.priority || "none") : "is-unmeant";
  }

  /* "暴雨橙色预警", with what it is where it is not meant. */
  function what(item) {
    const key = "weather.event." + item.event;
    const event = item.event !== "other" && text.has(key) ? say(key) : item.event_text || item.headline || say("weather.event.other");
    const colour = item.priority ? say("priority." + item.priority) : "";
    const named = item.event === "other" && !item.event_text ? event : say("weather.named", { event: event, colour: colour });
    return isMeant(item) ? named : say("weather.status." + item.status) + " " + named;
  }

  function where(item) {
    if (item.placed !== "placed") {
      return say("weather.placed." + item.placed);
    }
    if (item.places.length === 1) {
      return item.places[0].name;
    }
    return say("weather.towns", { n: item.places.length });
  }

  function span(item) {
    if (item.state === "coming") {
      return say("weather.from", { time: text.brief(item.from_at) });
    }
    return item.state === "ended" ? say("weather.ended", { time: text.brief(item.ended_at || item.until_at) }) : say("weather.until", { time: text.brief(item.until_at) });
  }

  function isSilent(source) {
    return Boolean(source.fault) && (!source.heard_at || text.serverNow() - Date.parse(source.heard_at) > SILENT_MS);
  }

  function silence(source) {
    const since = source.heard_at ? text.age(text.serverNow() - Date.parse(source.heard_at)) : "";
    return since ? say("weather.silent", { age: since }) : say("weather.never");
  }

  function sourceName(source) {
    return source.name === "folder" ? say("weather.folder") : source.name.replace(/^https?:\/\//, "");
  }

  /* Shapes as they were issued; warnings that name only codes have none. */
  function drawOutlines() {
    const leaflet = document.getElementById("wall") ? gridwatch.map.leaflet() : null;
    if (!leaflet) {
      return;
    }
    if (!outlines) {
      const pane = leaflet.createPane("weatherPane");
      pane.style.zIndex = 405;
      pane.style.pointerEvents = "none";
      outlines = window.L.layerGroup().addTo(leaflet);
    }
    outlines.clearLayers();
    for (const item of weather.items.filter((one) => isMeant(one) && one.state === "holding" && one.placed === "placed")) {
      const scale = gridwatch.scale();
      const style = {
        pane: "weatherPane",
        interactive: false,
        fill: false,
        weight: 3 * scale,
        dashArray: 9 * scale + " " + 7 * scale,
        color: gridwatch.map.colours[item.priority] || "#a6b8ca",
      };
      for (const area of item.areas) {
        for (const ring of area.polygons) {
          window.L.polygon(ring.map((at) => [at[1], at[0]]), style).addTo(outlines);
        }
        for (const circle of area.circles.filter((one) => one[2] > 0)) {
          window.L.circle([circle[1], circle[0]], Object.assign({ radius: circle[2] * KM_TO_M }, style)).addTo(outlines);
        }
      }
    }
  }

  async function openPanel() {
    let ended = [];
    try {
      ended = (await gridwatch.api.get("/weather-warnings", { state: "ended", limit: ENDED })).items;
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
    const list = make("div", "weather-list");
    list.append.apply(list, weather.items.length ? weather.items.map(card) : [make("div", "empty", say("weather.none"))]);
    if (ended.length) {
      list.append(make("h3", "weather-heading", say("weather.recent")));
      list.append.apply(list, ended.map(card));
    }
    const sources = make("div", "weather-sources", make("h3", "weather-heading", say("weather.sources")));
    sources.append.apply(sources, weather.sources.length ? weather.sources.map(sourceRow) : [make("div", "weather-source", say("weather.no_sources"))]);
    list.append(sources);
    gridwatch.ask({ title: say("weather.title"), fields: [list], confirm: say("weather.close") });
  }

  function card(item) {
    return make(
      "article",
      "weather-card " + colourClass(item) + (item.state === "ended" ? " is-ended" : ""),
      make(
        "div",
        "weather-card-top",
        make("strong", "", what(item)),
        make("span", "weather-card-where", where(item)),
        make("span", "weather-card-span", span(item))
      ),
      item.headline ? make("div", "weather-card-headline", item.headline) : null,
      item.description && item.description !== item.headline ? make("p", "weather-card-text", item.description) : null,
      make("div", "weather-card-under", under(item))
    );
  }

  function under(item) {
    const parts = [item.source, say("weather.kind." + item.kind)];
    if (item.sent) {
      parts.push(say("weather.sent", { time: text.full(item.sent) }));
    }
    if (item.places.length > 1) {
      parts.push(item.places.slice(0, 8).map((place) => place.name).join(say("weather.and")) + (item.places.length > 8 ? "…" : ""));
    } else if (item.placed !== "placed") {
      parts.push(item.areas.map((area) => area.name || area.codes.map((code) => code.join(" ")).join(say("weather.and"))).join("; "));
    }
    if (item.state === "ended") {
      const word = item.end_reason.split(" ")[0];
      parts.push(text.has("weather.end." + word) ? say("weather.end." + word) : item.end_reason);
    }
    return parts.filter(Boolean).join(" · ");
  }

  function sourceRow(source) {
    const age = source.heard_at ? say("weather.heard", { age: text.age(text.serverNow() - Date.parse(source.heard_at)) }) : say("weather.never_heard");
    return make(
      "div",
      "weather-source" + (source.fault ? " is-silent" : ""),
      make("span", "weather-source-name", sourceName(source)),
      make("span", "", age),
      make("span", "", say("weather.tally", { taken: text.count(source.documents), refused: text.count(source.refused) })),
      source.fault ? make("span", "weather-source-fault", source.fault) : null
    );
  }

  gridwatch.whenPresent("weather-strip", start);
})();
