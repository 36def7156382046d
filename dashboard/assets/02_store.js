/* What is open now: alarms, incidents, counters, grid colours. Takes frames and pages; refuses an older version over a newer. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const listeners = { raised: [], draw: [], snapshot: [] };
  /* Versions of alarms that have left the list, so that a page fetched earlier cannot bring one back. */
  const gone = new Map();
  const GONE_KEPT = 20000;

  const alarms = new Map();
  const incidents = new Map();
  const worstOfDevice = new Map(); // device_key -> Map(alarm id -> priority)
  let dirty = fresh();
  let frameAsked = false;

  const store = (gridwatch.store = {
    alarms: alarms,
    incidents: incidents,
    grids: new Map(),
    counters: null,
    beat: null,
    shownAt: null, // server time of the last frame, for the stale banner
    on: function (name, listener) {
      listeners[name].push(listener);
    },
    /* `isOld`: it was open before this page was, so it is no news and makes no sound. */
    mergeAlarm: function (item, isOld) {
      putAlarm(item, isOld);
      ask();
    },
    mergeIncident: function (item) {
      putIncident(item);
      ask();
    },
    /* Tells an alarm that has ended from one we merely have not loaded (again) yet. */
    hasEnded: function (id) {
      return gone.has(id);
    },
    devicePriority: function (key) {
      const open = worstOfDevice.get(key);
      return open && open.size ? Math.min.apply(null, Array.from(open.values())) : 0;
    },
    get size() {
      return alarms.size;
    },
  });

  function fresh() {
    return { alarms: new Set(), incidents: false, overrides: false, counters: false, grids: new Set(), points: new Set(), devices: new Set(), all: false, polygons: false };
  }

  /* One repaint per animation frame however many frames came; a background tab simply repaints when it is seen again. */
  function ask() {
    if (!frameAsked) {
      frameAsked = true;
      const rest = notBefore - performance.now();
      if (rest > 0) {
        setTimeout(requestAnimationFrame, rest, flush);
      } else {
        requestAnimationFrame(flush);
      }
    }
  }

  /* In a storm a repaint is costly: it is followed by a rest, so that keys and the clock get their turn. */
  const REST_FACTOR = 3;
  let notBefore = 0;

  function flush() {
    frameAsked = false;
    const changed = dirty;
    dirty = fresh();
    const began = performance.now();
    for (const listener of listeners.draw) {
      try {
        listener(changed);
      } catch (fault) {
        reportError(fault); // one part that cannot draw must not keep the others from what is new
      }
    }
    const ended = performance.now();
    notBefore = ended + Math.min((ended - began) * REST_FACTOR, 500);
  }

  function emit(name, value) {
    for (const listener of listeners[name]) {
      listener(value);
    }
  }

  function putAlarm(item, isOld) {
    const id = String(item.id);
    const known = alarms.get(id);
    if (known ? !isNewer(item, known) : gone.get(id) >= item.version) {
      return;
    }
    if (item.state === "norm") {
      removeAlarm(id, item.version);
    } else {
      gone.delete(id);
      alarms.set(id, item);
      notePoint(item.device_key, id, item.override ? null : item.priority);
      /* What was told late is no news; once it is known to stand it is. */
      const isNews = !known || known.state !== "unack" || (known.backfilled && !item.backfilled);
      if (!isOld && !item.override && !item.backfilled && item.state === "unack" && isNews) {
        emit("raised", item);
      }
    }
    dirty.alarms.add(id);
  }

  /* Shelving is a record of its own and leaves the alarm's version alone. */
  function isNewer(item, known) {
    return item.version > known.version || (item.version === known.version && (item.override !== known.override || item.shelved_until !== known.shelved_until));
  }

  function removeAlarm(id, version) {
    const known = alarms.get(id);
    if (known) {
      alarms.delete(id);
      notePoint(known.device_key, id, null);
    }
    gone.set(id, version);
    if (gone.size > GONE_KEPT) {
      gone.delete(gone.keys().next().value);
    }
  }

  function notePoint(key, id, priority) {
    if (key === undefined || key === null) {
      return;
    }
    let open = worstOfDevice.get(key);
    if (!open) {
      worstOfDevice.set(key, (open = new Map()));
    }
    if (priority === null) {
      open.delete(id);
      if (!open.size) {
        worstOfDevice.delete(key);
      }
    } else {
      open.set(id, priority);
    }
    dirty.points.add(key);
  }

  function putIncident(item) {
    const id = String(item.id);
    const known = incidents.get(id);
    if (known && known.version >= item.version) {
      return;
    }
    if (item.state === "closed") {
      incidents.delete(id);
    } else {
      incidents.set(id, item);
    }
    dirty.incidents = true;
  }

  function takeSnapshot(frame) {
    const isFirst = store.shownAt === null;
    for (const key of worstOfDevice.keys()) {
      dirty.points.add(key);
    }
    worstOfDevice.clear();
    const known = new Map(alarms);
    alarms.clear();
    gone.clear();
    incidents.clear();
    for (const item of frame.alarms) {
      alarms.set(String(item.id), item);
      notePoint(item.device_key, String(item.id), item.override ? null : item.priority);
      const old = known.get(String(item.id));
      /* What came while we were away is news, also to a list that was empty before. */
      if (!isFirst && !item.override && item.state === "unack" && !(old && old.state === "unack")) {
        emit("raised", item);
      }
    }
    for (const item of frame.incidents) {
      putIncident(item);
    }
    store.grids = new Map(Object.entries(frame.grids || {}));
    store.beat = frame;
    setCounters(frame.counters);
    dirty.all = true;
    emit("snapshot", frame);
  }

  function takeChange(frame) {
    const id = String(frame.id);
    if (frame.kind === "alarm") {
      if (frame.item) {
        putAlarm(frame.item);
      } else {
        removeAlarm(id, frame.version || 0);
        dirty.alarms.add(id);
      }
    } else if (frame.kind === "incident" && frame.item) {
      putIncident(frame.item);
    } else if (frame.kind === "device") {
      dirty.devices.add(id);
    } else if (frame.kind === "override" && frame.item) {
      takeOverride(frame.item);
      dirty.overrides = true;
    } else if (frame.kind === "grids") {
      dirty.polygons = true;
    }
    for (const code in frame.grids || {}) {
      setGrid(code, frame.grids[code]);
    }
    setCounters(frame.counters);
  }

  /* What is shelved, suppressed or out of service is said by a record of its own: apply it to the alarms it covers. */
  function takeOverride(override) {
    for (const pair of alarms) {
      const alarm = pair[1];
      if (covers(override, alarm) && outlasts(override, alarm)) {
        const inForce = override.ended_at === null;
        const now = Object.assign({}, alarm, { override: inForce ? override.kind : null, shelved_until: inForce ? override.ends_at : null });
        alarms.set(pair[0], now);
        notePoint(now.device_key, pair[0], inForce ? null : now.priority);
        dirty.alarms.add(pair[0]);
      }
    }
  }

  /* The same words as the server's: a condition, a metric ("" is the device as a whole), a priority and what is less. */
  function covers(override, alarm) {
    return (
      alarm.device === override.device &&
      (override.condition === null || override.condition === alarm.condition) &&
      (override.metric === null || override.metric === (alarm.metric || "")) &&
      (override.priority === null || override.priority <= alarm.priority)
    );
  }

  /* Of several overrides the one that lasts longest is shown; one that begins later, or ends under another, changes nothing. */
  function outlasts(override, alarm) {
    if (override.ended_at === null) {
      return Date.parse(override.starts_at) <= gridwatch.text.serverNow() && !(alarm.override && Date.parse(alarm.shelved_until) > Date.parse(override.ends_at));
    }
    return alarm.override === override.kind && Date.parse(alarm.shelved_until) === Date.parse(override.ends_at);
  }

  function setGrid(code, priority) {
    if (priority) {
      store.grids.set(code, priority);
    } else {
      store.grids.delete(code);
    }
    dirty.grids.add(code);
  }

  function setCounters(counters) {
    if (counters) {
      store.counters = counters;
      dirty.counters = true;
    }
  }

  gridwatch.feed.listen(function (frame) {
    if (frame.type === "snapshot") {
      takeSnapshot(frame);
    } else if (frame.type === "change") {
      takeChange(frame);
    } else if (frame.type === "beat") {
      store.beat = frame;
      setCounters(frame.counters);
    }
    store.shownAt = frame.at || store.shownAt;
    ask();
  });
})();
