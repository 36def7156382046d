/* The phone of a grid worker: which device, where it stands, what it is; one column, big targets. Nothing here is live. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const KINDS = ["smoke", "gauge", "rain", "camera", "panel", "heat", "button", "gas", "flow", "soil", "weather", "gateway", "other"];

  gridwatch.feed = { clockOffsetMs: 0 }; // the phone's own clock: no live feed here
  const state = (gridwatch.field = { device: null, place: null, drawSave: drawSave, showNear: showNear });
  const parts = {};
  let isSaving = false;
  let choosing = 0; // the device asked for last; an answer about another comes too late

  function start(host) {
    parts.id = gridwatch.input(say("field.id"));
    parts.id.name = "device";
    parts.id.autocapitalize = "none";
    parts.id.spellcheck = false;
    parts.id.addEventListener("change", () => choose(parts.id.value.trim()));
    parts.chosen = make("div", "chosen");
    parts.near = make("div", "near");
    parts.kind = gridwatch.select(say("devices.field_kind"), KINDS.map((kind) => [kind, say("kind." + kind)]));
    parts.kind.name = "kind";
    parts.name = gridwatch.input(say("field.name_hint"));
    parts.name.name = "name";
    parts.building = gridwatch.input(say("field.building_hint"));
    parts.building.name = "building";
    parts.sure = make("label", "sure");
    parts.save = gridwatch.button("save", say("field.save"), save);
    parts.wrong = make("p", "wrong");
    parts.wrong.setAttribute("role", "alert");
    host.append(
      make("header", "top", make("h1", "", say("field.title")), make("span", "who", gridwatch.page.viewer.name), gridwatch.button("quiet", say("app.logout"), gridwatch.api.logout)),
      section("1", "field.which", parts.id, make("p", "quietly", say("field.scan")), gridwatch.button("wide", say("field.look"), () => choose(parts.id.value.trim())), parts.chosen, parts.near),
      section("2", "field.where", gridwatch.fieldPlace.element()),
      section("3", "field.what", labelled("devices.field_kind", parts.kind), labelled("field.name", parts.name), labelled("field.building", parts.building)),
      make("footer", "bottom", parts.sure, parts.wrong, parts.save)
    );
    drawSave();
    const asked = new URLSearchParams(location.search).get("device");
    if (asked) {
      parts.id.value = asked;
      choose(asked);
      gridwatch.fieldPlace.take();
    } else {
      showNear();
    }
  }

  function section(number, title) {
    const head = make("h2", "", make("span", "number", number), say(title));
    const element = make("section", "", head);
    element.append.apply(element, Array.prototype.slice.call(arguments, 2));
    return element;
  }

  function labelled(key, field) {
    return make("label", "named", make("span", "", say(key)), field);
  }

  function here() {
    const place = state.place;
    return place && place.wgs84 ? { lon: place.wgs84.lon, lat: place.wgs84.lat } : {};
  }

  async function showNear() {
    if (state.device) {
      return;
    }
    let answer;
    try {
      answer = await gridwatch.api.get("/field/devices", here());
    } catch (failure) {
      parts.near.replaceChildren(make("p", "quietly", say(failure.status === 403 ? "field.forbidden" : "notice.unreachable")));
      return;
    }
    if (state.device) {
      return; // chosen while this was on its way
    }
    const cards = answer.items.map(card);
    parts.near.replaceChildren(make("h3", "", say(cards.length ? "field.near" : "field.near_none")));
    parts.near.append.apply(parts.near, cards);
  }

  function card(item) {
    const far = typeof item.distance_m === "number" ? distance(item.distance_m) : "";
    const heard = item.last_seen ? say("field.heard", { age: text.age(Date.now() - Date.parse(item.last_seen)) }) : say("field.never_heard");
    const element = gridwatch.button("card", "", () => choose(item.id));
    element.dataset.device = item.id;
    element.append(
      make("span", "card-head", make("strong", "", item.name || say("kind." + item.kind)), make("span", "tag tag-" + item.state, say("field.state." + item.state))),
      make("span", "card-id", item.id),
      make("span", "quietly", [say("kind." + item.kind), item.model, heard, far].filter(Boolean).join(" · "))
    );
    return element;
  }

  function distance(metres) {
    return metres < 1000 ? say("field.metres", { n: Math.round(metres) }) : say("field.kilometres", { n: (metres / 1000).toFixed(1) });
  }

  async function choose(id) {
    if (!id) {
      return;
    }
    const mine = (choosing += 1);
    let item;
    state.device = null; // nothing is saved for the one before under the new one's id
    parts.chosen.replaceChildren();
    drawSave();
    try {
      item = await gridwatch.api.get("/field/devices/" + encodeURIComponent(id), here());
    } catch (failure) {
      gridwatch.api.explain(failure);
      return;
    }
    if (mine !== choosing) {
      return;
    }
    state.device = item;
    parts.id.value = item.id;
    parts.near.replaceChildren();
    const another = gridwatch.button("wide", say("field.another"), reset);
    parts.chosen.replaceChildren(card(item), make("p", "quietly", say("field.about." + item.state)), another);
    const isKnown = item.state === "registered" || item.state === "unplaced";
    parts.kind.value = KINDS.includes(item.kind) ? item.kind : "other";
    parts.kind.disabled = isKnown; // what a registered device is, an administrator says
    parts.name.value = item.name;
    parts.building.value = item.building || "";
    drawSave();
  }

  function reset() {
    choosing += 1;
    state.device = null;
    parts.id.value = "";
    parts.chosen.replaceChildren();
    parts.kind.disabled = false;
    parts.name.value = parts.building.value = "";
    drawSave();
    showNear();
    window.scrollTo(0, 0);
  }

  /* What keeps it from being saved is said where the button is; what is only doubtful wants a tick. */
  function drawSave() {
    const missing = !state.device ? "field.need_device" : state.device.state === "retired" ? "field.about.retired" : !state.place ? "field.need_place" : "";
    const doubt = missing ? "" : gridwatch.fieldPlace.doubt();
    parts.wrong.textContent = missing ? say(missing) : "";
    parts.sure.replaceChildren();
    parts.sure.hidden = !doubt;
    if (doubt) {
      parts.tick = make("input", "tick");
      parts.tick.type = "checkbox";
      parts.tick.name = "meant";
      parts.sure.append(parts.tick, make("span", "", doubt));
    } else {
      parts.tick = null;
    }
    parts.save.disabled = Boolean(missing) || isSaving;
  }

  async function save() {
    if (parts.tick && !parts.tick.checked) {
      parts.wrong.textContent = say("field.need_tick");
      return;
    }
    const body = Object.assign(
      { kind: parts.kind.value, name: parts.name.value.trim(), building: parts.building.value.trim() || null, is_meant: Boolean(parts.tick && parts.tick.checked) },
      state.place.given
    );
    isSaving = parts.save.disabled = true;
    try {
      done(await gridwatch.api.post("/field/devices/" + encodeURIComponent(state.device.id), body));
    } catch (failure) {
      isSaving = parts.save.disabled = false;
      const kind = (failure.problem && failure.problem.type) || "";
      parts.wrong.textContent = kind.endsWith(":area") ? say("field.outside_area") : failure.status ? "" : say("notice.unconfirmed");
      if (!kind.endsWith(":area")) {
        gridwatch.api.explain(failure);
      }
    }
  }

  function done(device) {
    const path = device.grid ? text.wholePath(device.grid) : say("field.no_grid");
    const next = gridwatch.button("save", say("field.next"), function () {
      location.assign("/field");
    });
    const box = make("section", "done", make("div", "done-mark", "✓"), make("h2", "", say("field.done")), make("p", "", device.name || device.id), make("p", "card-id", device.id), make("p", "", path), next);
    box.dataset.device = device.id;
    const host = document.getElementById("field");
    host.replaceChildren(host.firstElementChild, box);
    window.scrollTo(0, 0);
  }

  gridwatch.fieldStart = start;
})();
