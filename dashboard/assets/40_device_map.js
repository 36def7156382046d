/* A small map to point at a place: the county's own polygons, no tiles. A click is WGS 84. Refuses to guess a place. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const NEAR_ZOOM = 14;
  const FITTED_MS = 80;

  /* deviceMap(host, onPick({lon, lat})) gives {show({lon, lat}), remove()}. */
  gridwatch.deviceMap = function (host, onPick) {
    const L = window.L;
    if (!L) {
      host.hidden = true;
      return { show: function () {}, remove: function () {} };
    }
    const scale = gridwatch.scale();
    const map = L.map(host, { attributionControl: false, zoomControl: true, zoomSnap: 0.25, preferCanvas: true }).setView([30, 120], 8);
    let marker = null;
    let isPlaced = false;
    let isGone = false;
    load("town", { color: "#8fb4d6", weight: 1.4 * scale, fillColor: "#12243a", fillOpacity: 0.6 }, true);
    load("grid", { color: "#4a6f95", weight: 0.8 * scale, fill: false }, false);
    map.on("click", function (click) {
      const at = { lon: Number(click.latlng.lng.toFixed(6)), lat: Number(click.latlng.lat.toFixed(6)) };
      show(at, true);
      onPick(at);
    });

    async function load(level, style, isOutline) {
      let shapes;
      try {
        shapes = await gridwatch.api.get("/grids.geojson", { level: level });
      } catch (failure) {
        return; // the coordinates can still be typed
      }
      if (isGone) {
        return;
      }
      const layer = L.geoJSON(shapes, { style: style, interactive: false }).addTo(map);
      if (isOutline) {
        setTimeout(function () {
          if (!isGone) {
            map.invalidateSize();
            if (!isPlaced && layer.getBounds().isValid()) {
              map.fitBounds(layer.getBounds(), { animate: false });
            }
          }
        }, FITTED_MS);
      }
    }

    function show(at, isPicked) {
      const place = [at.lat, at.lon];
      isPlaced = true;
      if (marker) {
        marker.setLatLng(place);
      } else {
        marker = L.circleMarker(place, { radius: 9 * scale, color: "#fff", weight: 3 * scale, fillColor: "#1663b5", fillOpacity: 1 }).addTo(map);
      }
      if (!isPicked) {
        map.invalidateSize();
        map.setView(place, Math.max(map.getZoom(), NEAR_ZOOM), { animate: false });
      }
    }

    return {
      show: (at) => show(at, false),
      remove: function () {
        isGone = true;
        map.remove();
      },
    };
  };
})();
