/* The map: polygons coloured by the worst open alarm in them, levels by zoom. Paints Leaflet layers, never through Dash. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const COLOURS = { 1: "#ff5148", 2: "#ff9838", 3: "#f2cf3d", 4: "#4ba3ff" };
  /* Zoom steps above the whole county at which finer levels appear. */
  const VILLAGES_FROM = 0.75;
  const GRID_NAMES_FROM = 2.5;
  const MICRO_GRIDS_FROM = 3.5;
  const NAMES_AT_MOST = 120;

  const features = new Map(); // code -> {level, name, parent, layer}
  const levelOf = { town: new Set(), village: new Set(), grid: new Set(), "micro-grid": new Set() };
  let leaflet = null;
  let countyZoom = null;
  let bounds = null;
  let names = null;
  let microGrids = null;
  let fitting = null;

  const map = (gridwatch.map = {
    colours: COLOURS,
    gridStyle: function (feature) {
      return gridStyle(worstOf(feature.properties.code));
    },
    villageStyle: function () {
      return { stroke: true, color: "#7fa6c9", weight: 0.7 * gridwatch.scale(), opacity: 0, fill: false };
    },
    townStyle: function () {
      return { color: "#8fb4d6", weight: 1.3 * gridwatch.scale(), opacity: 0.6, fill: false };
    },
    each: note,
    leaflet: function () {
      return leaflet;
    },
    fit: fit,
    worstOf: worstOf,
    colourOf: function (code) {
      const known = features.get(code);
      return known ? known.layer.options.fillColor : null;
    },
    ready: false,
    start: start,
  });

  function gridStyle(priority) {
    const scale = gridwatch.scale();
    return priority
      ? { color: COLOURS[priority], weight: 1.4 * scale, opacity: 0.95, fillColor: COLOURS[priority], fillOpacity: 0.34 }
      : { color: "#4a6f95", weight: 0.6 * scale, opacity: 0.42, fillColor: "#12243a", fillOpacity: 0.35 };
  }

  /* Worst open priority in a polygon: alarms are placed in the finest grid, so finer codes count for what is above them. */
  let rolled = new Map();
  function worstOf(code) {
    return rolled.get(code) || 0;
  }

  function rollUp() {
    const next = new Map();
    for (const pair of gridwatch.store.grids) {
      let code = pair[0];
      for (let depth = 0; code && depth < 6; depth += 1) {
        const known = next.get(code);
        if (!known || pair[1] < known) {
          next.set(code, pair[1]);
        }
        const feature = features.get(code);
        code = feature ? feature.parent : null;
      }
    }
    return next;
  }

  function paint() {
    const before = rolled;
    rolled = rollUp();
    for (const code of new Set([...before.keys(), ...rolled.keys()])) {
      const known = features.get(code);
      if (known && before.get(code) !== rolled.get(code) && (known.level === "grid" || known.level === "micro-grid")) {
        known.layer.setStyle(gridStyle(rolled.get(code)));
        if (rolled.get(code)) {
          known.layer.bringToFront();
        }
      }
    }
  }

  /* Called by dash-leaflet once for each polygon it has made. */
  function note(feature, layer) {
    const about = feature.properties;
    features.set(about.code, { level: about.level, name: about.name, parent: about.parent, layer: layer });
    if (levelOf[about.level]) {
      levelOf[about.level].add(about.code);
    }
    clearTimeout(fitting);
    fitting = setTimeout(settle, 60);
  }

  /* All polygons of a file arrive in one go: settle once after them. On a slow line the outline may be in a later one. */
  function settle() {
    rolled = new Map();
    paint();
    const outline = levelOf.town.size ? levelOf.town : levelOf.grid;
    const around = window.L.latLngBounds([]);
    for (const code of outline) {
      around.extend(features.get(code).layer.getBounds());
    }
    if (!around.isValid()) {
      return;
    }
    if (!bounds || !bounds.equals(around)) {
      bounds = around;
      fit();
    }
    map.ready = true;
    showLevels();
  }

  function fit() {
    if (!leaflet || !bounds || !bounds.isValid()) {
      return;
    }
    leaflet.invalidateSize({ pan: false });
    if (leaflet.getSize().x > 0) {
      leaflet.fitBounds(bounds, { padding: [24 * gridwatch.scale(), 24 * gridwatch.scale()], animate: false });
      countyZoom = leaflet.getZoom();
      document.getElementById("map").classList.add("map-ready");
    }
  }

  function showLevels() {
    if (!leaflet || countyZoom === null) {
      return;
    }
    const above = leaflet.getZoom() - countyZoom;
    for (const code of levelOf.village) {
      features.get(code).layer.setStyle({ opacity: above >= VILLAGES_FROM ? 0.4 : 0 });
    }
    if (above >= MICRO_GRIDS_FROM && !microGrids) {
      loadMicroGrids();
    }
    if (microGrids) {
      microGrids.getPane().style.display = above >= MICRO_GRIDS_FROM ? "" : "none";
    }
    writeNames(above);
  }

  async function loadMicroGrids() {
    microGrids = window.L.geoJSON(null, { pane: "microPane", interactive: false, style: map.gridStyle, onEachFeature: note }).addTo(leaflet);
    try {
      microGrids.addData(await gridwatch.api.get("/grids.geojson", { level: "micro-grid" }));
    } catch (failure) {
      microGrids.remove();
      microGrids = null; // asked for again with the next zoom
      gridwatch.api.explain(failure);
    }
  }

  /* Names of what is in sight: towns on the county, villages and grids when near. */
  function writeNames(above) {
    names.clearLayers();
    const wanted = above >= GRID_NAMES_FROM ? ["town", "grid"] : above >= VILLAGES_FROM + 0.5 ? ["town", "village"] : ["town"];
    const sight = leaflet.getBounds();
    let left = NAMES_AT_MOST;
    for (const level of wanted) {
      for (const code of levelOf[level]) {
        const feature = features.get(code);
        const centre = feature.layer.getBounds().getCenter();
        if (left > 0 && sight.contains(centre)) {
          left -= 1;
          const label = gridwatch.make("span", "place-name place-" + level, feature.name);
          const icon = window.L.divIcon({ className: "place", html: label, iconSize: [0, 0] });
          window.L.marker(centre, { icon: icon, pane: "namePane", interactive: false, keyboard: false }).addTo(names);
        }
      }
    }
    map.onNames();
  }

  function start(changedListener) {
    gridwatch.store.on("draw", function (changed) {
      if (changed.all || changed.grids.size) {
        paint();
      }
      if (changed.polygons) {
        reload();
      }
      if (leaflet) {
        changedListener(changed, leaflet);
      }
    });
  }

  /* New grids: the same URL under another name makes dash-leaflet fetch again. An idempotent property, so Dash may carry it. */
  function reload() {
    features.clear();
    for (const level in levelOf) {
      levelOf[level].clear();
    }
    for (const level of ["town", "village", "grid"]) {
      const url = "/api/v1/grids.geojson?level=" + level + "&after=" + gridwatch.feed.seq;
      window.dash_clientside.set_props("layer-" + level, { url: url });
    }
  }

  function attach(created) {
    leaflet = created;
    for (const pane of [["microPane", 385], ["pointPane", 420], ["namePane", 560], ["incidentPane", 610]]) {
      leaflet.createPane(pane[0]).style.zIndex = pane[1];
    }
    leaflet.getPane("namePane").style.pointerEvents = "none";
    names = window.L.layerGroup().addTo(leaflet);
    leaflet.on("zoomend moveend", showLevels);
    map.onAttach(leaflet);
    fit();
  }
  map.onAttach = function () {};
  map.onNames = function () {};

  /* dash-leaflet keeps the map to itself; Leaflet's own hook is how an asset gets hold of it. */
  if (window.L) {
    window.L.Map.addInitHook(function () {
      const created = this;
      setTimeout(function () {
        attach(created);
      }, 0);
    });
  }

  window.addEventListener("resize", function () {
    setTimeout(fit, 150);
  });
})();
