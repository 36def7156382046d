/* Devices and open incidents on the map: loads the dots, pulses the incidents, keeps their labels from covering each other. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  /* Worst first; below these nobody could tell one label from another. */
  const MARKED_AT_MOST = 60;
  const LABELLED_AT_MOST = 24;
  /* States of silent devices come with the file, not with the feed. */
  const REFRESH_MS = 60000;
  const SETTLE_MS = 3000;

  const marks = new Map(); // incident id -> {marker, version}
  let dots = null;
  let shownZoom = null;
  let wanted = null;

  const points = (gridwatch.points = {
    start: start,
    layer: function () {
      return dots;
    },
    get size() {
      return dots && dots.n ? dots.n : 0;
    },
    tilesDrawn: 0,
  });

  function start() {
    gridwatch.map.onAttach = attach;
    gridwatch.map.onNames = placeLabels;
    gridwatch.map.start(repaint);
    setInterval(load, REFRESH_MS);
  }

  function attach(leaflet) {
    dots = new gridwatch.PointLayer().addTo(leaflet);
    /* Between two whole zooms Leaflet only stretches tiles: draw them again at the new size. */
    leaflet.on("zoomend", function () {
      const stretch = leaflet.getZoom() % 1;
      if (shownZoom !== stretch) {
        shownZoom = stretch;
        dots.redraw();
      }
    });
    load();
    showIncidents(leaflet);
  }

  async function load() {
    wanted = null;
    if (!dots) {
      return;
    }
    const bytes = await fetch("/api/v1/points.bin", { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.arrayBuffer() : null))
      .catch(() => null);
    if (bytes) {
      dots.read(bytes);
      dots.refresh(changedKeys());
    }
  }

  function changedKeys() {
    const keys = new Set();
    for (const alarm of gridwatch.store.alarms.values()) {
      keys.add(alarm.device_key);
    }
    return keys;
  }

  function repaint(changed, leaflet) {
    if (changed.points.size && dots) {
      points.tilesDrawn += dots.refresh(changed.points);
    }
    if ((changed.devices.size || changed.all) && wanted === null) {
      wanted = setTimeout(load, SETTLE_MS);
    }
    if (changed.all || changed.incidents) {
      showIncidents(leaflet);
    }
  }

  function ranked() {
    return Array.from(gridwatch.store.incidents.values())
      .filter(function (incident) {
        return typeof incident.lon === "number" && typeof incident.lat === "number" && incident.dispatch !== "done";
      })
      .sort(function (a, b) {
        return a.priority - b.priority || Date.parse(b.opened_at) - Date.parse(a.opened_at);
      })
      .slice(0, MARKED_AT_MOST);
  }

  function showIncidents(leaflet) {
    const now = ranked();
    const ids = new Set(
      now.map(function (incident) {
        return String(incident.id);
      })
    );
    for (const pair of marks) {
      if (!ids.has(pair[0])) {
        pair[1].marker.remove();
        marks.delete(pair[0]);
      }
    }
    now.forEach(function (incident, rank) {
      const id = String(incident.id);
      const known = marks.get(id);
      if (known && known.version === incident.version) {
        return;
      }
      if (known) {
        known.marker.remove();
      }
      const marker = window.L.marker([incident.lat, incident.lon], {
        icon: window.L.divIcon({ className: "incident", html: drawIncident(incident), iconSize: [0, 0] }),
        pane: "incidentPane",
        interactive: false,
        keyboard: false,
        zIndexOffset: (5 - incident.priority) * 10000 - rank,
      }).addTo(leaflet);
      marks.set(id, { marker: marker, version: incident.version });
    });
    placeLabels();
  }

  function drawIncident(incident) {
    const say = gridwatch.text.say;
    const label = gridwatch.make(
      "span",
      "incident-label",
      gridwatch.make("b", "", gridwatch.text.incident(incident)),
      gridwatch.make("i", "", say("incident.dispatch." + incident.dispatch))
    );
    const ring = gridwatch.make("span", "incident-ring");
    return gridwatch.make("span", "incident-mark priority-" + incident.priority + " is-" + incident.dispatch, ring, gridwatch.make("span", "incident-dot"), label);
  }

  /* The worst incident chooses first: right, left, above or below, wherever its label covers nothing; else its ring must do. */
  const SIDES = ["right", "left", "above", "below"];
  function placeLabels() {
    const frame = document.getElementById("map").getBoundingClientRect();
    const names = Array.from(document.querySelectorAll(".place-name"), boxOf);
    const labels = ranked().map(labelOf).filter(Boolean);
    const taken = labels.map(function (label) {
      return boxOf(label.parentElement.querySelector(".incident-dot"));
    });
    labels.forEach(function (label, rank) {
      label.hidden = rank >= LABELLED_AT_MOST;
      if (!label.hidden) {
        const best = bestSide(label, taken, names, frame);
        label.hidden = best === null;
        if (best !== null) {
          taken.push(best);
        }
      }
    });
    /* Half a name is worse than none. */
    for (const name of document.querySelectorAll(".place-name")) {
      name.style.visibility = touches(boxOf(name), taken) ? "hidden" : "";
    }
  }

  function bestSide(label, taken, names, frame) {
    let second = null;
    for (const side of SIDES) {
      label.dataset.side = side;
      const box = boxOf(label);
      if (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom || touches(box, taken)) {
        continue;
      }
      if (!touches(box, names)) {
        return box;
      }
      second = second || { side: side, box: box };
    }
    if (second) {
      label.dataset.side = second.side;
      return second.box;
    }
    return null;
  }

  function boxOf(element) {
    return element.getBoundingClientRect();
  }

  function touches(box, others) {
    return others.some(function (other) {
      return box.right > other.left && box.left < other.right && box.bottom > other.top && box.top < other.bottom;
    });
  }

  function labelOf(incident) {
    const mark = marks.get(String(incident.id));
    const element = mark && mark.marker.getElement();
    return element ? element.querySelector(".incident-label") : null;
  }
})();
