/* Every device as a dot on one canvas grid layer: typed arrays, a state byte each, only dirty tiles redrawn. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  if (!window.L) {
    return;
  }
  /* Points are kept sorted by their tile at this zoom, so that a tile finds its own without looking at all of them. */
  const BUCKET_ZOOM = 13;
  const BUCKETS = 1 << BUCKET_ZOOM;
  const TILE = 512;
  const OFFLINE = 5;
  const CROWDED = 200; // alarms on one tile
  const QUIET_FAR = "rgba(126, 170, 205, 0.36)";
  const QUIET_NEAR = "rgba(140, 184, 220, 0.8)";
  const OFFLINE_COLOUR = "rgba(150, 160, 172, 0.9)";

  gridwatch.PointLayer = window.L.GridLayer.extend({
    options: { pane: "pointPane", tileSize: TILE, updateWhenZooming: false, updateWhenIdle: true, keepBuffer: 1 },

    /* points.bin, little-endian: u32 n, n·u32 key, n·i32 lon·1e6, n·i32 lat·1e6, n·u8 kind, n·u8 state (0 quiet, 1–4, 5 offline). */
    read: function (buffer) {
      const n = new DataView(buffer).getUint32(0, true);
      const keys = new Uint32Array(buffer, 4, n);
      const lon = new Int32Array(buffer, 4 + 4 * n, n);
      const lat = new Int32Array(buffer, 4 + 8 * n, n);
      const state = new Uint8Array(buffer, 4 + 13 * n, n);
      const x = new Float64Array(n);
      const y = new Float64Array(n);
      const bucket = new Float64Array(n);
      const order = new Uint32Array(n);
      for (let i = 0; i < n; i += 1) {
        const sine = Math.sin((lat[i] / 1e6) * (Math.PI / 180));
        x[i] = (lon[i] / 1e6 + 180) / 360; // web mercator, the world as 0…1
        y[i] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
        bucket[i] = Math.floor(x[i] * BUCKETS) * BUCKETS + Math.floor(y[i] * BUCKETS);
        order[i] = i;
      }
      order.sort(function (a, b) {
        return bucket[a] - bucket[b];
      });
      this._index(n, keys, x, y, state, bucket, order);
      this.redraw();
    },

    _index: function (n, keys, x, y, state, bucket, order) {
      this.n = n;
      this.x = new Float64Array(n);
      this.y = new Float64Array(n);
      this.base = new Uint8Array(n); // what the server said: offline or quiet, under any alarm
      this.state = new Uint8Array(n);
      this.rank = new Map();
      this.buckets = new Map();
      let open = null;
      for (let r = 0; r < n; r += 1) {
        const i = order[r];
        this.x[r] = x[i];
        this.y[r] = y[i];
        this.state[r] = state[i];
        this.base[r] = state[i] === OFFLINE ? OFFLINE : 0;
        this.rank.set(keys[i], r);
        if (open === null || open.bucket !== bucket[i]) {
          open = { bucket: bucket[i], from: r, to: r + 1 };
          this.buckets.set(bucket[i], open);
        } else {
          open.to = r + 1;
        }
      }
    },

    /* `keys` are device keys whose open alarms changed; returns how many tiles were drawn again. */
    refresh: function (keys) {
      if (!this.n || !this._map) {
        return 0;
      }
      const tiles = 1 << this._tileZoom;
      const dirty = new Set();
      for (const key of keys) {
        const r = this.rank.get(key);
        if (r === undefined) {
          continue;
        }
        const state = gridwatch.store.devicePriority(key) || this.base[r];
        if (state !== this.state[r]) {
          this.state[r] = state;
          const column = Math.floor((this.x[r] * tiles * 256) / TILE);
          dirty.add(column + ":" + Math.floor((this.y[r] * tiles * 256) / TILE) + ":" + this._tileZoom);
        }
      }
      let drawn = 0;
      for (const name of dirty) {
        const tile = this._tiles[name];
        if (tile) {
          this._draw(tile.el, tile.coords);
          drawn += 1;
        }
      }
      return drawn;
    },

    createTile: function (coords) {
      const canvas = window.L.DomUtil.create("canvas", "leaflet-tile");
      if (this.n) {
        this._draw(canvas, coords);
      }
      return canvas;
    },

    /* Fractional zooms stretch tiles: as many pixels are made as will be shown, so dots stay sharp. */
    _pixels: function (zoom) {
      const stretch = this._map.getZoomScale(this._map.getZoom(), zoom);
      return Math.ceil(TILE * Math.min(stretch * (window.devicePixelRatio || 1), 3));
    },

    _draw: function (canvas, coords) {
      const size = this._pixels(coords.z);
      const pen = canvas.getContext("2d");
      canvas.width = canvas.height = size;
      const world = ((1 << coords.z) * 256 * size) / TILE; // the world's width in these pixels
      const left = coords.x * size;
      const top = coords.y * size;
      const unit = (window.devicePixelRatio || 1) * gridwatch.scale();
      const dot = unit * (coords.z >= 16 ? 5 : coords.z >= 14 ? 3.2 : coords.z >= 12 ? 2 : 1.4);
      const alarms = [];
      pen.fillStyle = coords.z >= 14 ? QUIET_NEAR : QUIET_FAR;
      for (const range of this._ranges(coords)) {
        for (let r = range.from; r < range.to; r += 1) {
          const px = this.x[r] * world - left;
          const py = this.y[r] * world - top;
          if (px < -8 * unit || py < -8 * unit || px > size + 8 * unit || py > size + 8 * unit) {
            continue;
          }
          if (this.state[r]) {
            alarms.push([this.state[r], px, py]);
          } else {
            pen.fillRect(px - dot / 2, py - dot / 2, dot, dot);
          }
        }
      }
      this._drawAlarms(pen, alarms, unit, dot);
    },

    /* Worst last, so that red is never covered by blue. */
    _drawAlarms: function (pen, alarms, unit, dot) {
      alarms.sort(function (a, b) {
        return b[0] - a[0];
      });
      /* Where a tile is full of alarms the colours of the grids say more than dots upon dots. */
      const isCrowded = alarms.length > CROWDED;
      for (const alarm of alarms) {
        pen.beginPath();
        if (alarm[0] === OFFLINE) {
          pen.arc(alarm[1], alarm[2], Math.max(dot, 2 * unit), 0, 7);
          pen.strokeStyle = OFFLINE_COLOUR;
          pen.lineWidth = unit;
          pen.stroke();
        } else {
          pen.arc(alarm[1], alarm[2], isCrowded ? 1.5 * unit : Math.max(dot, (alarm[0] <= 2 ? 4 : 3) * unit), 0, 7);
          pen.fillStyle = gridwatch.map.colours[alarm[0]];
          pen.fill();
          if (isCrowded) {
            continue;
          }
          pen.strokeStyle = "rgba(6, 12, 20, 0.85)";
          pen.lineWidth = unit;
          pen.stroke();
        }
      }
    },

    /* Index ranges of the points in one tile and the ring of buckets around it, so that dots on a seam are whole. */
    _ranges: function (coords) {
      const perTile = (BUCKETS * TILE) / (256 * (1 << coords.z));
      const x0 = Math.floor(coords.x * perTile - 0.02 * perTile);
      const x1 = Math.ceil((coords.x + 1.02) * perTile);
      const y0 = Math.floor(coords.y * perTile - 0.02 * perTile);
      const y1 = Math.ceil((coords.y + 1.02) * perTile);
      const found = [];
      if ((x1 - x0) * (y1 - y0) < this.buckets.size) {
        for (let x = x0; x < x1; x += 1) {
          for (let y = y0; y < y1; y += 1) {
            const range = this.buckets.get(x * BUCKETS + y);
            if (range) {
              found.push(range);
            }
          }
        }
      } else {
        for (const range of this.buckets.values()) {
          const x = Math.floor(range.bucket / BUCKETS);
          const y = range.bucket % BUCKETS;
          if (x >= x0 && x < x1 && y >= y0 && y < y1) {
            found.push(range);
          }
        }
      }
      return found;
    },
  });
})();
