/* The live feed: one WebSocket, reconnecting for ever. Hands every frame on in order, once; refuses to skip one silently. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  /* The server beats every 2 s; five missed beats are a dead link, whatever TCP believes. */
  const SILENCE_MS = 10000;
  const SESSION_ENDED = 4401;
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 10000;
  /* A server that numbers differently than we think must not make us reconnect in a loop. */
  const RESYNC_AT_MOST_EVERY_MS = 30000;

  const feed = (gridwatch.feed = {
    state: "connecting",
    seq: null,
    heardAt: 0, // performance.now() of the last frame, or of a new link
    clockOffsetMs: 0, // server clock minus ours
    frames: 0,
    reconnects: 0,
    gaps: 0,
    listen: function (listener) {
      listeners.push(listener);
    },
    start: connect,
    stopwatch: stopwatch,
  });
  const listeners = [];
  let socket = null;
  let retry = null;
  let wait = FIRST_WAIT_MS;
  let resyncedAt = -RESYNC_AT_MOST_EVERY_MS;
  let behind = 0;
  let resyncing = null;
  let silence = stopwatch();

  /* Milliseconds since now. A machine asleep stops the one clock, a clock set back the other: the longer time counts. */
  function stopwatch() {
    const steady = performance.now();
    const wall = Date.now();
    return () => Math.max(performance.now() - steady, Date.now() - wall);
  }

  function heard() {
    feed.heardAt = performance.now();
    silence = stopwatch();
  }

  function address() {
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    return scheme + location.host + "/api/v1/live" + (feed.seq === null ? "" : "?from=" + feed.seq);
  }

  function connect() {
    clearTimeout(retry);
    let opened = false;
    const mine = (socket = new WebSocket(address()));
    heard();
    mine.onopen = function () {
      opened = true;
      heard();
    };
    mine.onmessage = function (message) {
      if (mine === socket) {
        hear(JSON.parse(message.data));
      }
    };
    mine.onclose = function (closed) {
      if (mine === socket) {
        again(opened && closed.code !== SESSION_ENDED);
      }
    };
  }

  function again(wasWelcome) {
    socket = null;
    feed.state = "closed";
    feed.reconnects += 1;
    if (!wasWelcome) {
      gridwatch.api.checkSession();
    }
    retry = setTimeout(connect, wait * (0.7 + Math.random() * 0.6));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  /* Closing a dead TCP connection can take minutes to report itself: forget it at once instead. */
  function abandon() {
    const dead = socket;
    again(true);
    if (dead) {
      dead.onopen = dead.onmessage = dead.onclose = null;
      dead.close();
    }
  }

  function hear(frame) {
    heard();
    feed.frames += 1;
    feed.state = "open";
    wait = FIRST_WAIT_MS;
    if (frame.at) {
      feed.clockOffsetMs = Date.parse(frame.at) - Date.now();
    }
    if (frame.type === "snapshot") {
      feed.seq = frame.seq;
      behind = 0;
    } else if (frame.type === "change") {
      if (!isNext(frame.seq)) {
        return;
      }
    } else if (frame.type === "beat") {
      watchProgress(frame.seq);
    }
    for (const listener of listeners) {
      listener(frame);
    }
  }

  function isNext(seq) {
    if (feed.seq !== null && seq <= feed.seq) {
      return false;
    }
    if (feed.seq !== null && seq > feed.seq + 1) {
      feed.gaps += 1;
      resync();
    }
    feed.seq = seq;
    behind = 0;
    return true;
  }

  /* Connected is not the same as being told: two beats ahead of us without a change mean the stream is stuck. */
  function watchProgress(seq) {
    behind = seq !== undefined && feed.seq !== null && seq > feed.seq ? behind + 1 : 0;
    if (behind > 2) {
      behind = 0;
      resync();
    }
  }

  /* Start again from a full snapshot; soon after another one later, but never not at all. */
  function resync() {
    if (resyncing !== null) {
      return;
    }
    resyncing = setTimeout(function () {
      resyncing = null;
      resyncedAt = performance.now();
      feed.seq = null;
      if (socket) {
        abandon();
      }
    }, Math.max(0, resyncedAt + RESYNC_AT_MOST_EVERY_MS - performance.now()));
  }

  setInterval(function () {
    if (socket && silence() > SILENCE_MS) {
      abandon();
    }
  }, 1000);
})();
