/* A file of devices: handed in, its report line by line, then registered whole or not at all. Refuses to register unseen. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const text = gridwatch.text;
  const say = text.say;
  const make = gridwatch.make;
  const ASK_MS = 700;
  const SHOWN = 200; // of each list; all are in the table to be downloaded
  const BASE = "/api/v1/devices/import";
  let watching = 0;
  let current = null; // id of the import that is on its way; another tab does not end it

  gridwatch.deviceImport = { show: show };

  function show(host) {
    const choose = make("input", "file-input");
    choose.type = "file";
    choose.accept = ".csv,.xlsx,text/csv";
    choose.id = "import-file";
    choose.setAttribute("aria-label", say("import.choose"));
    const result = make("div", "import-result");
    result.id = "import-result";
    choose.addEventListener("change", function () {
      if (choose.files.length) {
        send(choose.files[0], result);
        choose.value = "";
      }
    });
    const templates = make("p", "import-templates", say("import.template") + " ", download("template.xlsx"), " ", download("template.csv"));
    host.replaceChildren(make("div", "import", make("p", "", say("import.text")), templates, make("label", "import-drop", make("strong", "", say("import.choose")), make("span", "muted", say("import.forms")), choose), result));
    const drop = host.querySelector(".import-drop");
    drop.addEventListener("dragover", (drag) => drag.preventDefault());
    drop.addEventListener("drop", function (dropped) {
      dropped.preventDefault();
      if (dropped.dataTransfer.files.length) {
        send(dropped.dataTransfer.files[0], result);
      }
    });
    if (current) {
      watch(current, result);
    }
  }

  function download(name) {
    const link = make("a", "text-link", say("import." + name.split(".")[1]));
    link.href = BASE + "/" + name + "?lang=" + (gridwatch.page.language === "en" ? "en" : "zh");
    link.download = "";
    return link;
  }

  async function send(file, result) {
    const mine = (watching += 1); // whatever was on its way before is drawn here no more
    const form = new FormData();
    form.append("file", file);
    result.replaceChildren(bar(say("import.sending", { name: file.name }), 0, 0));
    let answer;
    try {
      answer = await fetch(BASE, { method: "POST", credentials: "same-origin", body: form, headers: { Accept: "application/json" } });
    } catch (failure) {
      result.replaceChildren(make("p", "is-doubtful", say("notice.unreachable")));
      return;
    }
    const item = await answer.json().catch(() => ({}));
    if (mine !== watching) {
      return; // another file was chosen meanwhile
    }
    if (!answer.ok) {
      result.replaceChildren(make("p", "is-doubtful", answer.status === 413 ? say("import.too_large") : say("notice.refused", { reason: item.detail || answer.status })));
      return;
    }
    watch(item.id, result);
  }

  /* Ask until its process has done its part. */
  async function watch(id, result) {
    const mine = (watching += 1);
    current = id;
    while (mine === watching && result.isConnected) {
      let item;
      try {
        item = await gridwatch.api.get("/devices/import/" + id);
      } catch (failure) {
        if (failure.status) {
          gridwatch.api.explain(failure);
          return;
        }
        item = null; // the server is away for a moment
      }
      if (item && mine === watching) {
        draw(item, result);
        if (item.state !== "reading" && item.state !== "registering") {
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
  }

  function draw(item, result) {
    result.dataset.state = item.state;
    if (item.state === "reading" || item.state === "registering") {
      const stage = item.stage && text.has("import.stage." + item.stage) ? say("import.stage." + item.stage) : say("import.stage.waiting");
      const far = item.total && item.stage === "reading" ? say("import.of", { done: text.count(item.done), total: text.count(item.total) }) : item.stage === "reading" && item.done ? say("import.rows", { n: text.count(item.done) }) : "";
      result.replaceChildren(bar(item.file_name + " · " + stage + " " + far, item.done, item.total));
      return;
    }
    const parts = [make("h3", "import-verdict verdict-" + item.state, item.file_name + " · " + say("import.state." + item.state))];
    if (item.fault) {
      parts.push(make("p", "is-doubtful", item.fault));
    }
    if (item.report) {
      parts.push(summary(item), buttons(item, result), findings(item.report, "faults"), findings(item.report, "doubts"));
    }
    result.replaceChildren.apply(result, parts.filter(Boolean));
  }

  function bar(words, done, total) {
    const progress = make("progress", "import-progress");
    if (total) {
      progress.max = total;
      progress.value = done;
    }
    return make("div", "import-bar", make("span", "", words), progress);
  }

  function summary(item) {
    const report = item.report;
    const line = make("div", "import-counts", make("span", "", say("import.lines", { lines: text.count(report.lines), devices: text.count(report.devices) })));
    for (const name of ["new", "changed", "unchanged", "returning", "unplaced"]) {
      if (report.counts[name]) {
        line.append(make("span", "count-" + name, say("import.count_" + name, { n: text.count(report.counts[name]) })));
      }
    }
    const kinds = Object.entries(report.kinds).map((pair) => say("kind." + pair[0]) + " " + text.count(pair[1]));
    line.append(make("span", "muted", kinds.join(say("devices.comma"))));
    return line;
  }

  function buttons(item, result) {
    const line = make("div", "detail-actions");
    if (item.state === "ready") {
      const go = gridwatch.button("press press-first", say("import.apply", { n: text.count(item.report.devices) }), () => step(item, "apply", result));
      go.id = "import-apply";
      line.append(go, gridwatch.button("press", say("import.discard"), () => step(item, "discard", result)));
    }
    if (item.report.faults_total || item.report.doubts_total) {
      const link = make("a", "text-link", say("import.report"));
      link.href = BASE + "/" + item.id + "/report.csv";
      link.download = "";
      line.append(link);
    }
    return line;
  }

  async function step(item, what, result) {
    for (const button of result.querySelectorAll("button")) {
      button.disabled = true; // once; what came of it draws them anew
    }
    try {
      await gridwatch.api.post("/devices/import/" + item.id + "/" + what, {});
    } catch (failure) {
      gridwatch.api.explain(failure);
    }
    watch(item.id, result);
  }

  function findings(report, which) {
    const total = report[which + "_total"];
    if (!total) {
      return null;
    }
    const language = gridwatch.page.language === "en" ? "en" : "zh";
    const table = make("div", "finding-table", make("h3", "finding-title finding-" + which, say("import." + which, { n: text.count(total) })), make("div", "finding finding-head", make("span", "", say("import.line")), make("span", "", say("import.column")), make("span", "", say("import.value")), make("span", "", say("import.what"))));
    for (const one of report[which].slice(0, SHOWN)) {
      table.append(make("div", "finding", make("span", "finding-line", one.line ? String(one.line) : say("import.whole")), make("span", "", one.column), make("span", "finding-value", one.value), make("span", "", one[language])));
    }
    if (total > SHOWN) {
      table.append(make("p", "muted", say("import.more", { n: text.count(total - SHOWN) })));
    }
    return table;
  }
})();
