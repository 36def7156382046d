/* Where the phone is: from the phone itself (WGS 84, with how sure it is) or typed from a map program, its datum declared. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const make = gridwatch.make;
  const DATUMS = ["gcj02", "wgs84", "cgcs2000", "bd09"];
  const WAIT_MS = 20000;
  const parts = {};
  let located = null;
  let asked = 0;

  gridwatch.fieldPlace = { element: element, take: take, doubt: doubt };

  function element() {
    parts.take = gridwatch.button("wide first", say("field.take"), take);
    parts.shown = make("div", "place-shown");
    parts.lon = number("lon", "devices.field_lon");
    parts.lat = number("lat", "devices.field_lat");
    parts.datum = gridwatch.select(say("devices.field_datum"), DATUMS.map((datum) => [datum, say("devices.datum." + datum)]), typed);
    parts.datum.name = "datum";
    const byHand = make(
      "details",
      "by-hand",
      make("summary", "", say("field.by_hand")),
      make("p", "quietly", say("field.by_hand_text")),
      make("label", "named", make("span", "", say("devices.field_datum")), parts.datum),
      make("label", "named", make("span", "", say("devices.field_lon")), parts.lon),
      make("label", "named", make("span", "", say("devices.field_lat")), parts.lat)
    );
    const missing = hindrance();
    if (missing) {
      parts.take.disabled = true;
      byHand.open = true;
    }
    return make("div", "", parts.take, missing ? make("p", "warning", say(missing)) : null, parts.shown, byHand);
  }

  function number(name, label) {
    const field = gridwatch.input(say(label), typed);
    field.name = name;
    field.inputMode = "decimal";
    return field;
  }

  /* Browsers tell a place to pages over HTTPS only, or of the machine itself. */
  function hindrance() {
    if (!window.isSecureContext) {
      return "field.needs_https";
    }
    return navigator.geolocation ? "" : "field.no_geolocation";
  }

  function take() {
    if (hindrance()) {
      return;
    }
    forget();
    parts.shown.replaceChildren(make("p", "quietly", say("field.taking")));
    navigator.geolocation.getCurrentPosition(
      function (found) {
        const at = found.coords;
        use({ lon: at.longitude, lat: at.latitude, datum: "wgs84", accuracy_m: Math.ceil(at.accuracy) });
      },
      function (failure) {
        const key = failure.code === 1 ? "field.denied" : failure.code === 3 ? "field.too_slow" : "field.not_found";
        parts.shown.replaceChildren(make("p", "warning", say(key)));
      },
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 0 }
    );
  }

  /* What stood there before is saved no more: the screen would say one place and the registry another. */
  function forget() {
    asked += 1;
    gridwatch.field.place = null;
    parts.shown.replaceChildren();
    gridwatch.field.drawSave();
  }

  function typed() {
    if (parts.lon.value.trim() === "" && parts.lat.value.trim() === "") {
      return;
    }
    forget();
    const lon = parts.lon.value.trim() === "" ? NaN : Number(parts.lon.value);
    const lat = parts.lat.value.trim() === "" ? NaN : Number(parts.lat.value);
    if (Math.abs(lon) <= 180 && Math.abs(lat) <= 90) {
      use({ lon: lon, lat: lat, datum: parts.datum.value, accuracy_m: null });
    }
  }

  async function use(given) {
    const mine = (asked += 1);
    let found;
    try {
      found = await gridwatch.api.get("/grids/locate", { lon: given.lon, lat: given.lat, datum: given.datum });
    } catch (failure) {
      gridwatch.api.explain(failure);
      return;
    }
    if (mine !== asked) {
      return;
    }
    located = found;
    gridwatch.field.place = { given: given, wgs84: { lon: found.lon, lat: found.lat } };
    draw(given);
    gridwatch.field.drawSave();
    gridwatch.field.showNear();
  }

  function isVague(given) {
    return given.accuracy_m !== null && given.accuracy_m > gridwatch.page.sure_within_m;
  }

  function draw(given) {
    const sure = given.accuracy_m === null ? say("field.typed") : say("field.accuracy", { n: given.accuracy_m });
    const path = gridwatch.text.wholePath({ path: located.path });
    parts.shown.replaceChildren(
      make("div", "place-grid" + (path ? "" : " is-bad"), path || say("field.no_grid")),
      make("div", "place-sure" + (isVague(given) ? " is-bad" : ""), sure),
      make("div", "quietly", given.lon.toFixed(6) + "°, " + given.lat.toFixed(6) + "° · " + say("devices.datum." + given.datum))
    );
  }

  /* What makes the place doubtful, in words to be ticked; nothing where it is not. */
  function doubt() {
    const place = gridwatch.field.place;
    if (!place) {
      return "";
    }
    if (isVague(place.given)) {
      return say("field.vague", { n: place.given.accuracy_m, most: gridwatch.page.sure_within_m });
    }
    return located && !located.path.length ? say("field.outside") : moved(place.wgs84);
  }

  /* A registered device that is suddenly somewhere else is more often a wrong label than a move. */
  function moved(to) {
    const device = gridwatch.field.device;
    if (!device || device.state !== "registered" || typeof device.lon !== "number") {
      return "";
    }
    const east = (to.lon - device.lon) * 111320 * Math.cos((to.lat * Math.PI) / 180);
    const metres = Math.round(Math.hypot(east, (to.lat - device.lat) * 110570));
    return metres > 100 ? say("field.moves", { n: metres }) : "";
  }

  gridwatch.whenPresent("field", gridwatch.fieldStart);
})();
