/* What the form says, checked and sent; what the server did not take is said beside the field it is about. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const say = gridwatch.text.say;
  const FORBIDDEN = /[/+#\u0000-\u001f]/;
  /* What the server says in its own words, and how we say it. */
  const SERVER_WORDS = [
    [/cannot be in/, "registration.fault_unit"],
    [/through themselves/, "registration.fault_circle"],
    [/no kind of device/, "registration.fault_kind"],
    [/no codec/, "registration.fault_codec"],
  ];

  /* A second press while the first is on its way is none; an answer that comes late closes no other form. */
  gridwatch.deviceFormSave = async function (form) {
    const body = form.isSaving ? null : read(form);
    if (!body) {
      const first = form.element.querySelector(".is-wrong");
      if (first) {
        first.focus();
      }
      return;
    }
    const id = form.fields.id.value.trim();
    let saved;
    form.isSaving = true;
    try {
      saved = await gridwatch.api.put("/devices/" + encodeURIComponent(id), body);
    } catch (failure) {
      refuse(form, failure);
      return;
    } finally {
      form.isSaving = false;
    }
    gridwatch.notify(say(form.given.isKnown ? "notice.saved" : "notice.registered"));
    if (gridwatch.deviceFormParts.get() === form) {
      gridwatch.devices.showDetail(saved.id);
    }
    gridwatch.devices.refresh();
  };

  function read(form) {
    for (const name in form.fields) {
      wrong(form, name, "");
    }
    form.general.textContent = "";
    const value = (name) => form.fields[name].value.trim();
    const number = (name) => gridwatch.readNumber(value(name));
    const lon = number("lon");
    const lat = number("lat");
    const faults = {
      id: !value("id") ? "fault_needed" : FORBIDDEN.test(value("id")) ? "fault_id" : "",
      name: value("name") ? "" : "fault_needed",
      gateway: value("gateway") && value("gateway") === value("id") ? "fault_circle" : FORBIDDEN.test(value("gateway")) ? "fault_id" : "",
      lon: Number.isNaN(lon) ? "fault_number" : lon === null && lat !== null ? "fault_half" : Math.abs(lon) > 180 ? "fault_lon" : "",
      lat: Number.isNaN(lat) ? "fault_number" : lat === null && lon !== null ? "fault_half" : Math.abs(lat) > 90 ? "fault_lat" : "",
      mounting_height_m: Number.isNaN(number("mounting_height_m")) ? "fault_number" : "",
    };
    const wrongs = Object.keys(faults).filter((name) => faults[name]);
    for (const name of wrongs) {
      wrong(form, name, say("registration." + faults[name]));
    }
    const metrics = form.metrics.read();
    if (wrongs.length || !metrics) {
      return null;
    }
    const given = form.given;
    return {
      kind: given.isKnown && value("kind") === "other" ? given.kind : value("kind"),
      name: value("name"),
      area: given.area || "", // what its topics name, wherever it stands
      lon: lon,
      lat: lat,
      datum: value("datum"),
      building: value("building") || null,
      gateway: value("gateway") || null,
      moving: Boolean(given.moving),
      codec: value("codec") || null,
      attributes: attributes(form, value, number),
      metrics: metrics,
      version: given.isKnown ? given.version : 0,
    };
  }

  function attributes(form, value, number) {
    const kept = Object.assign({}, form.attributes);
    delete kept.codec;
    const said = { mounting_height_m: number("mounting_height_m"), downstream: value("downstream") || null };
    for (const name in said) {
      delete kept[name];
      if (said[name] !== null) {
        kept[name] = said[name];
      }
    }
    return kept;
  }

  function wrong(form, name, message) {
    form.wrongs[name].textContent = message;
    form.fields[name].classList.toggle("is-wrong", Boolean(message));
  }

  function refuse(form, failure) {
    const errors = (failure.problem && failure.problem.errors) || [];
    if (failure.status === 409 && !form.given.isKnown) {
      wrong(form, "id", say("registration.fault_taken"));
      return;
    }
    if (failure.status !== 422 || !errors.length) {
      gridwatch.api.explain(failure);
      return;
    }
    for (const error of errors) {
      const path = error.field.split(".");
      const name = path[path.length - 1];
      const words = SERVER_WORDS.find((pair) => pair[0].test(error.reason));
      const message = words ? say(words[1]) : say("notice.refused", { reason: error.reason });
      if (path[1] === "metrics" && path.length > 2) {
        form.metrics.wrong(Number(path[2]), words && words[1].endsWith("unit") ? "unit" : name, message);
      } else if (form.wrongs[name]) {
        wrong(form, name, message);
      } else {
        form.general.textContent = message;
      }
    }
  }
})();
