/* The list of alarms: filtered, sorted, and only the rows in sight exist. Ten thousand alarms cost what twenty do. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const make = gridwatch.make;
  const ROW_REM = 3.5;
  const SPARE_ROWS = 4;
  /* A storm changes the order many times a second; nobody reads faster than this. */
  const SORT_EVERY_MS = 150;
  const SLIP_MS = 500;

  let host = null;
  let body = null;
  let slippedAt = -Infinity;
  let shown = []; // alarms that pass the filters, in order
  let sorting = null;
  const pool = [];

  const list = (gridwatch.list = {
    selected: null, // id
    /* Whether the selection moved without the officer a moment ago: what is pressed now was meant for another alarm. */
    hasSlipped: () => performance.now() - slippedAt < SLIP_MS,
    rows: function () {
      return shown;
    },
    start: start,
    refresh: refreshSoon,
    select: select,
    move: move,
    current: function () {
      return list.selected === null ? null : gridwatch.store.alarms.get(list.selected) || null;
    },
    onSelect: function () {},
  });

  function start(element) {
    host = element;
    body = make("div", "alarm-rows");
    host.append(body);
    host.addEventListener("scroll", paint, { passive: true });
    window.addEventListener("resize", paint);
    /* What is overridden shows the time it has left, and comes back when that is over. */
    setInterval(paint, 20000);
    gridwatch.store.on("draw", function (changed) {
      if (changed.all) {
        rebuild();
      } else if (changed.alarms.size) {
        refreshSoon();
      }
    });
  }

  function refreshSoon() {
    paint();
    if (sorting === null) {
      sorting = setTimeout(rebuild, SORT_EVERY_MS);
    }
  }

  /* Worst first, then newest. Acknowledging does not move a row: it would run away under the officer's hand. */
  function order(a, b) {
    return a.priority - b.priority || (a.raised_at < b.raised_at ? 1 : a.raised_at > b.raised_at ? -1 : Number(b.id) - Number(a.id));
  }

  function rebuild() {
    clearTimeout(sorting);
    sorting = null;
    const before = indexOf(list.selected);
    shown = Array.from(gridwatch.store.alarms.values()).filter(gridwatch.filters.passes).sort(order);
    body.style.height = shown.length * ROW_REM + "rem";
    keepInPlace(before);
    paint();
    gridwatch.filters.showCount(shown.length, gridwatch.store.alarms.size);
  }

  /* What was selected stays where it was on the screen; if it left the list, the next one takes its place. */
  function keepInPlace(before) {
    const now = indexOf(list.selected);
    if (before >= 0 && now >= 0 && now !== before && host.scrollTop > 0) {
      host.scrollTop += (now - before) * rowPixels();
    }
    const hasLeft = gridwatch.store.hasEnded(list.selected) || gridwatch.store.alarms.has(list.selected);
    if (before >= 0 && now < 0 && hasLeft && shown.length) {
      slippedAt = performance.now();
      select(shown[Math.min(before, shown.length - 1)].id);
    }
  }

  function indexOf(id) {
    return id === null ? -1 : shown.findIndex((alarm) => String(alarm.id) === id);
  }

  function rowPixels() {
    return ROW_REM * 16 * gridwatch.scale();
  }

  function paint() {
    const height = rowPixels();
    const first = Math.max(0, Math.floor(host.scrollTop / height) - SPARE_ROWS);
    const last = Math.min(shown.length, Math.ceil((host.scrollTop + host.clientHeight) / height) + SPARE_ROWS);
    let used = 0;
    for (let i = first; i < last; i += 1) {
      /* The array may be older than the store between two sorts: the row shows what is true now. */
      const alarm = gridwatch.store.alarms.get(String(shown[i].id)) || shown[i];
      fill(rowAt(used), alarm, i);
      used += 1;
    }
    for (let i = used; i < pool.length; i += 1) {
      pool[i].element.hidden = true;
    }
    gridwatch.filters.showEmpty(shown.length === 0);
  }

  function rowAt(n) {
    while (pool.length <= n) {
      pool.push(newRow());
    }
    return pool[n];
  }

  function newRow() {
    const cells = {};
    const element = make("div", "row");
    element.setAttribute("role", "option");
    for (const name of ["priority", "condition", "device", "place", "value", "raised", "state"]) {
      cells[name] = make("span", "cell-" + name);
      element.append(cells[name]);
    }
    cells.chip = make("span", "chip");
    cells.priority.append(cells.chip);
    cells.word = make("span", "state-word");
    cells.left = make("span", "state-left");
    cells.state.append(cells.word, cells.left);
    element.addEventListener("click", function () {
      select(element.dataset.alarm);
      host.focus({ preventScroll: true });
    });
    body.append(element);
    return { element: element, cells: cells };
  }

  function fill(row, alarm, index) {
    const cells = row.cells;
    const id = String(alarm.id);
    row.element.hidden = false;
    row.element.dataset.alarm = id;
    row.element.dataset.state = alarm.state;
    row.element.style.transform = "translateY(" + index * ROW_REM + "rem)";
    const isShelved = text.isOverridden(alarm);
    row.element.className =
      "row priority-" + alarm.priority + (id === list.selected ? " is-selected" : "") + (isShelved ? " is-shelved" : " is-" + alarm.state);
    row.element.setAttribute("aria-selected", String(id === list.selected));
    gridwatch.setText(cells.chip, text.say("priority." + alarm.priority));
    gridwatch.setText(cells.condition, text.condition(alarm));
    gridwatch.setText(cells.device, text.deviceName(alarm));
    gridwatch.setText(cells.place, text.place(alarm.grid));
    gridwatch.setText(cells.value, text.isFact(alarm.unit, alarm.metric) ? "" : text.value(alarm.value, alarm.unit, alarm.metric));
    gridwatch.setText(cells.raised, text.when(alarm.raised_at));
    gridwatch.setText(cells.word, text.alarmState(alarm));
    gridwatch.setText(cells.left, isShelved ? text.say("overrides.left", { age: text.age(Date.parse(alarm.shelved_until) - text.serverNow()) }) : text.late(alarm));
  }

  function select(id) {
    const wanted = id === null ? null : String(id);
    if (wanted !== list.selected) {
      list.selected = wanted;
      list.onSelect(wanted);
    }
    paint();
  }

  function move(steps) {
    if (!shown.length) {
      return;
    }
    const now = indexOf(list.selected);
    const next = Math.min(shown.length - 1, Math.max(0, now + steps));
    select(shown[next].id);
    const top = next * rowPixels();
    if (top < host.scrollTop) {
      host.scrollTop = top;
    } else if (top + rowPixels() > host.scrollTop + host.clientHeight) {
      host.scrollTop = top + rowPixels() - host.clientHeight;
    }
  }
})();
