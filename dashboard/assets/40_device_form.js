/* The form that registers a device or changes one, with a map to point at. Says beside each field what is wrong with it. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"];
  const SETTLE_MS = 350;
  let form = null;

  gridwatch.deviceForm = { open: open, openFor: openFor, openWaiting: openWaiting };

  function openFor(device) {
    const metrics = (device.metrics || []).map((metric) => Object.assign({ isKnown: true }, metric));
    open(Object.assign({}, device, { metrics: metrics, isKnown: true }));
  }

  function openWaiting(item, codec) {
    const guess = item.suggestion || { kind: "other", name: "", metrics: [] };
    const read = codec && guess.codecs[codec] ? guess.codecs[codec].map((said) => ({ metric: said.metric, unit: said.unit })) : [];
    const names = new Set(guess.metrics.map((metric) => metric.metric));
    const metrics = guess.metrics.concat(read.filter((metric) => metric.unit && !names.has(metric.metric)));
    const place = guess.gateway_place || {};
    open({
      id: item.id,
      kind: guess.kind,
      name: guess.name,
      area: item.area,
      lon: place.lon,
      lat: place.lat,
      gateway: guess.gateway,
      attributes: Object.assign(guess.model ? { model: guess.model } : {}, codec ? { codec: codec } : {}, place.lon === undefined ? {} : { place_from: "gateway" }),
      metrics: metrics.map((metric) => Object.assign({ interval_s: metric.unit === "1" ? null : guess.interval_s }, metric)),
    });
  }

  /* Every value may be missing. `isKnown`: the device is registered already. */
  function open(given) {
    close();
    form = { given: given, attributes: Object.assign({}, given.attributes), fields: {}, wrongs: {}, metrics: gridwatch.deviceMetrics() };
    const attributes = form.attributes;
    input("id", given.id, true).readOnly = Boolean(given.id);
    select("kind", gridwatch.devices.kinds.map((kind) => [kind, say("kind." + kind)]), gridwatch.devices.kinds.includes(given.kind) ? given.kind : "other");
    input("name", given.name, true);
    input("building", given.building);
    input("gateway", given.gateway);
    select("codec", [["", say("registration.no_codec")]], "");
    input("mounting_height_m", attributes.mounting_height_m);
    input("downstream", attributes.downstream);
    input("lon", given.lon);
    input("lat", given.lat);
    select("datum", DATUMS.map((datum) => [datum, say("devices.datum." + datum)]), "wgs84");
    form.metrics.fill(given.metrics || []);
    form.located = make("div", "located");
    form.map = make("div", "form-map");
    form.general = make("div", "field-wrong");
    form.general.setAttribute("role", "alert");
    const element = (form.element = make(
      "form",
      "detail device-form",
      make("h2", "", say(given.isKnown ? "registration.title_change" : "registration.title")),
      make("div", "form-grid", wrap("id"), wrap("kind"), wrap("name"), wrap("building"), wrap("gateway"), wrap("codec")),
      make("section", "", make("h3", "", say("registration.place")), make("p", "muted", say("registration.place_text")), form.map, make("div", "form-grid form-place", wrap("lon"), wrap("lat"), wrap("datum")), form.located, make("div", "form-grid", wrap("mounting_height_m"), wrap("downstream"))),
      make("section", "", make("h3", "", say("registration.metrics")), make("p", "muted", say("registration.metrics_text")), form.metrics.element),
      form.general,
      make("div", "detail-actions form-actions", submit(), gridwatch.button("press", say("dialog.cancel"), cancel))
    ));
    element.noValidate = true;
    element.addEventListener("submit", save);
    document.getElementById("detail").replaceChildren(element);
    form.leaflet = gridwatch.deviceMap(form.map, picked);
    form.fields.datum.addEventListener("change", locate);
    form.fields.lon.addEventListener("input", locate);
    form.fields.lat.addEventListener("input", locate);
    loadCodecs(attributes.codec || "");
    locate();
    (given.id ? form.fields.name : form.fields.id).focus();
  }

  function close() {
    if (form) {
      form.leaflet.remove();
      form = null;
    }
  }

  function cancel() {
    const id = form.given.isKnown ? form.given.id : null;
    close();
    if (id) {
      gridwatch.devices.showDetail(id);
    } else {
      document.getElementById("detail").replaceChildren(make("div", "empty", say("devices.pick")));
    }
  }

  function submit() {
    const button = make("button", "press press-first", say(form.given.isKnown ? "registration.save" : "devices.register"));
    button.type = "submit";
    return button;
  }

  function input(name, value, isNeeded) {
    const field = gridwatch.input("");
    field.setAttribute("aria-label", say("registration." + name));
    field.value = value === undefined || value === null ? "" : String(value);
    return keep(name, field, isNeeded);
  }

  function select(name, options, value) {
    const field = gridwatch.select(say("registration." + name), options);
    field.value = value;
    return keep(name, field);
  }

  function keep(name, field, isNeeded) {
    field.name = name;
    field.required = Boolean(isNeeded);
    form.fields[name] = field;
    form.wrongs[name] = make("span", "field-wrong");
    return field;
  }

  function wrap(name) {
    const label = make("span", "", say("registration." + name), form.fields[name].required ? make("b", "needed", " *") : null);
    return make("label", "form-field form-" + name, label, form.fields[name], form.wrongs[name]);
  }

  async function loadCodecs(chosen) {
    const mine = form;
    let names = chosen ? [chosen] : [];
    try {
      names = (await gridwatch.api.get("/codecs")).items;
    } catch (failure) {
      // the one it has stays choosable
    }
    for (const name of names) {
      const option = make("option", "", name);
      option.value = name;
      mine.fields.codec.append(option);
    }
    mine.fields.codec.value = chosen;
  }

  function picked(at) {
    form.fields.lon.value = at.lon;
    form.fields.lat.value = at.lat;
    form.fields.datum.value = "wgs84";
    delete form.attributes.place_from; // pointed at: no longer the gateway's
    locate();
  }

  /* In which grid it stands is shown before it is saved. */
  function locate(event) {
    if (event && event.target !== form.fields.datum) {
      delete form.attributes.place_from;
    }
    clearTimeout(form.locating);
    form.locating = setTimeout(locateNow, SETTLE_MS, form, Boolean(event));
  }

  async function locateNow(mine) {
    const lon = gridwatch.readNumber(mine.fields.lon.value);
    const lat = gridwatch.readNumber(mine.fields.lat.value);
    if (lon === null && lat === null) {
      mine.located.replaceChildren(make("span", "is-doubtful", say("registration.no_place")));
      return;
    }
    if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90) || lon === null || lat === null) {
      mine.located.replaceChildren();
      return;
    }
    let found;
    try {
      found = await gridwatch.api.get("/grids/locate", { lon: lon, lat: lat, datum: mine.fields.datum.value });
    } catch (failure) {
      return;
    }
    if (mine !== form) {
      return;
    }
    const path = text.wholePath({ path: found.path });
    const nearest = found.nearest ? say("registration.nearest", { name: found.nearest.name, n: text.count(found.distance_m) }) : "";
    const words = path ? say("registration.stands_in", { path: path }) : say("registration.in_no_grid") + nearest;
    const from = mine.attributes.place_from ? make("span", "place-mark", say("registration.place_from_gateway")) : null;
    mine.located.replaceChildren(make("span", path ? "" : "is-doubtful", words));
    if (from) {
      mine.located.append(from);
    }
    mine.leaflet.show({ lon: found.lon, lat: found.lat });
  }

  gridwatch.deviceFormParts = { get: () => form, close: close };

  function save(submitted) {
    submitted.preventDefault();
    gridwatch.deviceFormSave(form);
  }
})();
