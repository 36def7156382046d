/* Dialogs: one at a time, closed by Escape, answered by Enter. Refuses to close on a wrong field; says what is wrong. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const make = gridwatch.make;
  const say = gridwatch.text.say;
  let open = null;

  /* ask({title, subject, text, fields: [element…], confirm, check() -> message or "", done()}) */
  gridwatch.ask = function (question) {
    gridwatch.closeDialog();
    const wrong = make("div", "dialog-wrong");
    wrong.setAttribute("role", "alert");
    const form = make(
      "form",
      "dialog",
      make("h2", "", question.title),
      question.subject ? make("div", "dialog-subject", question.subject) : null,
      question.text ? make("p", "", question.text) : null
    );
    form.append.apply(form, question.fields || []);
    const first = make("button", "press press-first", question.confirm || say("dialog.confirm"));
    first.type = "submit";
    const buttons = make("div", "dialog-buttons");
    if (question.done) {
      buttons.append(gridwatch.button("press", say("dialog.cancel"), gridwatch.closeDialog));
    }
    buttons.append(first);
    form.append(wrong, buttons);
    form.noValidate = true;
    form.addEventListener("submit", function (submitted) {
      submitted.preventDefault();
      const fault = question.check ? question.check() : "";
      wrong.textContent = fault;
      if (!fault) {
        gridwatch.closeDialog();
        if (question.done) {
          question.done();
        }
      }
    });
    show(form);
  };

  function show(form) {
    const before = document.activeElement;
    const veil = make("div", "veil", form);
    veil.setAttribute("role", "dialog");
    veil.setAttribute("aria-modal", "true");
    veil.addEventListener("pointerdown", function (press) {
      if (press.target === veil) {
        gridwatch.closeDialog();
      }
    });
    veil.addEventListener("keydown", function (key) {
      if (key.key === "Escape") {
        gridwatch.closeDialog();
      }
      key.stopPropagation();
    });
    document.addEventListener("focusin", keepFocus);
    veil.tabIndex = -1; // a click beside the fields leaves the keys here
    document.getElementById("dialog-host").replaceChildren(veil);
    open = { veil: veil, before: before };
    const field = form.querySelector("input, select, textarea, button");
    field.focus();
    if (field.select) {
      field.select();
    }
  }

  /* Keys must not reach a button behind the veil, nor Escape be lost to a click on blank paper. */
  function keepFocus() {
    if (open && !open.veil.contains(document.activeElement)) {
      open.veil.querySelector("input, select, textarea, button").focus();
    }
  }

  gridwatch.closeDialog = function () {
    if (open) {
      open.veil.remove();
      if (open.before && open.before.focus) {
        open.before.focus({ preventScroll: true });
      }
      open = null;
    }
  };

  gridwatch.dialogIsOpen = function () {
    return open !== null;
  };

  gridwatch.labelled = function (label, field) {
    return make("label", "", label, field);
  };
})();
